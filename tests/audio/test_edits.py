"""Recordings made of others sound like what they are made of, however they are read."""

import errno
import math
import tempfile
from collections.abc import Iterator

import pytest
import torch

from samuel_gen.audio.edits import Lengthened, Louder, Spliced, Spooled
from samuel_gen.audio.recording import Recording, Sound
from samuel_gen.audio.resample import resample
from samuel_gen.audio.streams import BLOCK_SAMPLES
from samuel_gen.errors import SamuelError

RATE = 44_100
LONG = 2 * BLOCK_SAMPLES + 12_345


def noise(samples: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(2, samples, generator=torch.Generator().manual_seed(seed))


def whole(recording: Recording, rate: int = RATE) -> torch.Tensor:
    assert isinstance(recording, Recording)
    return torch.cat([torch.zeros(2, 0), *recording.blocks(rate)], dim=1)


@pytest.mark.parametrize("sizes", [LONG, 1000, BLOCK_SAMPLES])
def test_a_spooled_stream_can_be_heard_again_and_at_any_rate(sizes: int) -> None:
    sound = noise(LONG)
    spooled = Spooled(torch.split(sound, sizes, dim=1), RATE)
    assert (spooled.samples, spooled.sample_rate) == (LONG, RATE)
    assert torch.equal(whole(spooled), sound) and torch.equal(whole(spooled), sound)
    other = whole(spooled, 32_000)
    torch.testing.assert_close(other, resample(sound, RATE, 32_000), atol=1e-5, rtol=0)
    assert spooled.content() == Sound(sound, RATE).content()
    two, same = spooled.blocks(RATE), spooled.blocks(RATE)  # side by side
    assert torch.equal(next(two), next(same)) and torch.equal(next(two), next(same))


def test_no_room_for_a_spool_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, _: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    with pytest.raises(SamuelError, match="No space left on device; expected room.*TMPDIR"):
        Spooled([noise(10)], RATE)


def test_louder_is_a_factor() -> None:
    sound = noise(LONG)
    louder = Louder(Sound(sound, RATE), 0.5)
    assert torch.equal(whole(louder), 0.5 * sound)
    assert louder.content() == Sound(0.5 * sound, RATE).content()


@pytest.mark.parametrize("more", [0, 1, BLOCK_SAMPLES + 5])
def test_lengthened_is_followed_by_silence(more: int) -> None:
    sound = noise(LONG)
    longer = Lengthened(Sound(sound, RATE), more)
    found = whole(longer)
    assert longer.samples == found.shape[1] == LONG + more
    assert torch.equal(found[:, :LONG], sound) and not found[:, LONG:].any()
    assert whole(longer, 22_050).shape[1] == round((LONG + more) / 2)


START, PATCH, FADE = BLOCK_SAMPLES - 5000, BLOCK_SAMPLES + 9000, 2000  # over two borders of blocks


def test_a_splice_changes_nothing_outside_and_is_the_patch_inside() -> None:
    sound, patch = noise(LONG), noise(PATCH, 1)
    found = whole(Spliced(Sound(sound, RATE), START, patch, FADE))
    stop = START + PATCH
    assert torch.equal(found[:, :START], sound[:, :START])
    assert torch.equal(found[:, stop:], sound[:, stop:])
    inner = slice(FADE, PATCH - FADE)
    assert torch.equal(found[:, START:stop][:, inner], patch[:, inner])


def test_a_crossfade_of_strangers_keeps_its_power() -> None:
    sound, patch = noise(LONG), noise(PATCH, 1)
    found = whole(Spliced(Sound(sound, RATE), START, patch, 20_000))
    for fade in (found[:, START:][:, :20_000], found[:, START + PATCH - 20_000 :][:, :20_000]):
        power = fade.reshape(2, 10, 2000).square().mean((0, 2)) / 0.01
        assert power.sub(1).abs().max() < 5 * math.sqrt(2 / 4000)
    half = START + 10_000  # both have fallen to half their power
    torch.testing.assert_close(
        found[:, half],
        (sound[:, half] + patch[:, 10_000]) * math.sqrt(0.5),
        atol=1e-3,
        rtol=0,
    )


def test_the_new_comes_and_goes_gradually() -> None:
    """It grows from nothing to all in the fade, and the old stands under its outer ends."""
    sound, patch = noise(LONG), torch.ones(2, PATCH)
    found = whole(Spliced(Sound(0 * sound, RATE), START, patch, FADE))[0, START:][:PATCH]
    for rise in (found[:FADE], found.flip(0)[:FADE]):
        assert rise[0] < 0.001 < 0.999 < rise[-1] and (rise.diff() > -1e-6).all()
    found = whole(Spliced(Sound(sound, RATE), START, 0 * patch, FADE))[:, START:][:, :PATCH]
    old = sound[:, START:][:, :PATCH]
    ends = slice(None, None, PATCH - 1)
    torch.testing.assert_close(found[:, ends], old[:, ends], atol=1e-5, rtol=0)


def test_a_splice_leaves_the_recording_as_it_was() -> None:
    class Lent(Louder):
        """Gives its own memory away."""

        def blocks(self, _: int) -> Iterator[torch.Tensor]:
            yield from torch.split(sound, BLOCK_SAMPLES, dim=1)

    sound, patch = noise(LONG), noise(PATCH, 1)
    before = sound.clone()
    spliced = Spliced(Lent(Sound(sound, RATE), 1.0), START, patch, FADE)
    assert torch.equal(whole(spliced), whole(spliced)) and torch.equal(sound, before)


def test_equal_sounds_have_equal_contents_however_they_were_made() -> None:
    sound, patch = noise(LONG), noise(PATCH, 1)
    spliced = Spliced(Sound(sound, RATE), START, patch, FADE)
    assert spliced.content() == Sound(whole(spliced), RATE).content()
    assert spliced.content() != Sound(sound, RATE).content()
    same = Spliced(Sound(sound, RATE), START, sound[:, START:][:, :PATCH], 0)
    assert same.content() == Sound(sound, RATE).content()
    longer = Lengthened(Sound(sound, RATE), 7)
    assert longer.content() == Sound(torch.nn.functional.pad(sound, (0, 7)), RATE).content()


@pytest.mark.parametrize("rate", [32_000, 48_000])
def test_at_another_rate_they_are_what_resampling_gives(rate: int) -> None:
    sound = Sound(noise(LONG), RATE)
    for made in (
        Louder(sound, 3.0),
        Lengthened(sound, 999),
        Spliced(sound, START, noise(PATCH, 1), FADE),
    ):
        expected = resample(whole(made), RATE, rate)
        torch.testing.assert_close(whole(made, rate), expected, atol=1e-5, rtol=0)


def test_where_the_recording_begins_and_ends_nothing_is_faded() -> None:
    sound, patch = noise(LONG), noise(LONG, 1)
    assert torch.equal(whole(Spliced(Sound(sound, RATE), 0, patch, FADE)), patch)
    first = whole(Spliced(Sound(sound, RATE), 0, patch[:, :PATCH], FADE))
    assert torch.equal(first[:, :FADE], patch[:, :FADE])
    assert not torch.equal(first[:, PATCH - FADE : PATCH], patch[:, PATCH - FADE : PATCH])
    last = whole(Spliced(Sound(sound, RATE), LONG - PATCH, patch[:, :PATCH], FADE))
    assert torch.equal(last[:, -FADE:], patch[:, PATCH - FADE : PATCH])


def test_a_splice_without_a_fade_is_a_cut() -> None:
    sound, patch = noise(LONG), noise(PATCH, 1)
    found = whole(Spliced(Sound(sound, RATE), START, patch, 0))
    assert torch.equal(found[:, START : START + PATCH], patch)


@pytest.mark.parametrize("length", [1, 500, 3000])
def test_a_patch_shorter_than_its_fades_comes_and_goes_without_a_jump(length: int) -> None:
    silence, patch = Sound(torch.zeros(2, LONG), RATE), torch.ones(2, length)
    found = whole(Spliced(silence, START, patch, FADE))[0]
    torch.testing.assert_close(found[START:][:length], found[START:][:length].flip(0))
    assert found.max() < 1 and found.diff().abs().max() < 2.5 / min(FADE, length)
