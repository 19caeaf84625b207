"""`samuel-report` on invented sweeps: complete, partial, failed, and folders that are no sweep."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from samuel_gen.cli import report as command


def make_sweep(folder: Path, windows=(4, 8), seeds=(0, 1), planned="4,8") -> Path:
    """Make a sweep over windows and seeds whose validation MSE is 1 / window + seed / 100."""
    folder.mkdir()
    for number, (window, seed) in enumerate((w, s) for w in windows for s in seeds):
        run = folder / f"{number}_model.window_size={window},seed={seed}"
        (run / ".hydra").mkdir(parents=True)
        overrides = [f"model.window_size={window}", f"seed={seed}", 'data.root="${cache}/x"']
        OmegaConf.save(OmegaConf.create(overrides), run / ".hydra" / "overrides.yaml")
        rows = [f"{e},{10 * (e + 1)},{1 / window + seed / 100 + 1 - e},0.{e}" for e in (0, 1)]
        (run / "curves.csv").write_text("epoch,step,val/mse,val/vocal_gain\n" + "\n".join(rows))
        (run / "model.safetensors").touch()
    hydra = {
        "sweeper": {"_target_": "x.BasicSweeper", "params": {"model.window_size": planned}},
        "overrides": {"task": ["seed=0,1", 'data.root="${cache}/x"']},
    }
    OmegaConf.save(OmegaConf.create({"hydra": hydra}), folder / "multirun.yaml")
    return folder


@pytest.fixture
def run_report(monkeypatch, capsys) -> Callable[..., str]:
    """A function that runs the command and returns its output, or its error if it exits."""

    def run(*words: str | Path, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["samuel-report", *map(str, words)])
        if code:
            with pytest.raises(SystemExit) as end:
                command.main()
            assert end.value.code == code
            output = capsys.readouterr()
            assert len(output.err.strip().splitlines()) == 1 and not output.out
            return output.err
        command.main()
        return capsys.readouterr().out

    return run


def test_a_report_writes_its_four_files(tmp_path, run_report) -> None:
    sweep = make_sweep(tmp_path / "sweep")
    output = run_report(sweep).splitlines()
    files = {path.name for path in (sweep / "report").iterdir()}
    assert files == {"results.csv", "results.md", "curves.png", "bars.png"} == set(command.FILES)
    assert output[-1].endswith(f"are in {sweep / 'report'}")
    assert output[2].startswith("| 4 | 2 | 20 | 0.2550 | 0.0071 | +0.1250")
    assert output[3].startswith("| 8 | 2 | 20 | 0.1300 | 0.0071 | best")
    assert "\n".join(output).startswith((sweep / "report" / "results.md").read_text().strip())
    assert len((sweep / "report" / "results.csv").read_text().splitlines()) == 5


def test_a_report_is_overwritten_only_on_request(tmp_path, run_report) -> None:
    sweep = make_sweep(tmp_path / "sweep")
    run_report(sweep, "-o", tmp_path / "out")
    kept = (tmp_path / "out" / "results.md").read_text()
    assert "add --overwrite" in run_report(sweep, "-o", tmp_path / "out", code=2)
    run_report(sweep, "-o", tmp_path / "out", "--overwrite", "--metric", "val/vocal_gain")
    assert (tmp_path / "out" / "results.md").read_text() != kept


def test_failed_and_missing_runs_are_listed(tmp_path, run_report) -> None:
    sweep = make_sweep(tmp_path / "sweep", planned="4,8,16")
    (failed,) = sweep.glob("1_*")
    (failed / "model.safetensors").unlink()
    (failed / "samuel-train.log").write_text("[t][samuel_gen][ERROR] - it diverged\n")
    output = run_report(sweep)
    assert "| 4 | 1 of 2 |" in output and "| 16 | 0 of 2 |" in output
    assert f"- `{failed.name}`: failed: it diverged" in output
    assert output.count(": not started") == 2 and "Left out, 3 of 6 runs:" in output


def test_a_sweep_without_any_runs_yet(tmp_path, run_report) -> None:
    sweep = make_sweep(tmp_path / "sweep", windows=())
    output = run_report(sweep)
    assert output.count(": not started") == 4
    assert (sweep / "report" / "curves.png").is_file()


APP = """
import hydra

@hydra.main(version_base="1.3", config_path=None)
def main(config):
    pass

main()
"""


def test_the_planned_runs_are_those_that_hydra_runs(tmp_path) -> None:
    """The expansion of a sweep is rewritten here, since Hydra has no public function for it."""
    (tmp_path / "app.py").write_text(APP)
    overrides = ("+a=1,2", "+b='x y',z", "+c=range(2)", "+d=[1,2]", "+e=fixed")
    words = (sys.executable, "app.py", "-m", "hydra.sweep.dir=sweep", *overrides)
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    planned = command.read_planned_runs(tmp_path / "sweep" / "multirun.yaml")
    assert len(planned) == 2 * 2 * 2
    for number, expected in enumerate(planned):
        path = tmp_path / "sweep" / str(number) / ".hydra" / "overrides.yaml"
        assert OmegaConf.to_container(OmegaConf.load(path)) == expected


def test_other_sweepers_have_no_planned_runs(tmp_path, run_report) -> None:
    sweep = make_sweep(tmp_path / "sweep", planned="4,8,16")
    config = OmegaConf.load(sweep / "multirun.yaml")
    config.hydra.sweeper._target_ = "x.OptunaSweeper"
    OmegaConf.save(config, sweep / "multirun.yaml")
    assert "not started" not in run_report(sweep)
    (sweep / "multirun.yaml").unlink()
    assert "not started" not in run_report(sweep, "--overwrite")


def test_eleven_runs_keep_their_order(tmp_path, run_report) -> None:
    windows = (*range(22, 2, -2), 24)  # folders 0_ to 10_: by name alone, 10_ would be second
    sweep = make_sweep(tmp_path / "sweep", windows=windows, seeds=(0,), planned="1")
    (sweep / "multirun.yaml").unlink()
    rows = [
        line.split("|")[1].strip() for line in run_report(sweep).splitlines() if line[:1] == "|"
    ]
    assert rows[2:] == [str(window) for window in windows]


def test_the_highest_vocal_gain_is_the_best(tmp_path, run_report) -> None:
    sweep = make_sweep(tmp_path / "sweep", seeds=(0,))
    (run,) = sweep.glob("0_*")
    text = (run / "curves.csv").read_text()
    (run / "curves.csv").write_text(text.replace(",0.1", ",0.7"))
    gain = run_report(sweep, "--metric", "val/vocal_gain", "-o", tmp_path / "gain")
    assert "| 4 | 1 of 2 | 20 | 0.7000 | - | best" in gain
    assert "0.2500 | - | best" in run_report(sweep, "--highest", "-o", tmp_path / "mse")


def test_a_folder_that_is_no_sweep_is_an_error(tmp_path, run_report) -> None:
    assert "no such folder" in run_report(tmp_path / "nowhere", code=2)
    assert "has no runs" in run_report(tmp_path, code=2)
    sweep = make_sweep(tmp_path / "sweep")
    assert "choose one of val/mse, val/vocal_gain" in run_report(sweep, "--metric", "mse", code=2)
    assert not (sweep / "report").exists()


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from samuel_gen.cli import report\n"
        "sys.argv = ['samuel-report', '--help']\n"
        "try: report.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'torch', 'hydra', 'omegaconf', 'numpy', 'scipy', 'matplotlib', 'lightning'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--overwrite" in done.stdout
