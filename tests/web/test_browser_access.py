"""The page for everybody: axe-core on every state, a keyboard alone, and the width of a phone."""

from typing import Any

import pytest

from tests.web import browsing
from tests.web.browsing import choose_file, generate

PHONE = {"width": 375, "height": 667}
DESK = {"width": 1000, "height": 800}
LEAST_TARGET = 24  # CSS pixels, WCAG 2.2; buttons of the page have 44


def find_violations(tab: Any) -> list[str]:
    """What axe-core finds, one line for each rule and element."""
    sync_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")
    found = sync_playwright.Axe().run(tab).response["violations"]
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]


def test_axe_finds_nothing_in_any_state(chromium: Any, address: str) -> None:
    with browsing.open_page(chromium, address, viewport=DESK) as tab:
        tab.locator("#start").wait_for()

        def check(state: str) -> None:
            for size, scheme in ((DESK, "light"), (PHONE, "dark")):
                tab.set_viewport_size(size)
                tab.emulate_media(color_scheme=scheme)
                assert find_violations(tab) == [], f"{state}, {scheme}"
                width = tab.evaluate("document.documentElement.scrollWidth")
                assert width <= size["width"], f"{state} is {width} pixels wide"

        tab.get_by_text("Count-in and click").click()
        check("start")
        tab.get_by_role("button", name="Record", exact=True).click()
        browsing.wait_for_recording(tab, 2)
        check("recording")
        tab.get_by_role("button", name="Stop", exact=True).click()
        browsing.wait_for_sound(tab)
        check("sheet")
        tab.get_by_role("button", name="Generate", exact=True).click()
        tab.locator("#job").wait_for()
        check("generating")
        browsing.wait_for_result(tab, 1)
        for row in ("tempo", "key", "meter", "bar_1_at", "style"):
            tab.locator(f"#summary-{row}").click()
            check(row)
        for text in ("Levels", "Regenerate a part", "Single files"):
            tab.get_by_text(text, exact=True).click()
            check(text)
        tab.locator("button.bar").first.click()
        tab.get_by_label("Chords of this bar").fill("H7")
        tab.get_by_label("Chords of this bar").press("Enter")
        tab.locator("#chord-error", has_text="H7").wait_for()
        check("chord editor with an error")
        tab.get_by_role("button", name="Delete this recording").click()
        check("question")
        tab.get_by_role("dialog").get_by_role("button", name="Delete").click()
        tab.locator("#start").wait_for()


def test_axe_would_find_something(tab: Any) -> None:
    tab.locator("#start").wait_for()
    tab.evaluate("document.querySelector('#file').removeAttribute('id')")
    assert any("label" in violation for violation in find_violations(tab))


def test_on_a_phone_every_control_can_be_hit(chromium: Any, address: str, take: Any) -> None:
    with browsing.open_page(chromium, address, viewport=PHONE, has_touch=True) as tab:
        choose_file(tab, take)
        small = tab.evaluate(
            """(least) => [...document.querySelectorAll('button, a, input, select, summary')]
              .filter((each) => each.checkVisibility())
              .filter((each) => !['range', 'radio'].includes(each.type))
              .filter((each) => {
                const box = each.getBoundingClientRect();
                return box.height < least || box.width < least;
              }).map((each) => each.outerHTML)""",
            LEAST_TARGET,
        )
        assert small == []
        tab.locator("button.bar").first.tap()
        tab.get_by_label("Chords of this bar").wait_for()


def press_until(tab: Any, name: str) -> None:
    """Press Tab until the element of this name has the focus, which is visible."""
    for _ in range(40):
        tab.keyboard.press("Tab")
        seen = tab.evaluate(
            """() => {
              const focused = document.activeElement;
              const label = focused.labels?.[0]?.textContent;
              const outline = getComputedStyle(focused).outlineStyle;
              return [focused.getAttribute('aria-label') ?? label ?? focused.textContent, outline];
            }"""
        )
        assert seen[1] != "none", seen
        if seen[0].strip().startswith(name):
            return
    raise AssertionError(f"{name} is not reached")


def test_the_whole_way_with_the_keyboard_alone(tab: Any) -> None:
    tab.locator("#start").wait_for()
    press_until(tab, "Record")
    tab.keyboard.press("Enter")
    browsing.wait_for_recording(tab, 3)
    assert tab.evaluate("document.activeElement.id") == "record"
    tab.keyboard.press("Enter")
    browsing.wait_for_sound(tab)

    press_until(tab, "Bar 1")
    tab.keyboard.press("Enter")
    press_until(tab, "Chords of this bar")
    tab.keyboard.press("Control+a")
    tab.keyboard.type("Gm")
    tab.keyboard.press("Enter")
    tab.locator("#bar-1.given:focus").wait_for()

    press_until(tab, "Play")
    tab.keyboard.press("Space")
    assert tab.evaluate("window.samuel.player.isPlaying")
    press_until(tab, "Tempo")
    tab.keyboard.press("Enter")
    press_until(tab, "Beats per minute")
    tab.keyboard.press("Control+a")
    tab.keyboard.type("100")
    tab.keyboard.press("Enter")
    tab.locator("#summary-tempo", has_text="given by you").wait_for()

    press_until(tab, "Generate")
    tab.keyboard.press("Enter")
    browsing.wait_for_result(tab, 1)
    press_until(tab, "Download all as ZIP")
    with tab.expect_download() as download:
        tab.keyboard.press("Enter")
    _, recipe = browsing.open_zip(download.value.path())
    assert "Gm" in str(recipe["recipe"]["lead_sheet"])


def test_all_bars_are_one_stop_of_the_tab_key(tab: Any, take: Any) -> None:
    choose_file(tab, take)
    tab.locator("#summary-tempo").click()
    tab.get_by_label("Beats per minute").fill("155")
    tab.get_by_label("Beats per minute").press("Enter")
    tab.locator("#summary-tempo", has_text="given by you").wait_for()
    tab.locator("#session-title").focus()
    press_until(tab, "Bar 1")
    for key, bar in (("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("Home", 1)):
        tab.keyboard.press(key)
        assert tab.evaluate("document.activeElement.id") == f"bar-{bar}"
    tab.keyboard.press("End")
    assert tab.locator("#bars li:last-child button:focus").count() == 1
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "play"


def test_a_value_that_is_taken_leaves_the_focus_in_its_line(tab: Any, take: Any) -> None:
    choose_file(tab, take)
    tab.locator("#summary-key").click()
    offer = tab.get_by_role("group", name="Next best keys").get_by_role("button").first
    key = offer.inner_text()
    offer.press("Enter")
    tab.locator("#summary-key", has_text="given by you").wait_for()
    assert key in tab.locator("#summary-key:focus").inner_text()


def test_progress_and_the_end_are_announced(tab: Any, take: Any) -> None:
    choose_file(tab, take)
    tab.evaluate(
        """() => {
          window.announced = [];
          const note = () => window.announced.push(document.getElementById('live').textContent);
          new MutationObserver(note).observe(document.getElementById('live'), {childList: true});
        }"""
    )
    generate(tab)
    announced = tab.evaluate("window.announced")
    assert announced[0] == "Generating" and announced[-1] == "The accompaniment is ready"
    assert tab.locator("#live").get_attribute("aria-live") == "polite"
    assert tab.locator("#generate-error").get_attribute("role") == "alert"
