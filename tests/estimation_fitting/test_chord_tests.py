import json
from pathlib import Path

import numpy as np
import soundfile

from samuel_gen.estimation_fitting.chord_tests import compose_known_songs, load_real_songs


def write_song(folder: Path) -> None:
    """A second of A over a second of C major."""
    rate = 22_050
    time = np.arange(2 * rate) / rate
    folder.mkdir()
    soundfile.write(folder / "vocals.ogg", 0.5 * np.sin(2 * np.pi * 220 * time), rate)
    chord = sum(0.2 * np.sin(2 * np.pi * pitch * time) for pitch in (261.6, 329.6, 392.0))
    soundfile.write(folder / "accompaniment.ogg", chord, rate)
    beats = [{"time": 0.1 + 0.5 * beat, "position": (beat + 2) % 3 + 1} for beat in range(4)]
    chords = [
        {"start": 0.0, "end": 0.6, "chord": "N"},
        {"start": 0.6, "end": 2.0, "chord": "C:maj"},
    ]
    labels = {"key": "A minor", "beats": beats, "chords": chords}
    (folder / "labels.json").write_text(json.dumps(labels))


def test_labels_become_a_sheet_beside_the_sounds(tmp_path: Path) -> None:
    write_song(tmp_path / "song")
    (song,) = load_real_songs(tmp_path)
    assert str(song.sheet.key) == "A minor" and str(song.sheet.meter) == "3/4"
    assert song.sheet.positions == (3, 1, 2, 3)
    assert song.sheet.chord_at(0) is None and str(song.sheet.chord_at(1)) == "C"
    assert song.seconds == 2
    assert song.pitch_classes.sum(axis=1).argmax() == 9
    assert song.chroma is not None
    assert set(np.argsort(song.chroma.sum(axis=1))[-3:]) == {0, 4, 7}


def test_composed_songs_differ_by_seed_and_by_style() -> None:
    known = list(compose_known_songs(2, 12))
    others = list(compose_known_songs(2, 12, unheard=True))
    assert len({song.sheet for song in known + others}) == 4
    assert all(song.chroma is None and song.sheet.chords for song in known)
