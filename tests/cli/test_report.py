"""`samuel-report` over made-up sweeps: whole, partial, failed, and what is no sweep at all."""

import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from samuel_gen.cli import report as command


def made(folder: Path, windows=(4, 8), seeds=(0, 1), planned="4,8") -> Path:
    """A sweep over windows and seeds whose validation MSE is 1 / window + seed / 100."""
    folder.mkdir()
    for number, (window, seed) in enumerate((w, s) for w in windows for s in seeds):
        run = folder / f"{number}_model.window_size={window},seed={seed}"
        (run / ".hydra").mkdir(parents=True)
        told = [f"model.window_size={window}", f"seed={seed}", 'data.root="${cache}/x"']
        OmegaConf.save(OmegaConf.create(told), run / ".hydra" / "overrides.yaml")
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
def says(monkeypatch, capsys):
    def said(*words: str | Path, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["samuel-report", *map(str, words)])
        if code:
            with pytest.raises(SystemExit) as end:
                command.main()
            assert end.value.code == code
            told = capsys.readouterr()
            assert len(told.err.strip().splitlines()) == 1 and not told.out
            return told.err
        command.main()
        return capsys.readouterr().out

    return said


def test_a_report_leaves_what_was_promised(tmp_path, says) -> None:
    sweep = made(tmp_path / "sweep")
    said = says(sweep).splitlines()
    left = {path.name for path in (sweep / "report").iterdir()}
    assert left == {"results.csv", "results.md", "curves.png", "bars.png"} == set(command.FILES)
    assert said[-1].endswith(f"are in {sweep / 'report'}")
    assert said[2].startswith("| 4 | 2 | 20 | 0.2550 | 0.0071 | +0.1250")
    assert said[3].startswith("| 8 | 2 | 20 | 0.1300 | 0.0071 | best")
    assert "\n".join(said).startswith((sweep / "report" / "results.md").read_text().strip())
    assert len((sweep / "report" / "results.csv").read_text().splitlines()) == 5


def test_a_report_is_not_overwritten_unless_asked(tmp_path, says) -> None:
    sweep = made(tmp_path / "sweep")
    says(sweep, "-o", tmp_path / "out")
    kept = (tmp_path / "out" / "results.md").read_text()
    assert "add --overwrite" in says(sweep, "-o", tmp_path / "out", code=2)
    says(sweep, "-o", tmp_path / "out", "--overwrite", "--metric", "val/vocal_gain")
    assert (tmp_path / "out" / "results.md").read_text() != kept


def test_failed_and_missing_runs_are_listed(tmp_path, says) -> None:
    sweep = made(tmp_path / "sweep", planned="4,8,16")
    (failed,) = sweep.glob("1_*")
    (failed / "model.safetensors").unlink()
    (failed / "samuel-train.log").write_text("[t][samuel_gen][ERROR] - it diverged\n")
    said = says(sweep)
    assert "| 4 | 1 of 2 |" in said and "| 16 | 0 of 2 |" in said
    assert f"- `{failed.name}`: failed: it diverged" in said
    assert said.count(": not started") == 2 and "Left out, 3 of 6 runs:" in said


def test_a_sweep_that_has_just_begun(tmp_path, says) -> None:
    sweep = made(tmp_path / "sweep", windows=())
    said = says(sweep)
    assert said.count(": not started") == 4
    assert (sweep / "report" / "curves.png").is_file()


def test_a_sweep_of_another_sweeper_is_what_its_folders_are(tmp_path, says) -> None:
    sweep = made(tmp_path / "sweep", planned="4,8,16")
    config = OmegaConf.load(sweep / "multirun.yaml")
    config.hydra.sweeper._target_ = "x.OptunaSweeper"
    OmegaConf.save(config, sweep / "multirun.yaml")
    assert "not started" not in says(sweep)
    (sweep / "multirun.yaml").unlink()
    assert "not started" not in says(sweep, "--overwrite")


def test_eleven_runs_keep_their_order(tmp_path, says) -> None:
    windows = (*range(22, 2, -2), 24)  # folders 0_ to 10_: by name alone, 10_ would be second
    sweep = made(tmp_path / "sweep", windows=windows, seeds=(0,), planned="1")
    (sweep / "multirun.yaml").unlink()
    rows = [line.split("|")[1].strip() for line in says(sweep).splitlines() if line[:1] == "|"]
    assert rows[2:] == [str(window) for window in windows]


def test_of_the_vocal_gain_the_highest_is_the_best(tmp_path, says) -> None:
    sweep = made(tmp_path / "sweep", seeds=(0,))
    (run,) = sweep.glob("0_*")
    text = (run / "curves.csv").read_text()
    (run / "curves.csv").write_text(text.replace(",0.1", ",0.7"))
    gain = says(sweep, "--metric", "val/vocal_gain", "-o", tmp_path / "gain")
    assert "| 4 | 1 of 2 | 20 | 0.7000 | - | best" in gain
    assert "0.2500 | - | best" in says(sweep, "--highest", "-o", tmp_path / "mse")


def test_what_is_no_sweep_gets_one_clear_line(tmp_path, says) -> None:
    assert "no such folder" in says(tmp_path / "nowhere", code=2)
    assert "no runs in it" in says(tmp_path, code=2)
    sweep = made(tmp_path / "sweep")
    assert "expected one of val/mse, val/vocal_gain" in says(sweep, "--metric", "mse", code=2)
    assert not (sweep / "report").exists()


def test_help_pays_for_no_heavy_import() -> None:
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
