"""Separation with Hybrid Demucs: the stems, the weights, and the errors without them."""

from urllib.error import URLError

import pytest
import torch
import torchaudio
from torchaudio.models import HDemucs

from samuel_gen.audio import separation
from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.audio.separation import HybridDemucs, Separator
from samuel_gen.errors import SamuelError

RATE = 44_100
SOURCES = ["drums", "bass", "other", "vocals"]


def noise(samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(0))


def small_network() -> HDemucs:
    torch.manual_seed(0)
    return HDemucs(SOURCES, channels=8, nfft=1024, depth=5)


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Random weights of a small network of the same class, which replaces the large one."""
    monkeypatch.setattr(separation, "_build_network", small_network)
    network = small_network()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    torch.save(network.state_dict(), tmp_path / "small.pt")
    return tmp_path / "small.pt"


def test_the_stems_are_those_of_the_network(weights):
    separator = HybridDemucs(weights, "cpu", segment_seconds=0.5, overlap_seconds=0.1)
    assert isinstance(separator, Separator)
    separator.prepare()
    mixture = MemoryRecording(noise(round(0.5 * 48_000)), 48_000)
    ((vocal, accompaniment),) = separator.separate(mixture)
    network = small_network()
    network.load_state_dict(torch.load(weights, weights_only=True))
    (sound,) = mixture.blocks(RATE)
    scale = sound.mean(0).std()
    with torch.no_grad():
        stems = dict(zip(SOURCES, network.eval()((sound / scale)[None])[0] * scale, strict=True))
    assert vocal.shape == accompaniment.shape == sound.shape
    assert vocal.std() > 1e-3
    tolerance = 1e-3 * float(vocal.std())
    torch.testing.assert_close(vocal, stems["vocals"], atol=tolerance, rtol=1e-3)
    truth = stems["drums"] + stems["bass"] + stems["other"]
    torch.testing.assert_close(accompaniment, truth, atol=3 * tolerance, rtol=1e-3)


def test_a_long_mix_is_separated_in_blocks_and_repeatably(weights):
    separator = HybridDemucs(weights, "cpu", segment_seconds=0.3, overlap_seconds=0.05)
    mixture = MemoryRecording(noise(RATE), RATE)
    first, again = (list(separator.separate(mixture)) for _ in range(2))
    assert len(first) == 4
    for part in range(2):
        one, other = (torch.cat([both[part] for both in run], dim=-1) for run in (first, again))
        assert one.shape == (2, RATE) and torch.isfinite(one).all()
        assert torch.equal(one, other)


def test_silence_stays_finite(weights):
    separator = HybridDemucs(weights, "cpu", segment_seconds=0.3, overlap_seconds=0.05)
    for vocal, accompaniment in separator.separate(MemoryRecording(torch.zeros(2, 1_000), RATE)):
        assert torch.isfinite(vocal).all() and torch.isfinite(accompaniment).all()
        assert vocal.shape == (2, 1_000)


def test_network_and_weights_are_those_of_torchaudios_bundle():
    """The bundle gives them only with its own download, so that its private fields are read here.

    If this fails, torchaudio has moved the weights or changed the network.
    """
    bundle = torchaudio.pipelines.HDEMUCS_HIGH_MUSDB_PLUS
    assert bundle._model_path == separation._WEIGHTS
    assert bundle._model_factory_func.func is torchaudio.models.hdemucs_high
    assert bundle._model_factory_func.keywords == {"sources": separation._STEMS}
    assert bundle.sample_rate == HybridDemucs.sample_rate
    assert isinstance(separation._build_network(), HDemucs)


def test_the_repr_depends_on_what_decides_the_stems(tmp_path):
    plain = HybridDemucs()
    assert "hdemucs_high_trained.pt" in repr(plain)
    assert repr(plain) == repr(HybridDemucs(tmp_path / "hdemucs_high_trained.pt", device="cuda"))
    others = [HybridDemucs("x.pt"), HybridDemucs(segment_seconds=8.0)]
    assert len({repr(separator) for separator in [plain, *others]}) == 3
    with pytest.raises(SamuelError, match="at most half"):
        HybridDemucs(segment_seconds=1.0, overlap_seconds=0.6)


def test_weights_in_torchs_cache_are_found(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    place = tmp_path / "torchaudio" / "models" / "hdemucs_high_trained.pt"
    place.parent.mkdir(parents=True)
    weights.rename(place)
    HybridDemucs().prepare()


def test_missing_weights_give_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    requests = []

    def offline(address, path):
        requests.append((address, path))
        raise URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    with pytest.raises(SamuelError, match="could not be downloaded .Name or service") as caught:
        HybridDemucs().prepare()
    ((address, path),) = requests
    assert address == "https://download.pytorch.org/torchaudio/models/hdemucs_high_trained.pt"
    assert path == str(tmp_path / "torchaudio" / "models" / "hdemucs_high_trained.pt")
    for part in (address, path, "source.separator.weights=FILE"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_without_the_right_weights_give_one_line(weights, tmp_path):
    torch.save({"mask": torch.zeros(3)}, tmp_path / "other.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    (tmp_path / "words.pt").write_text("words")
    (tmp_path / "empty.pt").touch()
    (tmp_path / "cut.pt").write_bytes(weights.read_bytes()[:5_000])
    for name in ("other.pt", "list.pt", "words.pt", "empty.pt", "cut.pt"):
        with pytest.raises(SamuelError, match=f"{name}: not the weights of Hybrid") as caught:
            HybridDemucs(tmp_path / name).prepare()
        assert "\n" not in str(caught.value)
    with pytest.raises(SamuelError, match="gone.pt: no such file"):
        HybridDemucs(tmp_path / "gone.pt").prepare()
