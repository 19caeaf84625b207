import numpy as np
import pytest

from samuel_gen.corpus.drums import DRUMS
from samuel_gen.corpus.plan import plan_song
from samuel_gen.corpus.styles.catalogue import (
    CORE_STYLES,
    STYLES,
    UNHEARD_STYLES,
    find_styles,
)
from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.style import STYLES as STYLE_NAMES


def test_unheard_styles_share_no_progression_with_others():
    known = {p for style in STYLES for p in style.major + style.minor}
    for style in UNHEARD_STYLES:
        assert not known & set(style.major + style.minor), style.name
        assert style.name not in {other.name for other in STYLES}
    plans = [plan_song(s, 24.0, np.random.default_rng(s), UNHEARD_STYLES) for s in range(3)]
    assert {plan.style.name for plan in plans} == {style.name for style in UNHEARD_STYLES}


def test_names_are_unique_and_all_drums_exist():
    styles = STYLES + UNHEARD_STYLES
    assert len({style.name for style in styles}) == len(styles)
    for style in styles:
        for groove in style.calm_grooves + style.lively_grooves:
            assert {drum for drum, _ in groove.strokes} <= set(DRUMS), style.name


def test_lead_sheets_name_the_styles_of_the_catalogue_in_its_order():
    assert tuple(style.name for style in STYLES) == STYLE_NAMES


def test_styles_are_found_by_name() -> None:
    assert find_styles("core") == CORE_STYLES and find_styles("all") == STYLES
    assert [style.name for style in find_styles(["jig", "pop"])] == ["jig", "pop"]
    assert [style.name for style in find_styles("waltz")] == ["waltz"]


@pytest.mark.parametrize("names, said", [("polka", "polka"), (["pop", "tango"], "tango"), (3, "3")])
def test_an_unknown_style_is_named(names: object, said: str) -> None:
    with pytest.raises(SamuelError, match=f"source.styles: {said} is not a style; choose core"):
        find_styles(names)
    with pytest.raises(SamuelError, match="an empty list is not a style"):
        find_styles([])
