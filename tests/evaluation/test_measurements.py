"""The loop over songs and systems."""

import numpy as np
import pytest
import torch

from samuel_gen.audio.loudness import integrated_loudness
from samuel_gen.evaluation.analysed_sound import AnalysedSound
from samuel_gen.evaluation.anchors import GENERATED, MISMATCHED, SYSTEMS, TRUE
from samuel_gen.evaluation.embedding import embed
from samuel_gen.evaluation.measurements import Measurements, measure_systems, mix_to_mono
from samuel_gen.evaluation.songs import EvaluationSong
from samuel_gen.lead_sheet.sheet import LeadSheet
from tests.evaluation.conftest import SONGS, encode_power, lossless_round_trip
from tests.evaluation.songs import RATE, chords, make_sheet, noise, silence


def test_every_system_is_measured_on_each_song_and_seed(measurements: Measurements) -> None:
    assert len(set(measurements.names)) == SONGS
    names = [GENERATED, "louder", *SYSTEMS[1:]]
    assert list(measurements.systems) == names
    assert [len(measurements.systems[name]) for name in names] == [2 * SONGS, *[SONGS] * 6]
    generated = measurements.systems[GENERATED]
    assert [each.song for each in generated] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert [each.seed for each in generated] == [0, 1] * SONGS
    assert measurements.seconds == pytest.approx(SONGS * 2 * 13.0)
    assert measurements.generation_seconds > 0


def test_mismatched_accompaniments_are_of_the_next_two_songs() -> None:
    """The next song is the mismatched anchor; the one after that is in the mismatched mixes."""
    songs = []
    for shift in (0, 4, 7):
        sound = chords(shift)[:, : 7 * RATE].repeat(2, 1)
        songs.append(EvaluationSong(f"{shift}", sound, sound, RATE))
    kept: dict[tuple[str, str], torch.Tensor] = {}

    def keep(system: str, song: EvaluationSong, seed: int, sound: torch.Tensor) -> None:
        kept[system, song.name] = sound

    found = measure_systems(
        songs,
        {GENERATED: lambda song, sheet: [song.accompaniment]},
        lossless_round_trip,
        encode_power,
        on_accompaniment=keep,
    )
    for at, song in enumerate(songs):
        following, after = songs[(at + 1) % 3], songs[(at + 2) % 3]
        assert torch.equal(kept[TRUE, song.name], song.accompaniment)
        assert torch.equal(kept[MISMATCHED, song.name], following.accompaniment)
        mix = mix_to_mono(AnalysedSound(song.vocal, RATE), AnalysedSound(after.accompaniment, RATE))
        np.testing.assert_array_equal(found.mismatched_mixes[at], embed(mix))


def test_every_system_is_given_the_sheet_and_measured_against_it() -> None:
    """The music is on the given sheet and not on the song's own."""
    sound = chords().repeat(2, 1)
    other = make_sheet("F#")
    songs = [EvaluationSong(f"{n}", sound, sound, RATE, other) for n in range(3)]
    given = []

    def generate(song: EvaluationSong, sheet: LeadSheet | None) -> list[torch.Tensor]:
        given.append(sheet)
        return [song.accompaniment]

    systems = {GENERATED: generate, "other": generate}
    found = measure_systems(
        songs, systems, lossless_round_trip, encode_power, give_sheet=lambda song: make_sheet()
    )
    assert given == [make_sheet()] * 6
    for system in (*systems, TRUE):
        (first, *_) = found.systems[system]
        assert first.metrics["sheet_chord"] > 0.9 and first.metrics["chord"] < 0.3


def test_in_a_mix_the_accompaniment_is_2_db_below_the_vocal() -> None:
    vocal, soft = AnalysedSound(chords(), RATE), AnalysedSound(0.03 * noise(), RATE)
    added = mix_to_mono(vocal, soft) - vocal.mono
    loudness = integrated_loudness(added[None], RATE)
    assert loudness == pytest.approx(integrated_loudness(vocal.sound, RATE) - 2, abs=0.01)
    mute = AnalysedSound(silence(), RATE)
    assert torch.equal(mix_to_mono(vocal, mute), vocal.mono)
    assert torch.equal(mix_to_mono(mute, soft), soft.mono)
