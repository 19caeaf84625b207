from pathlib import Path

import numpy as np
import pytest

from samuel_gen.estimation.beat_tracker import (
    TEMPI,
    WEIGHTS,
    load_networks,
    run_network,
    track_beats,
)
from samuel_gen.models.beat_network import BeatNetworks

FRAME = 512 / 44_100


def drum_powers(seconds: float, period: float) -> np.ndarray:
    """Powers in bands of dull strokes, every other of which is bright."""
    times = (np.arange(round(seconds / FRAME)) + 0.5) * FRAME
    age, number = times % period, (times // period).astype(int)
    decay = np.exp(-age / 0.06)[:, None]
    tone = np.where((number % 2)[:, None] == 1, np.linspace(0.2, 1, 24), np.linspace(1, 0.05, 24))
    return decay * tone + 1e-5


def test_the_weights_fit_the_network_and_are_small() -> None:
    from safetensors.torch import load_file

    assert WEIGHTS.stat().st_size < 2_000_000
    missing = set(load_networks(WEIGHTS).state_dict()) - set(load_file(WEIGHTS))
    assert all(name.endswith("num_batches_tracked") for name in missing)


def test_a_tracker_has_as_many_networks_as_its_file(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    both = load_networks(WEIGHTS)
    first = {name: each for name, each in load_file(WEIGHTS).items() if "networks.0." in name}
    save_file(first, tmp_path / "first.safetensors")
    alone = load_networks(tmp_path / "first.safetensors")
    assert (len(alone.networks), len(both.networks)) == (1, 2)
    powers = drum_powers(6, 0.5)
    one, other, mean = (
        run_network(network, powers, None, FRAME).beats
        for network in (alone, BeatNetworks([both.networks[1]]).eval(), both)
    )
    between = (mean >= np.minimum(one, other) - 1e-6) & (mean <= np.maximum(one, other) + 1e-6)
    assert between.all() and not np.allclose(one, other, atol=0.01)


def test_strokes_are_beats_and_the_time_between_them_is_not() -> None:
    heard = track_beats(drum_powers(20, 0.5), None, FRAME)
    assert heard.beats.size == heard.downbeats.size == round(20 / FRAME)
    places = np.arange(4, 16, 0.5) / FRAME
    on, between = (heard.beats[(places + shift / FRAME).astype(int)] for shift in (0.01, 0.17))
    assert np.median(on) > 4 * np.median(between)


def test_loudness_does_not_matter() -> None:
    powers = drum_powers(6, 0.6)
    plain, loud = (track_beats(powers * gain, None, FRAME).beats for gain in (1.0, 1e4))
    np.testing.assert_allclose(plain, loud, atol=1e-4)


def test_a_moved_recording_has_moved_beats() -> None:
    powers = drum_powers(20, 0.5)
    plain = track_beats(powers, None, FRAME).beats
    later = track_beats(np.roll(powers, 400, 0), None, FRAME).beats
    np.testing.assert_allclose(later[800:1300], plain[400:900], atol=0.2)


@pytest.mark.parametrize("frames", [0, 1, 90])
def test_silence_has_no_beats(frames: int) -> None:
    heard = track_beats(np.zeros((frames, 24)), np.zeros(frames), FRAME)
    assert not heard.beats.any() and heard.beats.size == frames


def test_the_tempo_is_a_distribution_over_rising_tempi() -> None:
    heard = track_beats(drum_powers(6, 0.5), None, FRAME)
    assert heard.tempo is not None and heard.tempo.shape[0] == TEMPI.size
    np.testing.assert_allclose(heard.tempo.sum(0), 1, atol=1e-4)
    assert (np.diff(TEMPI) > 0).all()
