from pathlib import Path

import pytest

from samuel_gen.codecs.oobleck import OobleckCodec
from samuel_gen.codecs.pretrained import CONFIG, WEIGHTS, find_pretrained_file
from samuel_gen.errors import SamuelError

MODEL = "stabilityai/stable-audio-open-1.0"


@pytest.fixture
def hub(monkeypatch):
    """A stand-in for the hub, whose downloads follow `fail_with(error)` or `serve(folder)`."""
    import huggingface_hub

    class Hub:
        requests = []

        def fail_with(self, error: BaseException) -> None:
            def download(*_arguments, **_options):
                raise error

            monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)

        def serve(self, folder: Path) -> None:
            def download(model: str, path: str, revision: str | None = None) -> str:
                self.requests.append((model, path, revision))
                return str(folder / path)

            monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)

    return Hub()


def hub_error(status: int, kind: str) -> BaseException:
    """An error of the hub, as its client raises it."""
    from huggingface_hub import errors

    class Response:
        status_code, headers, request, text = status, {}, None, ""

    return getattr(errors, kind)("line one\nline two", response=Response())


def read_error(hub) -> str:
    """The one-line error of a codec whose download fails."""
    codec = OobleckCodec(MODEL, "stable_audio_open")
    with pytest.raises(SamuelError) as caught:
        _ = codec.channels
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_gated_model_names_the_licence_page(hub):
    hub.fail_with(hub_error(403, "GatedRepoError"))
    error = read_error(hub)
    assert f"https://huggingface.co/{MODEL}" in error and "`hf auth login`" in error
    assert f"codec.pretrained to a folder with {CONFIG} and {WEIGHTS}" in error


def test_unknown_model_is_an_error(hub):
    hub.fail_with(hub_error(404, "RepositoryNotFoundError"))
    error = read_error(hub)
    assert "neither a local folder nor a model" in error and "codec.pretrained to a folder" in error


@pytest.mark.parametrize("kind", ["LocalEntryNotFoundError", "OfflineModeIsEnabled"])
def test_unreachable_hub_suggests_a_folder(hub, kind):
    from huggingface_hub import errors

    hub.fail_with(getattr(errors, kind)("cannot connect"))
    error = read_error(hub)
    assert "cannot be reached" in error and "codec.pretrained to a folder" in error


def test_missing_file_is_named(hub):
    from huggingface_hub import errors

    hub.fail_with(errors.EntryNotFoundError("404"))
    assert f"no vae/{CONFIG} in this model" in read_error(hub)


def test_unknown_revision_is_named(hub):
    hub.fail_with(hub_error(404, "RevisionNotFoundError"))
    with pytest.raises(SamuelError, match="no revision v9 on the hub"):
        find_pretrained_file(MODEL, "vae", CONFIG, "v9")


def test_other_failures_get_one_read_error(hub):
    hub.fail_with(OSError("no space left\non device"))
    assert "no space left on device" in read_error(hub)


def test_real_client_reports_being_offline(monkeypatch, tmp_path):
    """This uses the real client, with an empty cache and in offline mode."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(SamuelError, match="cannot be reached"):
        find_pretrained_file(MODEL, "vae", CONFIG)


def test_file_is_requested_in_its_subfolder(hub, tmp_path):
    hub.serve(tmp_path)
    assert find_pretrained_file(MODEL, "vae", WEIGHTS, "v1") == tmp_path / "vae" / WEIGHTS
    assert find_pretrained_file(MODEL, None, CONFIG) == tmp_path / CONFIG
    assert hub.requests[-2:] == [(MODEL, f"vae/{WEIGHTS}", "v1"), (MODEL, CONFIG, None)]


def test_local_folder_takes_precedence(hub, tmp_path, monkeypatch):
    hub.fail_with(AssertionError("the hub was called"))
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "owner" / "model" / "vae" / CONFIG
    place.parent.mkdir(parents=True)
    place.touch()
    assert find_pretrained_file("owner/model", "vae", CONFIG).resolve() == place


@pytest.mark.parametrize("name", ["/no/such", "./vae", "vae", "a/b/c", "../vae", "~/no/vae"])
def test_path_is_never_requested_from_the_hub(hub, name):
    hub.fail_with(AssertionError("the hub was called"))
    with pytest.raises(SamuelError, match="no such folder"):
        find_pretrained_file(name, "vae", CONFIG)
