from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from samuel_gen.codec_fitting.fit import fit_tables
from samuel_gen.codecs.spectral.bands import STEREO_BANDS
from samuel_gen.codecs.spectral.features import FEATURES
from samuel_gen.codecs.spectral.tables import BUNDLED_TABLES, Tables
from samuel_gen.errors import SamuelError


def test_bundled_tables_are_small_and_orthonormal():
    assert BUNDLED_TABLES.stat().st_size < 200_000
    tables = Tables.load()
    for basis in (tables.basis, tables.width_basis, tables.lean_basis):
        torch.testing.assert_close(basis @ basis.T, torch.eye(len(basis)), atol=1e-5, rtol=0)


def test_digest_of_the_bundled_tables():
    """Latents and checkpoints carry this digest: another one would make them unreadable."""
    assert Tables.load().digest == "0a0916e9ea2a1e8e"


def test_saved_tables_are_loaded_unchanged(tmp_path: Path):
    tables = Tables.load()
    tables.save(tmp_path / "tables.safetensors")
    loaded = Tables.load(tmp_path / "tables.safetensors")
    for field in fields(Tables):
        assert torch.equal(getattr(loaded, field.name), getattr(tables, field.name))


def test_digest_changes_with_any_number():
    tables = Tables.load()
    for field in fields(Tables):
        changed = getattr(tables, field.name).clone()
        changed.view(-1)[0] += 1e-3
        assert replace(tables, **{field.name: changed}).digest != tables.digest


def test_all_components_lose_nothing(music):
    tables = fit_tables([music], FEATURES, STEREO_BANDS, STEREO_BANDS)
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(9, FEATURES, generator=generator)
    stereo = torch.rand(9, 2 * STEREO_BANDS, generator=generator)
    expanded = tables.expand(tables.compress(values, stereo))
    torch.testing.assert_close(expanded[0], values, atol=1e-4, rtol=0)
    torch.testing.assert_close(expanded[1], stereo, atol=1e-4, rtol=0)


def test_compress_inverts_expand():
    """The bases are orthonormal, so that latents keep their values."""
    tables = Tables.load()
    latents = torch.randn(tables.channels, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(tables.compress(*tables.expand(latents)), latents, atol=1e-4, rtol=0)


def test_other_files_are_errors(tmp_path: Path):
    path = tmp_path / "other.safetensors"
    path.write_bytes(b"no tables")
    with pytest.raises(SamuelError, match="tables are not readable"):
        Tables.load(path)
    from safetensors.torch import save_file

    other = tmp_path / "tensors.safetensors"
    save_file({"weight": torch.ones(3)}, other)
    with pytest.raises(SamuelError, match="instead of"):
        Tables.load(other)


STRANGE = {
    "weight": torch.ones(3),
    "basis": torch.ones(4, FEATURES, dtype=torch.int8),
    "width_basis": torch.ones(STEREO_BANDS + 1, STEREO_BANDS),
    "lean_basis": torch.ones(0, STEREO_BANDS),
}


@pytest.mark.parametrize("name", STRANGE)
def test_tables_of_another_shape_or_type_are_one_line(name: str, tmp_path: Path):
    from safetensors.torch import save_file

    bundled = {field.name: getattr(Tables.load(), field.name) for field in fields(Tables)}
    path = tmp_path / "tables.safetensors"
    save_file({**bundled, name: STRANGE[name]}, path)
    with pytest.raises(SamuelError, match=f"not readable .{name} has shape") as caught:
        Tables.load(path)
    assert "\n" not in str(caught.value)


def test_tables_with_a_header_of_a_gigabyte_are_one_line(tmp_path: Path):
    path = tmp_path / "tables.safetensors"
    with path.open("wb") as file:
        file.write((2**30).to_bytes(8, "little"))
        file.truncate(2**30 + 8)  # zeros that take no room on the disk
    with pytest.raises(SamuelError, match="its header has 1073741824 bytes"):
        Tables.load(path)
