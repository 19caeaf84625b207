import numpy as np

from samuel_gen.corpus.form import draw_sections


def _draw(seed: int, bars: int = 40, has_intro: bool = True):
    return draw_sections(bars, 2.0, has_intro, np.random.default_rng(seed))


def test_sections_follow_each_other_through_all_bars():
    for seed in range(50):
        at = 0
        for section in _draw(seed, bars=seed + 1):
            assert section.first_bar == at and section.bars > 0
            assert 0 <= section.energy <= 1
            at += section.bars
        assert at == seed + 1


def test_intro_is_first_and_only_where_it_is_wanted_and_fits():
    for seed in range(20):
        names = [section.name for section in _draw(seed)]
        assert names[0] == "intro" and "intro" not in names[1:]
        assert all(section.name != "intro" for section in _draw(seed, has_intro=False))
        assert all(section.name != "intro" for section in _draw(seed, bars=6))


def test_choruses_are_livelier_than_verses():
    energy = {name: [] for name in ("intro", "outro", "bridge", "verse", "chorus")}
    for seed in range(50):
        for section in _draw(seed):
            energy[section.name].append(section.energy)
    assert min(energy["chorus"]) > np.mean(energy["verse"])
