from pathlib import Path

import pytest

from samuel_gen.codecs.oobleck import OobleckCodec
from samuel_gen.codecs.pretrained import CONFIG, WEIGHTS, pretrained_file
from samuel_gen.errors import SamuelError

MODEL = "stabilityai/stable-audio-open-1.0"


@pytest.fixture
def hub(monkeypatch):
    """Stands for the hub: `refusing(error)` or `giving(folder)` decides what a download does."""
    import huggingface_hub

    class Hub:
        asked = []

        def refusing(self, error: BaseException) -> None:
            def download(*_arguments, **_options):
                raise error

            monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)

        def giving(self, folder: Path) -> None:
            def download(model: str, path: str, revision: str | None = None) -> str:
                self.asked.append((model, path, revision))
                return str(folder / path)

            monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)

    return Hub()


def refused_with(status: int, kind: str) -> BaseException:
    """An error of the hub as its client raises it."""
    from huggingface_hub import errors

    class Response:
        status_code, headers, request, text = status, {}, None, ""

    return getattr(errors, kind)("line one\nline two", response=Response())


def line(hub) -> str:
    codec = OobleckCodec(MODEL, "stable_audio_open")
    with pytest.raises(SamuelError) as caught:
        _ = codec.channels
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_gated_model_says_what_to_accept(hub):
    hub.refusing(refused_with(403, "GatedRepoError"))
    words = line(hub)
    assert f"https://huggingface.co/{MODEL}" in words and "`hf auth login`" in words
    assert f"codec.pretrained=FOLDER with {CONFIG} and {WEIGHTS}" in words


def test_an_unknown_model_says_where_it_was_looked_for(hub):
    hub.refusing(refused_with(404, "RepositoryNotFoundError"))
    words = line(hub)
    assert "neither a folder here nor a model" in words and "codec.pretrained=FOLDER" in words


@pytest.mark.parametrize("kind", ["LocalEntryNotFoundError", "OfflineModeIsEnabled"])
def test_without_a_network_says_where_to_put_the_files(hub, kind):
    from huggingface_hub import errors

    hub.refusing(getattr(errors, kind)("cannot connect"))
    words = line(hub)
    assert "cannot be reached" in words and "codec.pretrained=FOLDER" in words


def test_a_model_without_the_file_says_which(hub):
    from huggingface_hub import errors

    hub.refusing(errors.EntryNotFoundError("404"))
    assert f"no vae/{CONFIG} in it" in line(hub)


def test_an_unknown_revision_is_named(hub):
    hub.refusing(refused_with(404, "RevisionNotFoundError"))
    with pytest.raises(SamuelError, match="no revision v9 on the hub"):
        pretrained_file(MODEL, "vae", CONFIG, "v9")


def test_another_failure_is_told_in_one_line(hub):
    hub.refusing(OSError("no space left\non device"))
    assert "no space left on device" in line(hub)


def test_the_hubs_client_itself_reports_being_offline(monkeypatch, tmp_path):
    """No stand-in here: the client, an empty cache, and no permission to go out."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(SamuelError, match="cannot be reached"):
        pretrained_file(MODEL, "vae", CONFIG)


def test_the_hub_is_asked_for_the_file_in_its_subfolder(hub, tmp_path):
    hub.giving(tmp_path)
    assert pretrained_file(MODEL, "vae", WEIGHTS, "v1") == tmp_path / "vae" / WEIGHTS
    assert pretrained_file(MODEL, None, CONFIG) == tmp_path / CONFIG
    assert hub.asked[-2:] == [(MODEL, f"vae/{WEIGHTS}", "v1"), (MODEL, CONFIG, None)]


def test_a_folder_comes_before_the_hub(hub, tmp_path, monkeypatch):
    hub.refusing(AssertionError("the hub was asked"))
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "owner" / "model" / "vae" / CONFIG
    place.parent.mkdir(parents=True)
    place.touch()
    assert pretrained_file("owner/model", "vae", CONFIG).resolve() == place


@pytest.mark.parametrize("name", ["/no/such", "./vae", "vae", "a/b/c", "../vae", "~/no/vae"])
def test_a_path_is_not_looked_for_on_the_hub(hub, name):
    hub.refusing(AssertionError("the hub was asked"))
    with pytest.raises(SamuelError, match="no such folder"):
        pretrained_file(name, "vae", CONFIG)
