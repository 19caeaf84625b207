"""`samuel-report`: compare the runs of a sweep in a table and two plots."""

import argparse
import re
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.cli.app import report_errors
from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    from samuel_gen.sweeps.runs import Run

EXAMPLES = """\
examples:
  samuel-train -m experiment=window_ablation      run a sweep, in runs/window_ablation/DATE
  samuel-report runs/window_ablation/DATE         works while it is still running, too
  samuel-report runs/window_ablation/DATE --metric val/vocal_gain -o gain
"""
FILES = ("results.csv", "results.md", "curves.png", "bars.png")


def main() -> None:
    """Run the command `samuel-report`."""
    parser = argparse.ArgumentParser(
        prog="samuel-report",
        description="Compare the runs of a sweep: a table of means over seeds, a CSV of all runs, "
        "learning curves, and bars with intervals. Failed runs are listed.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sweep", type=Path, metavar="MULTIRUN_DIR", help="the folder of the sweep")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FOLDER",
        help="the folder for the report (default: MULTIRUN_DIR/report)",
    )
    parser.add_argument(
        "--metric",
        metavar="NAME",
        help="a column of curves.csv or a number in metrics.json (default: val/mse, the validation "
        "error of the averaged weights after the last step)",
    )
    parser.add_argument(
        "--highest", action="store_true", help="the highest value is the best, not the lowest"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier report")
    arguments = parser.parse_args()
    with report_errors():
        output = arguments.output or arguments.sweep / "report"
        print(
            report(
                arguments.sweep,
                output,
                metric=arguments.metric,
                highest=arguments.highest,
                overwrite=arguments.overwrite,
            )
        )
        print(f"{', '.join(FILES)} are in {output}")


def report(
    sweep: Path,
    output: Path,
    *,
    metric: str | None = None,
    highest: bool = False,
    overwrite: bool = False,
) -> str:
    """Write the report of a sweep.

    Args:
        sweep: the folder of the sweep, which may still be running.
        output: the folder for `results.csv`, `results.md`, `curves.png` and `bars.png`.
        metric: the metric to compare; None for `val/mse`.
        highest: the highest value is the best; always true of `val/vocal_gain`.
        overwrite: replace an earlier report.

    Returns:
        The table in markdown.

    Raises:
        SamuelError: no sweep, an unknown metric, or an earlier report.
    """
    from samuel_gen.sweeps.arms import DEFAULT_METRIC, HIGHER_IS_BETTER, group_into_arms
    from samuel_gen.sweeps.plots import plot_bars, plot_learning_curves
    from samuel_gen.sweeps.table import format_table, write_results

    runs = read_sweep(sweep)
    metrics = sorted({name for run in runs for name in run.metrics} - {"epoch", "step"})
    if metric is not None and metric not in metrics:
        known = f"choose one of {', '.join(metrics)}" if metrics else "no run has any metric yet"
        raise SamuelError(f"--metric {metric}: no run has it; {known}")
    existing = [name for name in FILES if (output / name).exists()]
    if existing and not overwrite:
        raise SamuelError(
            f"{output} already holds {', '.join(existing)}; add --overwrite, or choose another "
            "folder with -o"
        )
    arms = group_into_arms(runs, metric or DEFAULT_METRIC)
    text = format_table(arms, highest or metric in HIGHER_IS_BETTER)
    output.mkdir(parents=True, exist_ok=True)
    write_results(runs, output / "results.csv")
    (output / "results.md").write_text(text)
    plot_learning_curves(arms, output / "curves.png")
    plot_bars(arms, output / "bars.png")
    return text


def read_sweep(sweep: Path) -> list["Run"]:
    """Read the runs of a sweep, in order, with placeholders for those that never started.

    Raises:
        SamuelError: no such folder, or no runs in it.
    """
    from samuel_gen.sweeps.runs import add_missing_runs, read_run

    if not sweep.is_dir():
        raise SamuelError(f"{sweep}: no such folder; check the path")
    folders = sorted(
        (path.parents[1] for path in sweep.glob("*/.hydra/overrides.yaml")), key=_number_and_name
    )
    runs = [read_run(folder, _read_yaml(folder / ".hydra/overrides.yaml")) for folder in folders]
    runs = add_missing_runs(runs, read_planned_runs(sweep / "multirun.yaml"))
    if not runs:
        raise SamuelError(
            f"{sweep} has no runs; name the folder of a sweep, such as runs/window_ablation/DATE, "
            "which samuel-train -m makes"
        )
    return runs


def read_planned_runs(multirun: Path) -> list[list[str]]:
    """Read the overrides of every run that a sweep was to have.

    They are the product of all swept values, as Hydra's BasicSweeper forms it.

    Args:
        multirun: Hydra's `multirun.yaml`.

    Returns:
        The overrides of each run in order; none if the file is missing, or if another sweeper
        chooses its runs as it goes.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser  # as sweeper plugins do

    if not multirun.is_file():
        return []
    hydra = _read_yaml(multirun)["hydra"]
    if not hydra["sweeper"]["_target_"].endswith("BasicSweeper"):
        return []
    axes = [f"{key}={values}" for key, values in (hydra["sweeper"]["params"] or {}).items()]
    choices: dict[str, list[str]] = {}  # a later override replaces an earlier one of the same key
    for override in OverridesParser.create().parse_overrides([*axes, *hydra["overrides"]["task"]]):
        key = override.get_key_element()
        values = (
            override.sweep_string_iterator()
            if override.is_sweep_override()
            else [override.get_value_element_as_str()]
        )
        choices[key] = [f"{key}={value}" for value in values]
    return [list(overrides) for overrides in product(*choices.values())]


def _read_yaml(path: Path) -> Any:
    """Read a YAML file; its interpolations stay unresolved."""
    from omegaconf import OmegaConf

    return OmegaConf.to_container(OmegaConf.load(path))


def _number_and_name(folder: Path) -> tuple[int, str]:
    """The sort key of a run's folder, such as `10_window_size=8`: its number, then its name."""
    number = re.match(r"\d+", folder.name)
    return (int(number[0]) if number else -1, folder.name)


if __name__ == "__main__":
    main()
