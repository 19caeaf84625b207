"""The site builds without a network, and without a broken link or anchor."""

import socket
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from tests.docs.pages import PAGES, ROOT


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the build must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_the_site_builds_strictly(tmp_path: Path, no_network: None) -> None:
    config = load_config(str(ROOT / "mkdocs.yml"), strict=True, site_dir=str(tmp_path))
    build(config)
    for page in PAGES:
        name = page.relative_to(ROOT).with_suffix("")
        folder = name.parent if name.name == "README" else name
        assert (tmp_path / folder / "index.html").is_file(), page
    reference = (tmp_path / "docs/api/index.html").read_text("utf-8")
    assert "keeps the best" in reference or "from_pretrained" in reference
    assert "<audio" in (tmp_path / "index.html").read_text("utf-8")
    assert "fonts.googleapis" not in reference
