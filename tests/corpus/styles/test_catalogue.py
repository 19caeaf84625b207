from samuel_gen.corpus.styles.catalogue import STYLES, UNHEARD_STYLES
from samuel_gen.lead_sheet import style as lead_sheet_style


def test_lead_sheets_name_the_styles_of_the_catalogue_in_its_order():
    assert tuple(style.name for style in STYLES) == lead_sheet_style.STYLES


def test_unheard_styles_have_names_of_their_own():
    assert not {style.name for style in UNHEARD_STYLES} & set(lead_sheet_style.STYLES)
