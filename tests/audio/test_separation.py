import math
from urllib.error import URLError

import pytest
import torch
import torchaudio
from torchaudio.models import HDemucs

from samuel_gen.audio import separation
from samuel_gen.audio.recording import Sound
from samuel_gen.audio.separation import HybridDemucs, Separator, crossfaded
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
    """Random weights of a small network of the same class, where the bundle's one is expected."""
    monkeypatch.setattr(separation, "_bundle_network", small_network)
    network = small_network()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    torch.save(network.state_dict(), tmp_path / "small.pt")
    return tmp_path / "small.pt"


@pytest.mark.parametrize("samples", [1, 3, 99, 100, 101, 190, 191, 1_000, 1_009])
def test_segments_put_together_are_what_the_whole_would_be(samples):
    sound = noise(samples)
    seen = []

    def process(window):
        seen.append(window.shape[-1])
        return torch.stack([0.3 * window, -2 * window])

    pieces = sound.split([samples // 3, samples - samples // 3], dim=-1)
    made = torch.cat(list(crossfaded(pieces, samples, process, segment=100, overlap=10)), dim=-1)
    torch.testing.assert_close(made, torch.stack([0.3 * sound, -2 * sound]))
    assert set(seen) == {100} and len(seen) == max(1, math.ceil((samples - 10) / 90))


def test_segments_fade_into_each_other():
    count = iter(range(100))

    def process(window):
        return torch.full((1, 2, window.shape[-1]), float(next(count)))

    (made,) = torch.cat(
        list(crossfaded([noise(1_000)], 1_000, process, segment=100, overlap=10)), dim=-1
    )
    steps = made.diff(dim=-1)
    assert (steps >= 0).all() and steps.max() < 0.11 and made[0, -1] == 10


def test_the_last_segment_hears_as_much_as_the_others():
    sound = noise(150)
    windows = []
    list(
        crossfaded(
            [sound], 150, lambda w: windows.append(w.clone()) or w[None], segment=100, overlap=10
        )
    )
    assert torch.equal(windows[-1], sound[:, 50:150])


def test_the_parts_of_a_mixture(weights):
    separator = HybridDemucs(weights, "cpu", segment_seconds=0.5, overlap_seconds=0.1)
    assert isinstance(separator, Separator)
    separator.prepare()
    mixture = Sound(noise(round(0.5 * 48_000)), 48_000)
    ((vocal, band),) = separator.separate(mixture)
    network = small_network()
    network.load_state_dict(torch.load(weights, weights_only=True))
    (heard,) = mixture.blocks(RATE)
    level = heard.mean(0).std()
    with torch.no_grad():
        stems = dict(zip(SOURCES, network.eval()((heard / level)[None])[0] * level, strict=True))
    assert vocal.shape == band.shape == heard.shape
    assert vocal.std() > 1e-3
    tolerance = 1e-3 * float(vocal.std())
    torch.testing.assert_close(vocal, stems["vocals"], atol=tolerance, rtol=1e-3)
    truth = stems["drums"] + stems["bass"] + stems["other"]
    torch.testing.assert_close(band, truth, atol=3 * tolerance, rtol=1e-3)


def test_a_longer_mixture_comes_in_blocks_and_always_the_same(weights):
    separator = HybridDemucs(weights, "cpu", segment_seconds=0.3, overlap_seconds=0.05)
    mixture = Sound(noise(RATE), RATE)
    first, again = (list(separator.separate(mixture)) for _ in range(2))
    assert len(first) == 4
    for part in range(2):
        one, other = (torch.cat([both[part] for both in run], dim=-1) for run in (first, again))
        assert one.shape == (2, RATE) and torch.isfinite(one).all()
        assert torch.equal(one, other)


def test_silence_stays_finite(weights):
    separator = HybridDemucs(weights, "cpu", segment_seconds=0.3, overlap_seconds=0.05)
    for vocal, band in separator.separate(Sound(torch.zeros(2, 1_000), RATE)):
        assert torch.isfinite(vocal).all() and torch.isfinite(band).all()
        assert vocal.shape == (2, 1_000)


def test_the_bundle_is_the_one_that_the_weights_are_of(monkeypatch):
    bundle = torchaudio.pipelines.HDEMUCS_HIGH_MUSDB_PLUS
    sources = bundle._model_factory_func.keywords["sources"]
    assert sources.index("vocals") == separation._VOCALS == len(sources) - 1
    assert bundle.sample_rate == HybridDemucs.sample_rate
    monkeypatch.setattr(bundle, "_model_factory_func", small_network)
    assert isinstance(separation._bundle_network(), HDemucs)


def test_what_decides_the_stems_decides_the_repr(tmp_path):
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


def test_weights_that_cannot_be_had_are_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    asked = []

    def offline(address, path):
        asked.append((address, path))
        raise URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    with pytest.raises(SamuelError, match="could not be downloaded .Name or service") as told:
        HybridDemucs().prepare()
    ((address, path),) = asked
    assert address == "https://download.pytorch.org/torchaudio/models/hdemucs_high_trained.pt"
    assert path == str(tmp_path / "torchaudio" / "models" / "hdemucs_high_trained.pt")
    for part in (address, path, "source.separator.weights=FILE"):
        assert part in str(told.value)
    assert "\n" not in str(told.value)


def test_files_that_are_no_such_weights(weights, tmp_path):
    torch.save({"mask": torch.zeros(3)}, tmp_path / "other.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    (tmp_path / "words.pt").write_text("words")
    (tmp_path / "empty.pt").touch()
    (tmp_path / "cut.pt").write_bytes(weights.read_bytes()[:5_000])
    for name in ("other.pt", "list.pt", "words.pt", "empty.pt", "cut.pt"):
        with pytest.raises(SamuelError, match=f"{name}: not the weights of Hybrid") as told:
            HybridDemucs(tmp_path / name).prepare()
        assert "\n" not in str(told.value)
    with pytest.raises(SamuelError, match="gone.pt: no such file"):
        HybridDemucs(tmp_path / "gone.pt").prepare()
