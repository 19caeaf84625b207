"""Recursive filters of second-order sections, block by block, with matrix products."""

import numpy as np
from jaxtyping import Float

_BLOCK = 64  # samples per matrix product: longer ones cost more per sample, shorter ones per call


class SectionFilter:
    """A cascade of second-order sections for a sound that arrives in blocks.

    It gives what `scipy.signal.sosfilt` gives, to the rounding of double precision. Importing
    scipy.signal takes some seconds, longer than the analysis of a song.

    Args:
        sections: one row per section: b0, b1, b2, 1, a1, a2.
        channels: the number of channels.
    """

    def __init__(self, sections: Float[np.ndarray, "sections 6"], channels: int) -> None:
        step, enter, leave, through = _state_space(sections)
        powers = [np.eye(len(step))]
        for _ in range(_BLOCK):
            powers.append(step @ powers[-1])
        self._powers = np.stack(powers)
        self._leave = np.stack([power.T @ leave for power in powers[:-1]])  # state to output
        self._enter = np.stack([power @ enter for power in powers[-2::-1]])  # input to last state
        response = np.concatenate([[through], self._leave[:-1] @ enter])
        lag = np.subtract.outer(np.arange(_BLOCK), np.arange(_BLOCK))
        self._response = np.where(lag >= 0, response[lag], 0.0)
        self._state = np.zeros((channels, len(step)))

    def __call__(
        self, samples: Float[np.ndarray, "channels samples"]
    ) -> Float[np.ndarray, "channels samples"]:
        """Filter the next block, which goes on where the last one ended."""
        channels, length = samples.shape
        whole = length // _BLOCK * _BLOCK
        blocks = samples[:, :whole].reshape(channels, -1, _BLOCK)
        states = np.concatenate([self._state[:, None], blocks @ self._enter], axis=1)
        distance, power = 1, self._powers[_BLOCK]
        while distance < states.shape[1]:  # each state has the inputs of `distance` blocks by now
            states[:, distance:] += states[:, :-distance] @ power.T
            distance, power = 2 * distance, power @ power
        filtered = blocks @ self._response.T + states[:, :-1] @ self._leave.T
        rest, state = samples[:, whole:], states[:, -1]
        count = length - whole
        last = rest @ self._response[:count, :count].T + state @ self._leave[:count].T
        self._state = state @ self._powers[count].T + rest @ self._enter[_BLOCK - count :]
        return np.concatenate([filtered.reshape(channels, whole), last], axis=1)


def _state_space(
    sections: Float[np.ndarray, "sections 6"],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Return the cascade as `state = step @ state + enter * x`, `y = leave @ state + through * x`.

    Each section is in transposed direct form II and has two states.
    """
    size = 2 * len(sections)
    step, enter, leave, through = np.zeros((size, size)), np.zeros(size), np.zeros(size), 1.0
    for at, (b0, b1, b2, _, a1, a2) in zip(range(0, size, 2), sections, strict=True):
        feed = np.array([b1 - a1 * b0, b2 - a2 * b0])
        step[at : at + 2] = feed[:, None] * leave
        step[at : at + 2, at : at + 2] = [[-a1, 1.0], [-a2, 0.0]]
        enter[at : at + 2] = feed * through
        leave = b0 * leave
        leave[at] = 1.0
        through *= b0
    return step, enter, leave, through
