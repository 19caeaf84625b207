import json

from samuel_gen.corpus.__main__ import main


def test_command_writes_a_song(tmp_path, capsys):
    folder = tmp_path / "song"
    assert main(["3", "--output", str(folder), "--seconds", "4"]) == 0
    names = {path.name for path in folder.iterdir()}
    assert names == {"vocals.wav", "accompaniment.wav", "score.json", "score.mid"}
    score = json.loads((folder / "score.json").read_text())
    assert score["seed"] == 3 and score["style"] in capsys.readouterr().out


def test_command_refuses_full_folders_and_bad_seeds(tmp_path, capsys):
    (tmp_path / "file").touch()
    for output in (tmp_path, tmp_path / "file"):
        assert main(["3", "--output", str(output)]) == 2
        assert "is not an empty folder" in capsys.readouterr().err
    assert main(["-1", "--output", str(tmp_path / "song")]) == 2
    assert "negative" in capsys.readouterr().err and not (tmp_path / "song").exists()
