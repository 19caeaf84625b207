import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # spawned processes look there too

from tiny_codec import TinyCodec  # noqa: E402
from tiny_songs import TinySong, TinySource  # noqa: E402

from samuel_gen.data.encode.dataset import encode_dataset  # noqa: E402
from samuel_gen.data.shards import LatentDataset  # noqa: E402


@pytest.fixture(scope="session")
def codec() -> TinyCodec:
    return TinyCodec()


@pytest.fixture(scope="session")
def dataset_path(tmp_path_factory: pytest.TempPathFactory, codec: TinyCodec) -> Path:
    """Twelve songs of 1.5 to 2.6 s: 47 to 82 frames."""
    songs = [TinySong(f"song {n}", n, 1.5 + n / 10) for n in range(12)]
    path = tmp_path_factory.mktemp("latents") / "set"
    encode_dataset(TinySource(songs), codec, path, workers=1, progress=False)
    return path


@pytest.fixture
def dataset(dataset_path: Path) -> LatentDataset:
    return LatentDataset.open(dataset_path)


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Every file of a folder and its bytes."""

    def read(folder: Path) -> dict[str, bytes]:
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    return read
