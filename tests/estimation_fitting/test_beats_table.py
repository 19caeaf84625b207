import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from samuel_gen.audio.files import write_audio
from samuel_gen.estimation.beat_tracker import WEIGHTS
from samuel_gen.estimation_fitting import beat_songs
from samuel_gen.estimation_fitting.beats_table import compare_beats, load_real_songs, main
from tests.estimation_fitting.test_beats import draw_song

TRUE = np.arange(0.3, 20, 0.5)


def test_the_truth_has_all_points() -> None:
    assert set(compare_beats(TRUE, TRUE[::4], TRUE, TRUE[::4])) == {1.0}


def test_tolerances_forgive_what_they_are_named_for() -> None:
    late = compare_beats(TRUE, TRUE[::4], TRUE + 0.1, TRUE[::4] + 0.1)
    assert late.beats == 0 and late.beats_wide == 1
    double = np.sort(np.concatenate([TRUE, TRUE + 0.25]))
    for other in (double, TRUE[1::2]):
        octave = compare_beats(TRUE, TRUE[::4], other, other[::4])
        assert octave.octaves > 0.95 > octave.beats and octave.tempo == 0
    offbeat = compare_beats(TRUE, TRUE[::4], TRUE + 0.25, TRUE[::4] + 0.25)
    assert offbeat.beats == 0 and offbeat.offbeats > 0.95


def test_downbeats_and_the_meter_are_judged_apart() -> None:
    moved = compare_beats(TRUE, TRUE[::4], TRUE, TRUE[2::4])
    assert moved.beats == 1 and moved.downbeats == 0 and moved.meter == 1
    assert compare_beats(TRUE, TRUE[::4], TRUE, TRUE[::3]).meter == 0


def test_real_songs_come_with_their_labels(tmp_path: Path) -> None:
    place = tmp_path / "song_00"
    place.mkdir()
    sound = 0.1 * torch.randn(2, 2 * 22_050, generator=torch.Generator().manual_seed(0))
    for name in ("vocals.ogg", "accompaniment.ogg"):
        write_audio(place / name, sound, 22_050)
    labels = [{"time": 0.1 + 0.5 * beat, "position": beat % 4 + 1} for beat in range(4)]
    (place / "labels.json").write_text(json.dumps({"beats": labels}))
    (song,) = load_real_songs(tmp_path)
    assert song.seconds == pytest.approx(2, abs=0.05)
    assert song.beats.tolist() == [0.1, 0.6, 1.1, 1.6] and song.downbeats.tolist() == [0.1]


def test_the_command_prints_a_row_for_each_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(beat_songs, "render_beat_song", draw_song)
    assert main(["--songs", "1", "--seconds", "10", "--cache", str(tmp_path)]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 2 + 3 * 6
    assert len({row.count("|") for row in rows}) == 1


def test_other_weights_can_be_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(beat_songs, "render_beat_song", draw_song)
    asked = ["--songs", "1", "--seconds", "10", "--cache", str(tmp_path / "cache")]
    weights = tmp_path / "flat.safetensors"
    save_file({name: each * 0 for name, each in load_file(WEIGHTS).items()}, weights)
    tables = []
    for more in ([], ["--weights", str(weights)]):
        assert main([*asked, *more]) == 0
        tables.append(capsys.readouterr().out)
    assert tables[0] != tables[1]
    with pytest.raises(SystemExit):
        main([*asked, "--weights", "nowhere.safetensors"])
    assert "--weights nowhere.safetensors: no such file" in capsys.readouterr().err
