"""Long signals through a convolutional network a tile at a time, as if they had passed whole."""

import math
from collections.abc import Callable, Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn


def reach(network: nn.Module, first: int, last: int) -> tuple[int, int]:
    """The first and last inputs on which the outputs from `first` to `last` depend.

    Args:
        network: its convolutions, in the order in which they are registered, are a chain; whatever
            runs beside them reaches no further.
        first, last: numbers of outputs, counted from 0 and unlimited in both directions.
    """
    kinds = (nn.Conv1d, nn.ConvTranspose1d)
    chain = [module for module in network.modules() if isinstance(module, kinds)]
    for layer in reversed(chain):
        stride, padding = layer.stride[0], int(layer.padding[0])
        span = layer.dilation[0] * (layer.kernel_size[0] - 1)
        if isinstance(layer, nn.ConvTranspose1d):
            first, last = -((span - first - padding) // stride), (last + padding) // stride
        else:
            first, last = first * stride - padding, last * stride - padding + span
    return first, last


def tiles(frames: int, context: int, longest: int) -> tuple[list[int], int]:
    """Where tiles begin that cover all the frames, and how long each of them is.

    All are equally long, so that they make a batch; neighbours share at least `2 * context` frames.

    Args:
        frames: to be covered.
        context: at either end of a tile, frames that come out right in its neighbour only.
        longest: frames of a tile at most, more than `2 * context`.
    """
    if frames <= longest:
        return [0], frames
    count = math.ceil((frames - 2 * context) / (longest - 2 * context))
    step = math.ceil((frames - 2 * context) / count)
    length = step + 2 * context
    return [min(number * step, frames - length) for number in range(count)], length


def in_tiles(
    network: Callable[[Float[Tensor, "batch channels samples"]], Iterable[Tensor]],
    values: Float[Tensor, "channels samples"],
    hops: tuple[int, int],
    *,
    context: int,
    longest: int,
    max_batch: int,
) -> Float[Tensor, "other_channels other_samples"]:
    """What the network makes of the whole.

    The first tile begins and the last one ends where the whole does, so that the network's own
    padding falls where it would; inside, each tile gives only the frames whose context it holds.

    Args:
        network: from a batch of tiles to what becomes of each.
        values: at least one frame of them.
        hops: values per frame, of the input and of the output.
        context: frames on which a frame depends, to either side.
        longest: frames of a tile at most, more than `2 * context`.
        max_batch: tiles at most that pass at once.
    """
    before, after = hops
    frames = values.shape[1] // before
    starts, length = tiles(frames, context, longest)
    whole: Tensor | None = None
    for number in range(0, len(starts), max_batch):
        group = starts[number : number + max_batch]
        batch = [values[:, start * before : (start + length) * before] for start in group]
        for start, tile in zip(group, network(torch.stack(batch)), strict=True):
            if whole is None:
                whole = tile.new_zeros(tile.shape[0], frames * after)
            lead = context if start > 0 else 0
            # the tile's last frames lack their context: the next tile writes over them
            whole[:, (start + lead) * after : (start + length) * after] = tile[:, lead * after :]
    assert whole is not None
    return whole
