from dataclasses import replace

import pytest

from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.errors import SamuelError

IDENTITY = CodecIdentity("spectral", "0123456789abcdef", 44_100, 2048, 64)


def test_identity_survives_its_dictionary():
    assert CodecIdentity.from_dict(IDENTITY.to_dict()) == IDENTITY


def test_equal_identities_do_not_differ():
    assert IDENTITY.difference(CodecIdentity.from_dict(IDENTITY.to_dict())) is None


@pytest.mark.parametrize(
    "field, value", [("weights_hash", "f" * 16), ("sample_rate", 48_000), ("hop_length", 1920)]
)
def test_difference_names_both_codecs_the_field_and_both_values(field, value):
    words = IDENTITY.difference(replace(IDENTITY, **{field: value}))
    assert words == f"name spectral / spectral, {field} {getattr(IDENTITY, field)} / {value}"


def test_difference_of_names_alone_is_told_once():
    assert IDENTITY.difference(replace(IDENTITY, name="vae")) == "name spectral / vae"


def test_difference_names_every_field_that_differs():
    words = IDENTITY.difference(replace(IDENTITY, name="vae", channels=8))
    assert "name" in words and "channels" in words and "sample_rate" not in words


@pytest.mark.parametrize(
    "change", [{"channels": "64"}, {"extra": 1}, {"name": None}], ids=["type", "unknown", "none"]
)
def test_a_foreign_dictionary_is_the_users_error(change):
    with pytest.raises(SamuelError, match="expected"):
        CodecIdentity.from_dict(IDENTITY.to_dict() | change)
