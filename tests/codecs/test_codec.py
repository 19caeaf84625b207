from dataclasses import replace

import pytest

from samuel_gen.codecs.codec import CodecIdentity
from samuel_gen.errors import SamuelError

IDENTITY = CodecIdentity("spectral", "0123456789abcdef", 44_100, 2048, 64)


def test_identity_round_trips_through_its_dictionary():
    assert CodecIdentity.from_dict(IDENTITY.to_dict()) == IDENTITY


def test_equal_identities_do_not_differ():
    assert IDENTITY.difference(CodecIdentity.from_dict(IDENTITY.to_dict())) is None


@pytest.mark.parametrize(
    "field, value", [("weights_hash", "f" * 16), ("sample_rate", 48_000), ("hop_length", 1920)]
)
def test_difference_gives_names_and_both_values(field, value):
    difference = IDENTITY.difference(replace(IDENTITY, **{field: value}))
    assert difference == f"name spectral / spectral, {field} {getattr(IDENTITY, field)} / {value}"


def test_differing_names_appear_once():
    assert IDENTITY.difference(replace(IDENTITY, name="vae")) == "name spectral / vae"


def test_difference_lists_only_differing_fields():
    difference = IDENTITY.difference(replace(IDENTITY, name="vae", channels=8))
    assert difference == "name spectral / vae, channels 64 / 8"


@pytest.mark.parametrize(
    "change", [{"channels": "64"}, {"extra": 1}, {"name": None}], ids=["type", "unknown", "none"]
)
def test_wrong_dictionary_is_an_error(change):
    with pytest.raises(SamuelError, match="was the file written by another version"):
        CodecIdentity.from_dict(IDENTITY.to_dict() | change)
