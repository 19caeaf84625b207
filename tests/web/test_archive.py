"""Archives hold everything, and their recipes name the vocal relative to themselves."""

import io
import json
import zipfile

from tests.web.conftest import Page, sing

FILES = {"accompaniment.wav", "mix.wav", "click.wav", "arrangement.mid", "lead_sheet.txt"}


def test_a_session_is_packed_whole_and_unpacks_into_one_folder(page: Page, tmp_path) -> None:
    session = page.record(name="My song.wav")
    for seed in (1, 2):
        page.generate(session, seed=seed)
    path = f"sessions/{session['id']}/archive.zip"
    answer = page.get(path)
    assert "My%20song.zip" in answer.headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    own = {f"result_{number}/{name}" for number in (1, 2) for name in (*FILES, "generation.json")}
    assert set(archive.namelist()) == {"vocal.wav", "lead_sheet.txt", *own}
    assert archive.read("vocal.wav") == sing(4)
    assert archive.read("result_2/mix.wav") == page.fetch(session, 2, "mix.wav")
    for number in (1, 2):
        recipe = json.loads(archive.read(f"result_{number}/generation.json"))["recipe"]
        assert recipe["vocal"]["path"] == "../vocal.wav"
    temporary = page.client.app.state.studio.sessions.temporary
    assert not list(temporary.iterdir())


def test_a_result_that_does_not_exist_cannot_be_packed(page: Page) -> None:
    session = page.record()
    page.get(f"sessions/{session['id']}/results/1/archive.zip", 404)
    temporary = page.client.app.state.studio.sessions.temporary
    assert not list(temporary.iterdir())
