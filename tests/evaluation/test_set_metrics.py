"""Set metrics of systems with a known answer."""

import numpy as np
import pytest

from samuel_gen.evaluation.anchors import GENERATED, MISMATCHED, NOISE, SILENCE, SYSTEMS, TRUE
from samuel_gen.evaluation.measurements import Measurements
from samuel_gen.evaluation.set_metrics import Statistic, set_statistics
from tests.evaluation.conftest import SONGS

ALL = np.arange(SONGS)


@pytest.fixture(scope="module")
def statistics(measurements: Measurements) -> dict[str, dict[str, Statistic]]:
    return {system: set_statistics(system, measurements) for system in SYSTEMS}


def test_true_accompaniments_adhere_and_mismatched_do_not(statistics) -> None:
    assert statistics[TRUE]["apa"](ALL) == 1
    assert statistics[MISMATCHED]["apa"](ALL) < 0.5


@pytest.mark.parametrize("name", ["frechet_spectral", "frechet_latent"])
def test_the_distance_from_the_true_ones_is_0_for_themselves(statistics, name: str) -> None:
    assert statistics[TRUE][name](ALL) == pytest.approx(0, abs=1e-6)
    assert statistics[SILENCE][name](ALL) > 0 and statistics[NOISE][name](ALL) > 0


def test_the_own_vocal_is_found_for_true_and_by_chance_for_silence(statistics) -> None:
    own, foreign = (statistics[system]["retrieval"](ALL) for system in (TRUE, MISMATCHED))
    assert own > foreign
    assert statistics[SILENCE]["retrieval"](ALL) == pytest.approx(1 / SONGS)
    chance = np.mean(1 / np.arange(1, SONGS + 1))
    assert statistics[SILENCE]["reciprocal_rank"](ALL) == pytest.approx(chance)


def test_diversity_is_of_the_generated_accompaniments_only(statistics) -> None:
    """They are the true accompaniment for one seed and noise for the other."""
    assert statistics[GENERATED]["diversity"](ALL) > 0.5
    assert all("diversity" not in statistics[system] for system in SYSTEMS[1:])


def test_a_statistic_uses_only_the_songs_it_is_given(statistics) -> None:
    retrieval = statistics[GENERATED]["retrieval"]
    single = [retrieval(np.array([song])) for song in ALL]
    assert retrieval(ALL) == pytest.approx(np.mean(single))
    assert len(set(single)) > 1
