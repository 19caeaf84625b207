"""Hidden Markov models of harmony: the likelihood of every key, and the best chords in one."""

import numpy as np
from jaxtyping import Float, Int

_FLOOR = 1e-30


def pass_messages(
    emission: Float[np.ndarray, "keys beats states"],
    change: Float[np.ndarray, " beats"],
    transition: Float[np.ndarray, "keys states states"],
    initial: Float[np.ndarray, "keys states"],
    final: Float[np.ndarray, "keys states"],
) -> tuple[Float[np.ndarray, " keys"], Float[np.ndarray, "keys beats states"]]:
    """Compute the likelihood of each key and the posterior of its states at each beat.

    Args:
        emission: the log-likelihood of each beat under each state.
        change: the probability that the chord changes at each beat; the first one is ignored.
        transition: the probability of each successor once the chord changes.
        initial: the probability of the first state.
        final: a factor on the last state.

    Returns:
        the log-likelihoods and the posteriors, by the forward-backward algorithm.
    """
    keys, beats, states = emission.shape
    peak = emission.max(axis=2, keepdims=True)
    weight = np.exp(emission - peak)
    forward = np.empty((keys, beats, states))
    likelihood = peak.sum(axis=(1, 2))
    message = initial
    for beat in range(beats):
        if beat:
            moved = np.einsum("ks,kst->kt", message, transition)
            message = (1 - change[beat]) * message + change[beat] * moved
        message = message * weight[:, beat] * (final if beat == beats - 1 else 1)
        total = message.sum(axis=1, keepdims=True) + _FLOOR
        likelihood += np.log(total[:, 0])
        message = message / total
        forward[:, beat] = message
    posterior = forward
    message = final / final.sum(axis=1, keepdims=True)
    for beat in range(beats - 2, -1, -1):
        message = message * weight[:, beat + 1]
        moved = np.einsum("kt,kst->ks", message, transition)
        message = (1 - change[beat + 1]) * message + change[beat + 1] * moved
        message /= message.sum(axis=1, keepdims=True) + _FLOOR
        posterior[:, beat] *= message
    posterior /= posterior.sum(axis=2, keepdims=True) + _FLOOR
    return likelihood, posterior


def find_best_path(
    score: Float[np.ndarray, "beats states"],
    change: Float[np.ndarray, " beats"],
    transition: Float[np.ndarray, "states states"],
    initial: Float[np.ndarray, " states"],
    final: Float[np.ndarray, " states"],
) -> Int[np.ndarray, " beats"]:
    """Find the most probable states by the Viterbi algorithm.

    Args:
        score: the log-likelihood of each beat under each state.
        change: the probability that the chord changes at each beat; the first one is ignored.
        transition: the probability of each successor once the chord changes.
        initial: the probability of the first state.
        final: a factor on the last state.
    """
    beats, states = score.shape
    move = np.log(transition + _FLOOR)
    best = np.log(initial + _FLOOR) + score[0]
    came_from = np.zeros((beats, states), int)
    own = np.arange(states)
    for beat in range(1, beats):
        steps = best[:, None] + move + np.log(change[beat] + _FLOOR)
        steps[own, own] = best + np.log1p(-change[beat])
        came_from[beat] = steps.argmax(axis=0)
        best = steps[came_from[beat], own] + score[beat]
    path = np.zeros(beats, int)
    path[-1] = int((best + np.log(final + _FLOOR)).argmax())
    for beat in range(beats - 1, 0, -1):
        path[beat - 1] = came_from[beat, path[beat]]
    return path
