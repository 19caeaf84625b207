import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from samuel_gen.cli.configs import (
    compute_codec_hash,
    compute_digest,
    find_cache_folder,
    find_config_dirs,
    list_config_groups,
    register_resolvers,
)
from samuel_gen.codecs.spectral.codec import SpectralCodec


def set_arguments(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["samuel-train", *arguments])


def test_config_dirs_are_found_in_every_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    set_arguments(monkeypatch, "--config-dir=a", "seed=1", "--config-dir", "b", "-cd", "c")
    assert find_config_dirs() == ["a", "b", "c"]


def test_groups_are_listed_with_those_of_config_dir(monkeypatch, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "huge.yaml").write_text("widths: [1]\n")
    set_arguments(monkeypatch, "--config-dir", str(tmp_path))
    lines = list_config_groups().splitlines()
    assert "model: base, huge, small, tiny" in lines
    assert lines == sorted(lines) and not any(line.startswith("hydra") for line in lines)


def test_the_cache_folder_is_the_environments_or_the_users(monkeypatch) -> None:
    monkeypatch.setenv("SAMUEL_CACHE", "songs")
    assert find_cache_folder() == "songs"
    monkeypatch.delenv("SAMUEL_CACHE")
    assert Path(find_cache_folder()).name == "samuel_gen"


def test_the_codec_hash_is_that_of_its_weights() -> None:
    node = OmegaConf.create({"_target_": "samuel_gen.codecs.spectral.codec.SpectralCodec"})
    assert compute_codec_hash(node) == SpectralCodec().identity.weights_hash


def test_the_digest_changes_with_each_setting() -> None:
    settings = [{"songs": 2}, {"songs": 3}, {"songs": 2, "fonts": ["a"]}, {"songs": 2, "fonts": []}]
    digests = [compute_digest(OmegaConf.create(setting)) for setting in settings]
    assert len(set(digests)) == 4 and all(len(digest) == 8 for digest in digests)
    other_order = OmegaConf.create({"fonts": ["a"], "songs": 2})
    assert compute_digest(other_order) == digests[2]


def test_the_resolvers_are_registered() -> None:
    register_resolvers()
    config = OmegaConf.create(
        {"precision": "${samuel_precision:auto}", "cache": "${samuel_cache:}"}
    )
    assert config.precision in ("bf16-mixed", "32-true")
    assert config.cache == find_cache_folder()
