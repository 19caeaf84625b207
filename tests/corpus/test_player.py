from dataclasses import replace

import numpy as np
import pytest

from samuel_gen.corpus import SAMPLE_RATE
from samuel_gen.corpus.player import Player, get_shared_player
from samuel_gen.corpus.soundfont import SoundFont


def _play_note(
    player: Player, *, program: int, key: int, seconds: float = 1.5, **options
) -> np.ndarray:
    bus = np.zeros((2, int(seconds * SAMPLE_RATE)), np.float32)
    held = options.pop("held", bus.shape[1])
    velocity = options.pop("velocity", 95)
    player.add_note(bus, 0, held, program=program, key=key, velocity=velocity, **options)
    return bus


def _cents_off(wave: np.ndarray, hertz: float) -> float:
    """The offset of the harmonic comb that fits a wave best from a pitch [cents]."""
    size = 1 << 19
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), size))
    offsets = np.arange(-60, 61)
    combs = [
        sum(spectrum[round(h * hertz * 2 ** (c / 1200) * size / SAMPLE_RATE)] for h in range(1, 6))
        for c in offsets
    ]
    return float(offsets[int(np.argmax(combs))])


@pytest.mark.parametrize("program", [0, 4, 16, 24, 25, 33, 38, 40, 46, 56, 66, 71, 80, 105])
def test_programs_are_in_tune_with_440_hz(program):
    a4 = _play_note(get_shared_player(), program=program, key=69)[:, 4000:].sum(axis=0)
    assert abs(_cents_off(a4, 440.0)) <= 5
    a2 = _play_note(get_shared_player(), program=program, key=45)[:, 4000:].sum(axis=0)
    assert abs(_cents_off(a2, 110.0)) <= 9


def test_long_notes_stay_in_tune():
    late = _play_note(get_shared_player(), program=16, key=69, seconds=5.0)[
        :, 4 * SAMPLE_RATE :
    ].sum(axis=0)
    assert abs(_cents_off(late, 440.0)) <= 5
    assert late.std() > 0.01


def test_released_note_ends_and_held_note_goes_on():
    held = _play_note(get_shared_player(), program=18, key=60)
    released = _play_note(get_shared_player(), program=18, key=60, held=SAMPLE_RATE // 4)
    end = slice(SAMPLE_RATE, None)
    assert np.abs(released[:, end]).max() < 0.01 * np.abs(held[:, end]).max()
    assert np.array_equal(held[:, : SAMPLE_RATE // 4], released[:, : SAMPLE_RATE // 4])


def test_hats_are_quiet_without_their_modulation_envelope():
    player = get_shared_player()
    zones = player.font.find_zones(128, 0, 42, 100)
    flat = tuple(replace(zone, modulation_to_cutoff=0.0) for zone in zones)
    without = Player(SoundFont({(128, 0): flat}))
    loud = _play_note(player, program=0, key=42, bank=128).std()
    assert without.font.find_zones(128, 0, 42, 100)
    assert _play_note(without, program=0, key=42, bank=128).std() < 0.5 * loud


def test_velocity_gain_and_pan_scale_the_channels():
    player = get_shared_player()
    loud = _play_note(player, program=0, key=60, velocity=127)
    soft = _play_note(player, program=0, key=60, velocity=64)
    assert soft.std() == pytest.approx(loud.std() * (64 / 127) ** 2, rel=0.02)
    half = _play_note(player, program=0, key=60, velocity=127, gain=0.5)
    assert np.allclose(half, 0.5 * loud, atol=1e-6)
    left = _play_note(player, program=80, key=60, pan=-1.0)
    assert left[0].std() > 20 * left[1].std()


def test_trim_makes_programs_equally_loud():
    player = get_shared_player()
    loudness = []
    for program in (0, 16, 25, 48, 81, 87):
        bus = _play_note(player, program=program, key=60, gain=player.measure_trim(program, 60))
        loudness.append(20 * np.log10(np.sqrt((bus[:, :SAMPLE_RATE] ** 2).sum(axis=0).mean())))
    assert max(loudness) - min(loudness) < 8


def test_cache_is_bounded_and_changes_nothing():
    fresh = Player(get_shared_player().font, cache_bytes=2_000_000)
    for key in range(40, 80):
        _play_note(fresh, program=0, key=key)
    assert fresh._cached_bytes <= 2_000_000
    short = _play_note(fresh, program=40, key=60, held=3000)
    _play_note(fresh, program=40, key=60, seconds=4.0)
    assert np.array_equal(short, _play_note(fresh, program=40, key=60, held=3000))
