"""Training of the chord network on composed melodies."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from samuel_gen.estimation.harmony_evidence import collect_halves
from samuel_gen.estimation.harmony_network import join_features
from samuel_gen.estimation.harmony_prior import MODES, STATES
from samuel_gen.estimation_fitting.chord_songs import FRAME_SECONDS, Melody
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.key import Key
from samuel_gen.models.chord_network import TONE_FEATURES, ChordNetwork

WIDTH = 56
_RATE, _WARM_UP = 3e-3, 50  # learning rate, and steps until it is reached
_CROP = 96  # beats
_SHORTEST = 16  # beats of a crop
_KEY_WEIGHT = 0.3  # of the key's loss beside that of the chords
_SMOOTHING = 0.02  # of the targets
_EMA = 0.99
_UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class ChordExample:
    """A melody relative to its tonic, with its chords.

    Attributes:
        features: the features of each beat.
        states: the state of each beat; -1 for none.
        mode: 0 for major, 1 for minor.
    """

    features: Float[Tensor, "beats features"]
    states: Int[Tensor, " beats"]
    mode: int


def make_example(melody: Melody) -> ChordExample:
    """Return the features and the targets of a melody."""
    sheet = melody.sheet
    assert sheet.key is not None
    halves = collect_halves(melody.pitch_classes, FRAME_SECONDS, sheet)
    features = join_features(np.roll(halves, -sheet.key.tonic, axis=2), sheet)
    states = [find_state(sheet.chord_at(beat + 0.5), sheet.key) for beat in range(len(halves))]
    mode = MODES.index(sheet.key.mode)
    return ChordExample(torch.from_numpy(features), torch.tensor(states), mode)


def find_state(chord: Chord | None, key: Key) -> int:
    """Return the state of a key that a chord is, without its colours; -1 for no chord.

    A diminished chord that is no state counts as the dominant whose upper tones it has.
    """
    if chord is None:
        return _UNKNOWN
    above = {(tone - chord.root) % 12 for tone in chord.pitch_classes}
    family = "" if 3 not in above or 4 in above else "m" if 7 in above else "dim"
    interval = (chord.root - key.tonic) % 12
    if (interval, family) not in STATES:
        return STATES.index(((interval + 8) % 12, ""))
    return STATES.index((interval, family))


def train_network(
    examples: Sequence[ChordExample],
    steps: int,
    seed: int,
    report: Callable[[int, float], None] = lambda step, loss: None,
    batch_size: int = 24,
) -> ChordNetwork:
    """Train a chord network and return the moving average of its weights.

    Args:
        examples: the melodies to learn from.
        steps: the number of updates.
        seed: the seed of weights, order and crops.
        report: a function that is called after each step with its number and its loss.
        batch_size: the number of melodies per step.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = ChordNetwork(len(STATES), WIDTH)
    average = copy.deepcopy(network).eval()
    optimizer = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=0.01)
    for step in range(steps):
        rate = _RATE * min(1, (step + 1) / _WARM_UP) * 0.5 * (1 + np.cos(np.pi * step / steps))
        for group in optimizer.param_groups:
            group["lr"] = rate
        batch = [examples[number] for number in rng.integers(0, len(examples), batch_size)]
        loss = _measure_loss(network, [_crop(each, rng) for each in batch], rng)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        decay = min(_EMA, step / (step + 20))
        with torch.no_grad():
            for own, new in zip(average.parameters(), network.parameters(), strict=True):
                own.lerp_(new, 1 - decay)
        report(step + 1, float(loss.detach()))
    return average


def _crop(example: ChordExample, rng: np.random.Generator) -> ChordExample:
    """Return a random part of an example, or now and then a short example as a whole."""
    count = len(example.states)
    if count <= _SHORTEST or (count <= _CROP and rng.random() < 0.5):
        return example
    length = int(rng.integers(_SHORTEST, min(_CROP, count) + 1))
    start = int(rng.integers(0, count - length + 1))
    part = slice(start, start + length)
    return ChordExample(example.features[part], example.states[part], example.mode)


def _measure_loss(
    network: ChordNetwork, batch: Sequence[ChordExample], rng: np.random.Generator
) -> Float[Tensor, ""]:
    """The cross entropy of the chords in the true key, and of the key against a wrong tonic."""
    pad = nn.utils.rnn.pad_sequence
    features = pad([each.features for each in batch], batch_first=True)
    states = pad([each.states for each in batch], batch_first=True, padding_value=_UNKNOWN)
    valid = pad([torch.ones(len(each.states)) for each in batch], batch_first=True)
    modes = torch.tensor([each.mode for each in batch])
    chords, true_key = network(features, valid)
    own = chords[torch.arange(len(batch)), modes]
    wrong = torch.stack([_transpose(each, int(rng.integers(1, 12))) for each in features])
    _, wrong_key = network(wrong, valid)
    chord_loss = nn.functional.cross_entropy(
        own.flatten(0, 1),
        states.flatten(),
        ignore_index=_UNKNOWN,
        label_smoothing=_SMOOTHING,
    )
    keys = torch.cat([true_key, wrong_key], dim=1)
    return chord_loss + _KEY_WEIGHT * nn.functional.cross_entropy(keys, modes)


def _transpose(
    features: Float[Tensor, "beats features"], semitones: int
) -> Float[Tensor, "beats features"]:
    """Return features relative to a tonic that is lower by some semitones."""
    tones, places = features[:, :TONE_FEATURES], features[:, TONE_FEATURES:]
    rolled = [tones[:, :12].roll(semitones, 1), tones[:, 12:].roll(semitones, 1)]
    return torch.cat([*rolled, places], dim=1)
