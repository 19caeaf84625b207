"""`samuel-report`: what did a sweep find?"""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.cli.app import mistakes_told
from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    from samuel_gen.sweeps.runs import Run

EXAMPLES = """\
examples:
  samuel-train -m experiment=window_ablation      a sweep, in runs/window_ablation/DATE
  samuel-report runs/window_ablation/DATE         also while it is still going on
  samuel-report runs/window_ablation/DATE --metric val/vocal_gain -o gain
"""
FILES = ("results.csv", "results.md", "curves.png", "bars.png")


def main() -> None:
    """`samuel-report`: see --help."""
    parser = argparse.ArgumentParser(
        prog="samuel-report",
        description="Compare the runs of a sweep: a table of means over seeds, a CSV of all runs, "
        "learning curves, and bars with intervals. Runs that failed are listed.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sweep", type=Path, metavar="MULTIRUN_DIR", help="the folder of the sweep")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FOLDER", help="default: MULTIRUN_DIR/report"
    )
    parser.add_argument(
        "--metric",
        metavar="NAME",
        help="a column of curves.csv or a number of metrics.json; default: val/mse, the averaged "
        "weights' validation error after the last step",
    )
    parser.add_argument(
        "--highest", action="store_true", help="the highest figure is the best, not the lowest"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an earlier report")
    arguments = parser.parse_args()
    with mistakes_told():
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
        sweep: folder of the sweep; it may still be going on.
        output: folder for `results.csv`, `results.md`, `curves.png` and `bars.png`.
        metric: what is compared; None for `val/mse`.
        highest: is the highest figure the best? Always so of `val/vocal_gain`.
        overwrite: replace such files.

    Returns:
        The table.

    Raises:
        SamuelError: no sweep, no such figure, or an earlier report.
    """
    from samuel_gen.sweeps.plots import bars_plot, learning_curves_plot
    from samuel_gen.sweeps.runs import HIGHEST_IS_BEST, METRIC, gathered
    from samuel_gen.sweeps.table import table, write_results

    runs = read_sweep(sweep)
    known = sorted({name for run in runs for name in run.figures} - {"epoch", "step"})
    if metric is not None and metric not in known:
        raise SamuelError(
            f"--metric {metric}: no run has it; expected one of {', '.join(known) or 'none yet'}"
        )
    taken = [name for name in FILES if (output / name).exists()]
    if taken and not overwrite:
        raise SamuelError(
            f"{output}: there is {', '.join(taken)} already; expected none; add --overwrite, or "
            "choose another folder with -o"
        )
    arms = gathered(runs, metric or METRIC)
    text = table(arms, highest or metric in HIGHEST_IS_BEST)
    output.mkdir(parents=True, exist_ok=True)
    write_results(runs, output / "results.csv")
    (output / "results.md").write_text(text)
    learning_curves_plot(arms, output / "curves.png")
    bars_plot(arms, output / "bars.png")
    return text


def read_sweep(sweep: Path) -> list["Run"]:
    """The runs of a sweep, in order, with those that were never begun.

    Raises:
        SamuelError: no such folder, or one that holds no runs.
    """
    from samuel_gen.sweeps.runs import read_run, with_missing

    if not sweep.is_dir():
        raise SamuelError(f"{sweep}: no such folder; expected that of a sweep; check the path")
    told = sorted(sweep.glob("*/.hydra/overrides.yaml"), key=lambda path: _order(path.parents[1]))
    runs = [read_run(path.parents[1], _as_written(path)) for path in told]
    runs = with_missing(runs, planned(sweep / "multirun.yaml"))
    if not runs:
        raise SamuelError(
            f"{sweep}: no runs in it; expected the folder of a sweep, such as "
            "runs/window_ablation/DATE; begin one with samuel-train -m"
        )
    return runs


def planned(multirun: Path) -> list[list[str]]:
    """The overrides of each run that a sweep was to have, as far as that is known beforehand.

    Args:
        multirun: Hydra's `multirun.yaml`.

    Returns:
        Nothing without that file, or where a sweeper makes up its mind on the way.
    """
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser

    if not multirun.is_file():
        return []
    hydra = _as_written(multirun)["hydra"]
    if not hydra["sweeper"]["_target_"].endswith(BasicSweeper.__name__):
        return []
    axes = [f"{key}={values}" for key, values in (hydra["sweeper"]["params"] or {}).items()]
    said = OverridesParser.create().parse_overrides([*axes, *hydra["overrides"]["task"]])
    (runs,) = BasicSweeper.split_arguments(said, None)
    return runs


def _as_written(path: Path) -> Any:
    """What a YAML file says; its interpolations are left alone."""
    from omegaconf import OmegaConf

    return OmegaConf.to_container(OmegaConf.load(path))


def _order(folder: Path) -> tuple[int, str]:
    number = re.match(r"\d+", folder.name)
    return (int(number[0]) if number else -1, folder.name)


if __name__ == "__main__":
    main()
