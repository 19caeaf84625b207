"""Random draws of training, each from a generator with a key of its own.

No draw depends on a global state or on the number of processes. A resumed run therefore draws
what an uninterrupted one would have drawn, and several processes draw what one would.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import IntEnum

import torch
from jaxtyping import Float, Int
from torch import Tensor

from samuel_gen.diffusion.denoiser import VIEWS, Latents, Vocal


class Purpose(IntEnum):
    """The purpose of a draw, a part of its key."""

    ITEM = 0
    VALIDATION = 1
    TIMESTEPS = 2


def make_generator(
    seed: int, purpose: Purpose, *place: int, device: torch.device | str = "cpu"
) -> torch.Generator:
    """Make the generator of one draw.

    Args:
        seed: the seed of the run.
        purpose: the purpose of the draw.
        place: numbers that tell the draws of one purpose apart, such as epoch and batch.
        device: the device of the tensors to draw.
    """
    key = 0
    for number in (seed, purpose, *place):
        key = (key * 1_000_003 + number + 1) % (2**63)
    return torch.Generator(device).manual_seed(key)


def draw_items(
    index: Int[Tensor, " batch"], like: Latents, seed: int
) -> tuple[Float[Tensor, "batch chances"], Latents]:
    """Draw uniform numbers and the noise of each item, on the device of `like`.

    Args:
        index: the number of each item in the whole run.
        like: latents of the shape of the noise.
        seed: the seed of the run.

    Returns:
        numbers from 0 to 1, for `withhold_views`: one for the whole vocal and one for each of its
        views; and standard normal noise.
    """
    chances, noise = [], torch.empty_like(like)
    for item, number in zip(noise, index.tolist(), strict=True):
        generator = make_generator(seed, Purpose.ITEM, number, device=like.device)
        chances.append(torch.rand(1 + len(VIEWS), generator=generator, device=like.device))
        item.normal_(generator=generator)
    return torch.stack(chances), noise


def withhold_views(
    vocal: Vocal,
    chance: Float[Tensor, "batch chances"],
    condition_dropout: float,
    view_dropout: Mapping[str, float],
) -> Vocal:
    """Withhold the vocal with its lead sheet, or some of its views, from some items.

    Args:
        vocal: the vocals of a batch; a view that is not given stays so.
        chance: numbers from 0 to 1 per item, the result of `draw_items`.
        condition_dropout: the share of items without any view.
        view_dropout: the share of items without a view, by its name.
    """
    has_vocal = chance[:, 0] >= condition_dropout
    given = {}
    for number, view in enumerate(VIEWS, 1):
        own = chance[:, number] >= view_dropout.get(view, 0.0)
        given[f"{view}_given"] = getattr(vocal, f"{view}_given") & has_vocal & own
    return replace(vocal, **given)


def draw_validation_noise(index: Int[Tensor, " batch"], like: Latents) -> Latents:
    """Draw the noise of validation items, the same on every device and for every run's seed.

    Args:
        index: the number of each item in the validation split.
        like: latents of the shape, device and type of the noise.
    """
    noise = [
        torch.randn(like.shape[1:], generator=make_generator(0, Purpose.VALIDATION, number))
        for number in index.tolist()
    ]
    return torch.stack(noise).to(like)
