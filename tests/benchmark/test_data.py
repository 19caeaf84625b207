import pytest

from samuel_gen.benchmark import data


def test_crops_of_rendered_songs_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    stages: list[str] = []
    monkeypatch.setattr(data, "SONG_SECONDS", 12.0)
    (row,) = data.measure_loading(1, stages.append)
    assert row.unit == "clips/s" and row.median > 100
    assert stages == ["rendering songs to load"]
