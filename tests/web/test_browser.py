"""The way of a singer, from the microphone to the files, in headless Chromium.

Each test opens the page of a real `samuel-web` with the bundled checkpoint.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.web import browsing
from tests.web.browsing import SECONDS, choose_file, fetch_sound, generate, make_result

CHORD = "Gb"  # far from the key of the recording
PITCH_CLASSES = (6, 10, 1)


def record(tab: Any, seconds: int) -> None:
    """Record for some seconds from the first recorded sample on."""
    tab.get_by_role("button", name="Record", exact=True).click()
    browsing.wait_for_recording(tab, seconds)
    tab.get_by_role("button", name="Stop", exact=True).click()
    tab.get_by_role("heading", name="Lead sheet").wait_for()
    browsing.wait_for_sound(tab)


def set_in_row(tab: Any, row: str, act: Any) -> None:
    """Open a row of the sheet, act in it, and wait until the sheet has been found anew."""
    summary = tab.locator(f"#summary-{row}")
    if not tab.locator(f"#row-{row}").evaluate("(row) => row.open"):
        summary.click()
    with tab.expect_response(lambda answer: answer.url.endswith("/given")) as answer:
        act(tab.locator(f"#row-{row}"))
    assert answer.value.ok, answer.value.text()
    tab.locator("#sheet-block:not([aria-busy])").wait_for()


def share_of_chord(sound: np.ndarray, rate: int, start: float, stop: float) -> float:
    """The share of the power on the chord's tones, from 100 to 1000 Hz."""
    mono = sound.mean(axis=1)[int(start * rate) : int(stop * rate)]
    power = np.abs(np.fft.rfft(mono * np.hanning(len(mono)))) ** 2
    frequencies = np.fft.rfftfreq(len(mono), 1 / rate)
    band = (frequencies > 100) & (frequencies < 1000)
    classes = np.round(12 * np.log2(frequencies[band] / 440) + 9) % 12
    return float(power[band][np.isin(classes, PITCH_CLASSES)].sum() / power[band].sum())


def test_from_the_microphone_to_the_files(tab: Any, tmp_path: Path) -> None:
    tab.get_by_text("Count-in and click").click()
    tab.get_by_label("Tempo", exact=True).fill("155")
    assert tab.get_by_label("Play a click").is_checked()
    record(tab, 4)
    given = browsing.read_session(tab)["given"]
    assert float(given["tempo"]) == 155
    assert "given by you" in tab.locator("#summary-tempo").inner_text()

    generate(tab)
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Download all as ZIP").click()
    download.value.save_as(tmp_path / "all.zip")
    archive, recipe = browsing.open_zip(tmp_path / "all.zip")
    session = browsing.read_session(tab)
    assert session["seconds"] > 3.5
    names = {Path(name).name for name in archive.namelist()}
    assert {"arrangement.mid", "lead_sheet.txt", "click.wav"} <= names
    for name in ("mix.wav", "accompaniment.wav"):
        (member,) = [
            each for each in archive.namelist() if each.endswith(f"/{name}") or each == name
        ]
        with archive.open(member) as file:
            sound, rate = soundfile.read(file)
        assert abs(len(sound) / rate - session["seconds"]) < 1e-3
        assert np.isfinite(sound).all()
        assert np.sqrt((sound**2).mean()) > 0.003
    assert recipe["recipe"]["seeds"] == [session["results"][0]["seed"]]

    tab.get_by_text("Single files").click()
    for text, signature in (("Mix, FLAC", b"fLaC"), ("Tempo, chords", b"MThd"), ("Click", b"RIFF")):
        with tab.expect_download() as download:
            tab.get_by_role("link", name=text).click()
        assert Path(download.value.path()).read_bytes().startswith(signature), text


def test_the_browser_shows_the_level_and_the_time_while_it_records(tab: Any) -> None:
    tab.get_by_role("button", name="Record", exact=True).click()
    browsing.wait_for_recording(tab, 1)
    tab.locator("#level-words", has_text="Good level.").wait_for()
    assert float(tab.locator("#level").evaluate("(meter) => meter.value")) > -60
    tab.get_by_role("button", name="Stop", exact=True).click()
    tab.get_by_role("heading", name="Lead sheet").wait_for()
    assert browsing.read_session(tab)["given"].get("tempo") is None


def test_a_changed_chord_changes_what_is_generated(tab: Any, take: Path) -> None:
    choose_file(tab, take)
    before = fetch_sound(tab, make_result(tab, {"seed": 1}))
    bar = next(each for each in browsing.read_session(tab)["sheet"]["bars"] if each["number"] == 2)
    tab.locator("#bar-2").click()
    tab.get_by_label("Chords of this bar").fill(CHORD)
    tab.get_by_label("Chords of this bar").press("Enter")
    tab.locator("#bar-2", has_text="given").wait_for()
    assert tab.locator("#bar-2").get_attribute("aria-label").endswith(f"{CHORD}, given by you")
    assert tab.locator("#bar-2").evaluate("(bar) => bar === document.activeElement")

    after = fetch_sound(tab, make_result(tab, {"seed": 1}))
    share = [share_of_chord(*sound, bar["start"], bar["end"]) for sound in (before, after)]
    assert share[1] > share[0] + 0.2, share

    tab.get_by_role("button", name="Undo").click()
    tab.get_by_role("button", name="Undo").click()
    tab.locator("#bar-2:not(.given)").wait_for()


def test_the_alternatives_of_a_chord_are_offered_first(tab: Any, take: Path) -> None:
    choose_file(tab, take)
    doubtful = tab.locator(".bar[id]").all()
    for bar in doubtful:
        bar.click()
        offers = tab.get_by_role("group", name="Next best chords").get_by_role("button")
        if offers.count():
            break
    chord = offers.first.inner_text()
    offers.first.click()
    tab.locator(".bar.given").wait_for()
    assert tab.locator(".bar.given .chord").first.inner_text() == chord
    tab.locator(".bar.given").first.click()
    tab.get_by_role("button", name="Estimate again").click()
    tab.locator("#bars:not(:has(.given))").wait_for()


def test_everything_of_the_sheet_can_be_given_and_taken_back(tab: Any, take: Path) -> None:
    choose_file(tab, take)
    found = browsing.read_session(tab)["sheet"]
    set_in_row(tab, "tempo", lambda row: row.get_by_role("button", name="Half as fast").click())
    assert browsing.read_session(tab)["sheet"]["tempo"] == pytest.approx(
        found["tempo"] / 2, rel=0.02
    )
    set_in_row(tab, "tempo", lambda row: row.get_by_role("button", name="Twice as fast").click())
    assert browsing.read_session(tab)["sheet"]["tempo"] == found["tempo"]
    set_in_row(
        tab,
        "key",
        lambda row: (
            row.get_by_label("Key", exact=True).select_option("G major"),
            row.get_by_role("button", name="Set").click(),
        ),
    )
    set_in_row(
        tab,
        "meter",
        lambda row: (
            row.get_by_label("Meter", exact=True).select_option("3/4"),
            row.get_by_role("button", name="Set").click(),
        ),
    )
    set_in_row(
        tab,
        "style",
        lambda row: (
            row.get_by_label("Style", exact=True).select_option("reggae"),
            row.get_by_role("button", name="Set").click(),
        ),
    )
    set_in_row(tab, "bar_1_at", lambda row: row.get_by_role("button", name="A beat later").click())
    sheet = browsing.read_session(tab)["sheet"]
    assert (sheet["key"], sheet["meter"], sheet["style"]) == ("G major", "3/4", "reggae")
    for row in ("key", "meter", "bar_1_at"):
        set_in_row(
            tab, row, lambda opened: opened.get_by_role("button", name="Estimate again").click()
        )
    set_in_row(tab, "style", lambda row: row.get_by_role("button", name="Take it back").click())
    assert browsing.read_session(tab)["sheet"] == found


def test_taps_give_a_tempo(tab: Any, take: Path) -> None:
    choose_file(tab, take)
    tab.locator("#summary-tempo").click()
    tap = tab.get_by_role("button", name="Tap along")
    for _ in range(6):
        tap.click()
        tab.wait_for_timeout(500)
    tapped = float(tab.get_by_label("Beats per minute").input_value())
    assert 60 < tapped < 120  # 120 if the machine were idle
    set_in_row(tab, "tempo", lambda row: row.get_by_role("button", name="Set").click())
    assert browsing.read_session(tab)["sheet"]["tempo"] == pytest.approx(tapped)


def test_bar_1_can_be_dragged(tab: Any, take: Path) -> None:
    choose_file(tab, take)
    before = browsing.read_session(tab)["sheet"]["bar_1_at"]
    wave = tab.locator("#wave").bounding_box()
    scale = wave["width"] / SECONDS
    tab.mouse.move(wave["x"] + before * scale + 1, wave["y"] + 50)
    tab.mouse.down()
    tab.mouse.move(wave["x"] + before * scale + 8, wave["y"] + 50, steps=4)
    with tab.expect_response(lambda answer: answer.url.endswith("/given")):
        tab.mouse.up()
    tab.locator("#sheet-block:not([aria-busy])").wait_for()
    given = browsing.read_session(tab)["given"]["bar_1_at"]
    assert given - before == pytest.approx(7 / scale, abs=3 / scale)


def test_a_range_is_regenerated_and_the_rest_stays(tab: Any, take: Path) -> None:
    choose_file(tab, take)
    generate(tab)
    tab.get_by_text("Regenerate a part").click()
    tab.get_by_label("From, in seconds").fill("3")
    tab.get_by_label("To, in seconds").fill("5")
    tab.get_by_role("button", name="Regenerate").click()
    browsing.wait_for_result(tab, 2)
    (old, rate), (new, _) = (fetch_sound(tab, number) for number in (1, 2))
    changed = np.flatnonzero(np.abs(old - new).max(axis=1) > 0) / rate
    assert 3 - 0.06 < changed.min() < 3.5 and 4.5 < changed.max() < 5 + 0.06
    assert tab.get_by_text("3.0 to 5.0 s anew from result 1").is_visible()

    tab.get_by_role("button", name="Undo").click()
    tab.get_by_role("radio", name="Result 2").wait_for(state="detached")
    browsing.wait_for_result(tab, 1)


def test_a_range_can_be_dragged_over_the_waveform(tab: Any, take: Path) -> None:
    choose_file(tab, take)
    make_result(tab, {"sampler": "fast"})
    tab.reload()
    browsing.wait_for_result(tab, 1)
    wave = tab.locator("#wave").bounding_box()
    scale = wave["width"] / SECONDS
    tab.mouse.move(wave["x"] + 4 * scale, wave["y"] + 60)
    tab.mouse.down()
    tab.mouse.move(wave["x"] + 6 * scale, wave["y"] + 60, steps=5)
    tab.mouse.up()
    times = [float(tab.get_by_label(name).input_value()) for name in ("From, in", "To, in")]
    assert times == pytest.approx([4, 6], abs=0.1)


def test_a_range_that_is_none_is_refused_beside_its_fields(tab: Any, take: Path) -> None:
    choose_file(tab, take)
    make_result(tab, {"sampler": "fast"})
    tab.reload()
    browsing.wait_for_result(tab, 1)
    tab.get_by_text("Regenerate a part").click()
    tab.get_by_label("From, in seconds").fill("5")
    tab.get_by_label("To, in seconds").fill("three")
    tab.get_by_role("button", name="Regenerate").click()
    assert "two times in seconds" in tab.locator("#range-error").inner_text()


def test_cancelling_leaves_nothing_behind(tab: Any, take: Path, sessions: Path) -> None:
    choose_file(tab, take)
    tab.get_by_label("Results").select_option("4")
    tab.get_by_role("button", name="Generate", exact=True).click()
    tab.locator(
        "#job-words", has_text=re.compile(r"Generating: \d+ %, about \d+ s left")
    ).wait_for()
    tab.get_by_role("button", name="Cancel").click()
    tab.locator("#job").wait_for(state="hidden")
    tab.locator("#generate:not([aria-disabled])").wait_for()
    session = browsing.read_session(tab)
    results = {str(result["number"]) for result in session["results"]}
    on_disk = {path.name for path in (sessions / session["id"] / "results").iterdir()}
    assert len(results) < 4 and on_disk == results


def test_a_reload_picks_up_the_job(tab: Any, take: Path) -> None:
    choose_file(tab, take)
    tab.get_by_label("Results").select_option("2")
    tab.get_by_role("button", name="Generate", exact=True).click()
    tab.locator("#job").wait_for()
    tab.reload()
    tab.locator("#job").wait_for()
    tab.get_by_role("radio", name="Result 2").wait_for()
    assert len(browsing.read_session(tab)["results"]) == 2


def test_two_tabs_wait_for_each_other_and_both_finish(tab: Any, take: Path) -> None:
    other = tab.context.new_page()
    other.goto(tab.url)
    for each in (tab, other):
        choose_file(each, take)
    tab.get_by_label("Results").select_option("2")
    for each in (tab, other):
        each.bring_to_front()
        each.get_by_role("button", name="Generate", exact=True).click()
    other.locator("#job-words", has_text="Waiting: 1 before this one").wait_for()
    browsing.wait_for_result(other, 1)
    browsing.wait_for_result(tab, 1)
    assert browsing.read_session(tab)["id"] != browsing.read_session(other)["id"]


def test_levels_act_while_it_plays_and_another_result_keeps_the_position(
    tab: Any, take: Path
) -> None:
    choose_file(tab, take)
    make_result(tab, {"results": 2, "sampler": "fast"})
    tab.reload()
    browsing.wait_for_sound(tab)
    browsing.wait_for_result(tab, 2)
    tab.get_by_role("button", name="Play", exact=True).click()
    tab.get_by_text("Levels").click()
    tab.get_by_role("slider", name="Vocal").fill("-12")
    read = "window.samuel.player"
    tab.wait_for_timeout(200)
    assert tab.evaluate(f"{read}.gains.vocal.gain.value / {read}.headroom") == pytest.approx(
        10 ** (-12 / 20), rel=0.05
    )
    tab.get_by_role("radio", name="Accompaniment").check()
    tab.wait_for_timeout(200)
    assert tab.evaluate(f"{read}.gains.vocal.gain.value") < 0.01
    position = tab.evaluate(f"{read}.position")
    tab.get_by_role("radio", name="Result 1").check()
    browsing.wait_for_result(tab, 1)
    assert tab.evaluate(f"{read}.isPlaying")
    assert position < tab.evaluate(f"{read}.position") < SECONDS
    tab.get_by_role("button", name="Pause").click()


def test_recordings_are_listed_and_deleted_with_a_question(tab: Any, take: Path) -> None:
    choose_file(tab, take)
    session = browsing.read_session(tab)["id"]
    tab.get_by_role("link", name="All recordings").click()
    row = tab.locator(f"li:has(#open-{session})")
    row.get_by_role("button", name="Delete").click()
    tab.get_by_role("dialog").get_by_role("button", name="Keep").click()
    row.get_by_role("link").click()
    tab.get_by_role("button", name="Delete this recording").click()
    tab.get_by_role("dialog").get_by_role("button", name="Delete").click()
    tab.get_by_role("heading", name="Sing, and get an accompaniment").wait_for()
    tab.locator(f"#open-{session}").wait_for(state="detached")


def test_a_file_that_is_no_recording_is_refused_in_plain_words(tab: Any, tmp_path: Path) -> None:
    letter = tmp_path / "letter.wav"
    letter.write_text("Dear Sir")
    tab.get_by_label("Or choose a recording").set_input_files(letter)
    error = tab.locator("#start-error")
    error.wait_for()
    assert "letter.wav" in error.inner_text() and "\n" not in error.inner_text()


def test_a_wrong_chord_and_a_wrong_tempo_are_refused_where_they_were_typed(
    tab: Any, take: Path
) -> None:
    choose_file(tab, take)
    tab.locator("#bar-1").click()
    tab.get_by_label("Chords of this bar").fill("H7")
    tab.get_by_label("Chords of this bar").press("Enter")
    tab.locator("#chord-error", has_text="H7").wait_for()
    tab.keyboard.press("Escape")
    tab.locator("#summary-tempo").click()
    tab.get_by_label("Beats per minute").fill("quick")
    tab.get_by_label("Beats per minute").press("Enter")
    tab.locator("#sheet-error", has_text="quick").wait_for()


def test_a_recording_that_cannot_be_sent_is_kept_and_sent_again(tab: Any) -> None:
    tab.route("**/api/sessions?name=*", lambda route: route.abort())
    tab.get_by_role("button", name="Record", exact=True).click()
    browsing.wait_for_recording(tab, 2)
    tab.get_by_role("button", name="Stop", exact=True).click()
    tab.locator("#start-error", has_text="The server does not answer").wait_for()
    with tab.expect_download() as download:
        tab.get_by_role("link", name="Save the recording").click()
    assert download.value.suggested_filename.endswith(".webm")
    tab.unroute_all()
    tab.get_by_role("button", name="Send it again").click()
    browsing.wait_for_sound(tab)


def test_a_microphone_that_is_refused_is_told_with_the_remedy(tab: Any) -> None:
    tab.evaluate(
        """() => {
          const refuse = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
          navigator.mediaDevices.getUserMedia = refuse;
        }"""
    )
    tab.get_by_role("button", name="Record", exact=True).click()
    tab.locator("#start-error", has_text="Allow it beside the address").wait_for()
    assert tab.get_by_role("button", name="Record", exact=True).is_enabled()
