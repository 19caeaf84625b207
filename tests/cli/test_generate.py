"""`samuel-generate` as a user types it: the files that it leaves, and how it refuses."""

import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mido import MidiFile, MidiTrack

from samuel_gen.audio.recording import SoundFile
from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.diffusion.samplers import unipc
from samuel_gen.estimation.estimate import estimate_lead_sheet
from samuel_gen.generation.accompanist import Accompanist
from samuel_gen.lead_sheet.style import STYLES
from samuel_gen.lead_sheet.text import read_lead_sheet
from samuel_gen.storage import file_sha256
from tests.cli.user import Folder


def test_an_accompaniment_has_the_vocals_rate_and_length(folder: Folder, model: Path) -> None:
    take = folder.path / "my take.wav"
    said = folder.does(
        "samuel-generate", take, "--checkpoint", model, "-o", "out", "--plots", "--animation"
    )
    assert (folder.path / "out/animation.gif").read_bytes().startswith(b"GIF89a")
    assert said.strip().endswith("are in out")
    for name in ("accompaniment.wav", "mix.wav"):
        info = soundfile.info(folder.path / "out" / name)
        assert (info.samplerate, info.frames, info.channels) == (48_000, 96_000, 2)
    for name in ("spectrograms.png", "sampling.png"):
        assert (folder.path / "out" / name).read_bytes().startswith(b"\x89PNG")


def test_without_a_checkpoint_the_bundled_one_plays(folder: Folder) -> None:
    folder.does("samuel-generate", "my take.wav", "-o", "bundled", "sampler.num_steps=2")
    recipe = json.loads((folder.path / "bundled/generation.json").read_text())
    assert recipe["recipe"]["checkpoint"] == {"path": str(BUNDLED), "sha256": file_sha256(BUNDLED)}
    # The package was installed elsewhere then; its checkpoint is found where it is now.
    recipe["recipe"]["checkpoint"]["path"] = "/elsewhere/bundled.safetensors"
    (folder.path / "moved.json").write_text(json.dumps(recipe))
    said = folder.does("samuel-generate", "--from", "moved.json", "-o", "again")
    assert "the same bytes as before" in said


def test_a_checkpoint_on_the_hub_is_named_as_there(
    folder: Folder, model: Path, monkeypatch
) -> None:
    asked = []

    def download(repo_id: str, file: str, **_) -> str:
        asked.append((repo_id, file))
        return str(model)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    command = ("samuel-generate", "my take.wav", "--checkpoint", "ann/band", "-o", "from the hub")
    folder.does(*command, "sampler.num_steps=1")
    assert asked[0] == ("ann/band", "model.safetensors") and len(asked) == 1
    recipe = json.loads((folder.path / "from the hub/generation.json").read_text())
    assert recipe["recipe"]["checkpoint"]["path"] == str(model)


def test_the_same_seed_gives_the_same_bytes(folder: Folder, model: Path) -> None:
    def hash_of(output: str, *more: str) -> str:
        command = ("samuel-generate", "my take.wav", "--checkpoint", model, "-o", output)
        folder.does(*command, *more, "sampler=ddim", "sampler.num_steps=3", "guidance.scale=3")
        sound = (folder.path / output / "accompaniment.wav").read_bytes()
        return hashlib.sha256(sound).hexdigest()

    assert hash_of("a", "--seed", "5") == hash_of("b", "--seed", "5") != hash_of("c", "--seed", "6")


def test_generation_json_reproduces_the_same_bytes(folder: Folder, model: Path) -> None:
    make = ("samuel-generate", "my take.wav", "--checkpoint", model, "-o", "first")
    more = ("--results", "2", "--seed", "4", "--tuning", "10", "--balance", "-3")
    more += ("--format", "flac", "--bits", "16")
    said = folder.does(*make, *more, "--extend", "1.5", "sampler=fast", "decoder=learned")
    head, first, second = said.splitlines()[-6:-3]
    assert head.split() == ["rank", "seed", "score", "harmony", "pulse", "why"]
    assert {first.split()[1], second.split()[1]} == {"4", "5"}
    assert float(first.split()[2]) >= float(second.split()[2])
    names = {f"{kind}-seed{seed}.flac" for kind in ("accompaniment", "mix") for seed in (4, 5)}
    others = {"generation.json", "lead_sheet.txt", "arrangement.mid", "click.flac"}
    assert {path.name for path in (folder.path / "first").iterdir()} == names | others
    mix = soundfile.info(folder.path / "first/mix-seed4.flac")
    assert (mix.subtype, mix.frames) == ("PCM_16", 3.5 * 48_000)
    recipe = json.loads((folder.path / "first/generation.json").read_text())
    settings = recipe["recipe"]["settings"]
    assert settings["sampler"]["num_steps"] == 8 and settings["decoder"] == "learned"
    assert set(recipe["fit"]) == {"4", "5"}
    assert recipe["recipe"]["tuning_cents"] == 10 and recipe["analysis"]["seconds"] == 2.0

    again = ("samuel-generate", "--from", "first/generation.json", "-o", "second")
    assert "the same bytes as before" in folder.does(*again)
    for name in names:
        both = [(folder.path / at / name).read_bytes() for at in ("first", "second")]
        assert both[0] == both[1]
    assert "--from does not go with --seed" in folder.refuses(*again[:3], "--seed", "1")

    recipe["recipe"]["settings"]["decoder"] = "closed_form"
    (folder.path / "other.json").write_text(json.dumps(recipe))
    said = folder.does("samuel-generate", "--from", "other.json", "-o", "closed_form")
    assert "the same bytes as before" not in said

    take = folder.path / "my take.wav"
    kept = take.read_bytes()
    take.write_bytes(kept[:-2] + b"xx")
    assert "the file has changed" in folder.refuses(*again[:3], "-o", "third")
    take.write_bytes(kept)


def test_the_best_candidate_is_kept(folder: Folder, model: Path) -> None:
    """The command keeps what the library keeps."""
    vocal = SoundFile(folder.path / "my take.wav")
    expected = Accompanist.from_pretrained(model).accompany(
        vocal,
        lead_sheet=estimate_lead_sheet(vocal.read(), vocal.sample_rate).sheet,
        seed=5,
        candidates=3,
        sampler=partial(unipc, num_steps=2),
    )
    command = ("samuel-generate", "my take.wav", "--checkpoint", model, "sampler.num_steps=2")
    folder.does(*command, "--seed", "5", "--candidates", "3", "--animation", "-o", "best")
    recipe = json.loads((folder.path / "best/generation.json").read_text())
    assert {seed: fit["score"] for seed, fit in recipe["fit"].items()} == {
        str(expected.seed): pytest.approx(expected.fit.score, abs=1e-3)
    }
    again = ("samuel-generate", "--from", "best/generation.json", "-o", "the best again")
    assert "the same bytes as before" in folder.does(*again)


def test_the_best_of_several_candidates_is_named(folder: Folder, model: Path) -> None:
    command = ("samuel-generate", "my take.wav", "--checkpoint", model, "sampler.num_steps=1")
    assert "the best of 4 candidates: " in folder.does(
        *command, "-o", "of four", "--candidates", "4"
    )
    assert "candidates" not in folder.does(*command, "-o", "of one")
    assert "candidates" not in folder.does(*command, "-o", "two of two", "--results", "2")


def test_a_segment_is_regenerated_and_the_rest_stays(folder: Folder, model: Path) -> None:
    def sound(output: str) -> np.ndarray:
        return soundfile.read(folder.path / output / "accompaniment.wav")[0]

    make = ("samuel-generate", "my take.wav", "--checkpoint", model, "sampler.num_steps=2")
    folder.does(*make, "-o", "whole")
    again = ("samuel-generate", "--from", "whole/generation.json", "--redo", "0.5-1.25")
    assert "the same bytes as before" in folder.does(*again, "-o", "redone")
    changed = np.flatnonzero((sound("whole") != sound("redone")).any(1))
    assert 24_000 <= changed[0] and changed[-1] < 60_000 and changed.size > 30_000
    recipe = json.loads((folder.path / "redone/generation.json").read_text())
    assert recipe["recipe"]["redo"] == [[0.5, 1.25, 1]]

    folder.does(*make, "--redo", "0.5-1.25", "-o", "at once")
    assert (sound("at once") == sound("redone")).all()
    assert "the same bytes" in folder.does(*again[:2], "redone/generation.json", "-o", "redone 2")
    folder.does(*again[:2], "redone/generation.json", "--redo", "1.3-2:9", "-o", "more")
    assert (sound("more") != sound("redone")).any(1).nonzero()[0][0] >= 1.3 * 48_000
    assert "redo 1-9: a segment lasts" in folder.refuses(
        *again[:3], "--redo", "1-9", "-o", "past it"
    )


def test_the_chart_is_printed_written_and_followed(folder: Folder, model: Path) -> None:
    command = ("samuel-generate", "my take.wav", "--checkpoint", model, "sampler.num_steps=1")
    given = ("--tempo", "96", "--bar-1-at", "0.25", "--chords", "Dm | A7", "--style", "waltz")
    said = folder.does(*command, *given, "--count-in", "2", "-o", "sheet")
    for line in ("tempo     96 (given)", "bar 1     at 0.25 s (given)", "style     waltz"):
        assert line in said
    assert "| Dm" in said and "lead_sheet.txt" in said.splitlines()[-1]
    sheet = read_lead_sheet(folder.path / "sheet/lead_sheet.txt")
    assert np.allclose(np.diff(sheet.beats), 60 / 96, atol=1.01e-4) and 0.25 in sheet.downbeats
    recipe = json.loads((folder.path / "sheet/generation.json").read_text())
    assert recipe["recipe"]["lead_sheet"] == (folder.path / "sheet/lead_sheet.txt").read_text()
    frames = {
        name: soundfile.info(folder.path / f"sheet/{name}.wav").frames
        for name in ("click", "mix", "click-count_in", "mix-count_in", "accompaniment-count_in")
    }
    assert frames["click"] == frames["mix"] == 96_000
    longer = {frames[name] for name in frames if "count_in" in name}
    assert len(longer) == 1 and longer.pop() > 96_000

    again = ("samuel-generate", "--from", "sheet/generation.json", "-o", "sheet again")
    assert "the same bytes as before" in folder.does(*again, "--redo", "0.5-1.6")
    assert read_lead_sheet(folder.path / "sheet again/lead_sheet.txt") == sheet
    assert "--from does not go with --tempo" in folder.refuses(*again[:3], "--tempo", "90")

    edited = (folder.path / "sheet/lead_sheet.txt").read_text().replace("A7", "Gm")
    (folder.path / "edited.txt").write_text(edited)
    said = folder.does(*command, "--lead-sheet", "edited.txt", "-o", "edited", "--key", "F")
    assert "note      --key wins over edited.txt" in said or sheet.key is None
    assert (folder.path / "edited/lead_sheet.txt").read_text() == edited.replace(
        f"key: {sheet.key}", "key: F major"
    )


def test_without_a_lead_sheet_there_are_no_files_of_it(folder: Folder, model: Path) -> None:
    command = ("samuel-generate", "my take.wav", "--checkpoint", model, "sampler.num_steps=1")
    said = folder.does(*command, "--lead-sheet", "none", "-o", "no sheet")
    assert said.strip().endswith("accompaniment and mix are in no sheet")
    names = {path.name for path in (folder.path / "no sheet").iterdir()}
    assert names == {"accompaniment.wav", "mix.wav", "generation.json"}
    recipe = json.loads((folder.path / "no sheet/generation.json").read_text())
    assert recipe["recipe"]["lead_sheet"] is None
    del recipe["recipe"]["lead_sheet"]
    recipe["format"] = 2
    (folder.path / "format 2.json").write_text(json.dumps(recipe))
    again = ("samuel-generate", "--from", "format 2.json", "-o", "no sheet again")
    assert "the same bytes as before" in folder.does(*again)


def test_styles_are_listed(folder: Folder) -> None:
    assert folder.does("samuel-generate", "--list-styles").split() == list(STYLES)


def test_one_bad_recording_does_not_stop_the_others(folder: Folder, model: Path) -> None:
    (folder.path / "recordings").mkdir()
    for name in ("one.wav", "two.wav", "notes.txt"):
        shutil.copy(folder.path / "my take.wav", folder.path / "recordings" / name)
    (folder.path / "recordings" / "broken.wav").write_text("la la la")
    command = ("samuel-generate", "recordings", "--checkpoint", model, "sampler.num_steps=1")
    done = folder.run(*command, "-o", "all")
    assert done.returncode == 1 and "broken.wav: not audio" in done.stderr
    assert done.stdout.strip().endswith("2 of 3 are in all")
    for name in ("one", "two"):
        assert soundfile.info(folder.path / "all" / name / "mix.wav").frames == 96_000
    assert "there are files already" in folder.refuses(*command, "-o", "all")


def test_existing_files_are_not_overwritten(folder: Folder, model: Path) -> None:
    (folder.path / "mine").mkdir()
    (folder.path / "mine" / "mix.wav").write_text("precious")
    command = ("samuel-generate", "my take.wav", "--checkpoint", model, "-o", "mine")
    assert "add --overwrite" in folder.refuses(*command)
    assert (folder.path / "mine" / "mix.wav").read_text() == "precious"
    folder.does(*command, "--overwrite", "sampler.num_steps=1")
    assert soundfile.info(folder.path / "mine" / "mix.wav").frames == 96_000


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("samuel-generate nothing.wav --checkpoint MODEL", "nothing.wav: no such file"),
        ("samuel-generate text.wav --checkpoint MODEL", "not audio"),
        ("samuel-generate empty.wav --checkpoint MODEL", "0 samples"),
        ("samuel-generate short.wav --checkpoint MODEL", "record at least 1 s"),
        ("samuel-generate silent.wav --checkpoint MODEL", "silent"),
        ("samuel-generate nan.wav --checkpoint MODEL", "NaN or infinite"),
        ("samuel-generate short.wav --checkpoint nothing.safetensors", "short.wav"),
        ("samuel-generate ok.wav --checkpoint nothing.safetensors", "no such file"),
        ("samuel-generate ok.wav --checkpoint text.wav", "not a whole safetensors file"),
        ("samuel-generate ok.wav --checkpoint cut.safetensors", "not a whole safetensors file"),
        (
            "samuel-generate ok.wav --checkpoint MODEL sampler=magic",
            "Could not find 'sampler/magic'",
        ),
        ("samuel-generate ok.wav --checkpoint MODEL sampler.num_steps=900", "choose 1 to 800"),
        ("samuel-generate ok.wav --checkpoint MODEL --volume 3", "unrecognized arguments"),
        ("samuel-generate ok.wav --checkpoint MODEL --device teapot", "not on this machine"),
        ("samuel-generate", "no recording given"),
        ("samuel-generate ok.wav --checkpoint MODEL --results 0", "choose 1 to 64"),
        ("samuel-generate ok.wav --checkpoint MODEL --candidates 0", "choose 1 to 64 for each"),
        (
            "samuel-generate ok.wav --checkpoint MODEL --results 9 --candidates 8",
            "choose 1 to 7 for",
        ),
        ("samuel-generate ok.wav --checkpoint MODEL --tuning 300", "choose -100 to 100"),
        ("samuel-generate ok.wav --checkpoint MODEL --format flac --bits float", "FLAC holds"),
        ("samuel-generate ok.wav ok.wav --checkpoint MODEL", "the folder of two recordings"),
        ("samuel-generate --from text.wav", "cannot be used"),
        ("samuel-generate ok.wav --checkpoint MODEL --redo 3", "write START-STOP in seconds"),
        ("samuel-generate ok.wav --tempo 301", "tempo 301: choose 30 to 300"),
        ("samuel-generate ok.wav --tempo fast", "give beats per minute such as 92, or x2 or /2"),
        ("samuel-generate ok.wav --chords C|Hm", "--chords, line 1, column 3: 'Hm' is not"),
        ("samuel-generate ok.wav --chords C|F,G --meter 4/4", "column 3: 'F,G' is not a chord"),
        ("samuel-generate ok.wav --style polka", "'polka' is not a style; choose one of pop, "),
        ("samuel-generate ok.wav --meter 9/7", "'9/7' is not a meter"),
        ("samuel-generate ok.wav --key H", "'H' is not a key"),
        ("samuel-generate ok.wav --beats falling.txt", "falling.txt, line 2: the beat at 0.5 s"),
        ("samuel-generate ok.wav --beats plain.mid", "plain.mid: no tempo in this MIDI file"),
        ("samuel-generate ok.wav --beats nothing.txt", "nothing.txt: No such file"),
        ("samuel-generate ok.wav --lead-sheet falling.txt", "line 1, column 1: '1.0' is neither"),
        ("samuel-generate ok.wav --lead-sheet late.txt", "begins at 30.00 s, but the recording"),
        ("samuel-generate ok.wav --lead-sheet none --key C", "--lead-sheet none does not go with"),
        ("samuel-generate ok.wav --count-in 99", "--count-in 99: choose 0 to 16 bars"),
    ],
)
def test_bad_input_gets_one_clear_line(
    folder: Folder, model: Path, command: str, reason: str
) -> None:
    vocal = 0.1 * np.sin(np.arange(44_100) / 20)
    broken = np.where(np.arange(44_100) == 7, np.nan, vocal)
    sounds = {"ok": vocal, "short": vocal[:40_000], "silent": 0 * vocal, "nan": broken}
    for name, samples in sounds.items():
        soundfile.write(folder.path / f"{name}.wav", samples, 44_100, subtype="FLOAT")
    soundfile.write(folder.path / "empty.wav", np.zeros(0), 44_100)
    (folder.path / "text.wav").write_text("la la la")
    (folder.path / "falling.txt").write_text("1.0\n0.5\n")
    (folder.path / "late.txt").write_text("tempo: 90\nbar 1 at: 30\n\n| C | G |\n")
    MidiFile(tracks=[MidiTrack()]).save(folder.path / "plain.mid")
    (folder.path / "cut.safetensors").write_bytes(model.read_bytes()[:5000])
    words = [str(model) if word == "MODEL" else word for word in command.split()]
    assert reason in folder.refuses(*words)


def test_a_name_that_is_no_text_is_played_and_recorded(folder: Folder, model: Path) -> None:
    name = os.fsdecode(b"b\xe9.wav")
    shutil.copy(folder.path / "my take.wav", folder.path / name)
    make = (sys.executable, "-m", "samuel_gen.cli.generate", name, "--checkpoint", str(model))
    for locale in ({"LC_ALL": "C", "PYTHONUTF8": "0"}, {}):
        ended = subprocess.run(
            [*make, "sampler.num_steps=1", "--overwrite"],
            cwd=folder.path,
            capture_output=True,
            env=os.environ | locale,
        )
        assert ended.returncode == 0, ended.stderr
        assert b"b?.wav" in ended.stdout
    record = json.loads((folder.path / f"{name[:2]}_accompaniment/generation.json").read_text())
    assert record["recipe"]["vocal"]["path"] == str(folder.path / name)
    shutil.rmtree(folder.path / f"{name[:2]}_accompaniment")


def test_a_recording_that_comes_through_a_pipe(folder: Folder, model: Path) -> None:
    make = (sys.executable, "-m", "samuel_gen.cli.generate", "-", "--checkpoint", str(model))
    with (folder.path / "my take.wav").open("rb") as recording:
        cat = subprocess.Popen(["cat"], stdin=recording, stdout=subprocess.PIPE)
        subprocess.run(
            [*make, "sampler.num_steps=1"], cwd=folder.path, stdin=cat.stdout, check=True
        )
        cat.wait()
    assert soundfile.info(folder.path / "stdin_accompaniment/mix.wav").frames == 96_000
    shutil.rmtree(folder.path / "stdin_accompaniment")


def test_a_name_that_begins_with_a_dash(folder: Folder, model: Path) -> None:
    shutil.copy(folder.path / "my take.wav", folder.path / "-take.wav")
    folder.does("samuel-generate", "--checkpoint", model, "sampler.num_steps=1", "--", "-take.wav")
    assert (folder.path / "-take_accompaniment/mix.wav").exists()


def test_a_stopped_generation_leaves_nothing(folder: Folder, model: Path, monkeypatch) -> None:
    def stop(*_, **__) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("samuel_gen.cli.generate_output.write_sheet_files", stop)
    before = sorted(folder.path.rglob("*"))
    ended = folder.run(
        "samuel-generate", "my take.wav", "--checkpoint", model, "sampler.num_steps=1"
    )
    assert (ended.returncode, ended.stderr.strip().splitlines()[-1]) == (143, "stopped by SIGTERM")
    assert sorted(folder.path.rglob("*")) == before


def test_a_disk_that_fills_up_during_a_generation(folder: Folder, model: Path) -> None:
    before = sorted(folder.path.rglob("*"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
    try:
        refusal = folder.refuses(
            "samuel-generate", "my take.wav", "--checkpoint", model, "sampler.num_steps=1"
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "make room" in refusal or "cannot be written" in refusal
    assert sorted(folder.path.rglob("*")) == before


def test_a_strangers_record_names_no_code(folder: Folder, model: Path) -> None:
    folder.does(
        "samuel-generate", "my take.wav", "--checkpoint", model, "-o", "own", "sampler.num_steps=1"
    )
    record = json.loads((folder.path / "own/generation.json").read_text())
    node = {"_target_": "os.system", "_partial_": True, "command": "touch stray", "num_steps": 1}
    record["recipe"]["settings"]["sampler"] = node
    (folder.path / "strange.json").write_text(json.dumps(record))
    refusal = folder.refuses("samuel-generate", "--from", "strange.json", "-o", "strange")
    assert "os.system is not allowed" in refusal
    assert not (folder.path / "stray").exists() and not (folder.path / "strange").exists()
