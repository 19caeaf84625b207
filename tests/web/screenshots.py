"""Takes the screenshots of docs/page.md: `python -m tests.web.screenshots`."""

import tempfile
from pathlib import Path
from typing import Any

from tests.web import browsing
from tests.web.browsing import ROOT, TAKE

IMAGES = ROOT / "docs" / "images"
DESK = {"width": 820, "height": 700}
PHONE = {"width": 375, "height": 760}


def shoot(page: Any, name: str, full: bool = True) -> None:
    """Write one screenshot."""
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(400)
    page.screenshot(path=IMAGES / f"page_{name}.png", full_page=full)


def main() -> None:
    """Walk through the page with the vocal of the README."""
    with (
        tempfile.TemporaryDirectory() as folder,
        browsing.run_browser(browsing.write_vocal(Path(folder, "take.wav"))) as browser,
        browsing.run_server(Path(folder, "sessions")) as address,
        browsing.open_page(browser, address, viewport=DESK) as page,
    ):
        page.locator("#limits:not(:empty)").wait_for()
        shoot(page, "empty")
        browsing.choose_file(page, TAKE)
        page.locator("#summary-tempo").click()
        shoot(page, "sheet")
        page.get_by_role("button", name="Half as fast").click()
        page.locator("#summary-tempo", has_text="given by you").wait_for()
        page.locator("#summary-tempo").click()
        page.get_by_label("Results").select_option("2")
        browsing.generate(page, 1)
        page.get_by_text("Regenerate a part").click()
        page.get_by_label("From, in seconds").fill("5")
        page.get_by_label("To, in seconds").fill("9.5")
        page.get_by_label("To, in seconds").press("Tab")
        page.locator("#position").fill("3")
        shoot(page, "results")
        page.emulate_media(color_scheme="dark")
        page.locator("button.bar").nth(3).click()
        shoot(page, "dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)
        page.reload()
        browsing.wait_for_result(page, 2)
        browsing.wait_for_sound(page)
        shoot(page, "phone")


if __name__ == "__main__":
    main()
