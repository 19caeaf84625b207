"""Running a convolutional network over a long signal in tiles, with the result of a single run."""

import math
from collections.abc import Callable, Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn


def receptive_field(network: nn.Module, first: int, last: int) -> tuple[int, int]:
    """The first and last inputs on which the outputs from `first` to `last` depend.

    Args:
        network: a network whose convolutions, in their order of registration, form a chain;
            branches beside the chain must reach no further.
        first, last: indices of outputs, counted from 0 and unlimited in both directions.
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


def place_tiles(frames: int, context: int, longest: int) -> tuple[list[int], int]:
    """Cover all frames with tiles; return the first frame of each tile and their common length.

    Tiles are equally long, so that they can form a batch. Neighbours share at least `2 * context`
    frames.

    Args:
        frames: number of frames to cover.
        context: frames at an inner end of a tile that are wrong there and right in its neighbour.
        longest: the largest length of a tile in frames, more than `2 * context`.
    """
    if frames <= longest:
        return [0], frames
    count = math.ceil((frames - 2 * context) / (longest - 2 * context))
    step = math.ceil((frames - 2 * context) / count)
    length = step + 2 * context
    return [min(number * step, frames - length) for number in range(count)], length


def run_in_tiles(
    network: Callable[[Float[Tensor, "batch channels samples"]], Iterable[Tensor]],
    values: Float[Tensor, "channels samples"],
    hops: tuple[int, int],
    *,
    context: int,
    longest: int,
    max_batch: int,
) -> Float[Tensor, "other_channels other_samples"]:
    """Return the network's output for the whole signal.

    The first tile begins and the last one ends where the signal does, so that the network's own
    padding falls in its usual places. In between, each tile contributes only the frames whose
    context it contains.

    Args:
        network: a function from a batch of tiles to the outputs of the items.
        values: the signal, of at least one frame.
        hops: values per frame, of the input and of the output.
        context: frames on either side on which a frame depends.
        longest: the largest length of a tile in frames, more than `2 * context`.
        max_batch: the largest number of tiles in a batch.
    """
    hop_in, hop_out = hops
    frames = values.shape[1] // hop_in
    starts, length = place_tiles(frames, context, longest)
    whole: Tensor | None = None
    for number in range(0, len(starts), max_batch):
        group = starts[number : number + max_batch]
        batch = [values[:, start * hop_in : (start + length) * hop_in] for start in group]
        for start, tile in zip(group, network(torch.stack(batch)), strict=True):
            if whole is None:
                whole = tile.new_zeros(tile.shape[0], frames * hop_out)
            lead = context if start > 0 else 0
            # The tile's last frames lack their context: the next tile overwrites them.
            target = slice((start + lead) * hop_out, (start + length) * hop_out)
            whole[:, target] = tile[:, lead * hop_out :]
    assert whole is not None
    return whole
