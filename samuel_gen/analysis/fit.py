"""The fit of an accompaniment to its vocal, by which candidates are ranked."""

from dataclasses import dataclass

from samuel_gen.analysis.agreement import harmony_agreement, pulse_agreement
from samuel_gen.analysis.faults import SILENCE_BLOCK, count_clipped, silent_block_share
from samuel_gen.analysis.melody import MelodyTrack
from samuel_gen.analysis.music import MUSIC_RATE, analyse_music
from samuel_gen.analysis.power import PowerMeter
from samuel_gen.audio.phase import mono_blocks
from samuel_gen.audio.recording import Recording

_HARMONY_SHARE = 0.75  # by how far each figure separates true from mismatched accompaniments
_PAUSES = 0.1  # share of silence that costs nothing: arrangements have pauses
_SILENCE_COST = 2.0  # per share of silence beyond it
_CLIPPING_COST, _RUINED = 2.0, 5000  # the highest cost, and the clipped samples that reach it


def musical_fit(harmony: float, pulse: float) -> float:
    """Weigh the two agreements of `analysis.agreement`, each -1 to 1, into one figure.

    Three quarters are harmony.
    """
    return _HARMONY_SHARE * harmony + (1 - _HARMONY_SHARE) * pulse


@dataclass(frozen=True)
class Fit:
    """The fit of one accompaniment to its vocal.

    Attributes:
        harmony: the correlation between the pitch classes that are sung and those that are played
            around them, -1 to 1; 0 is chance, and also the value where nothing is sung.
        pulse: the strength of the accompaniment's onsets at the sung onsets, compared with that a
            little earlier or later, -1 to 1; 0 is chance, and also the value where nothing begins.
        silent_share: the share of the accompaniment that is silent, 0 to 1, in blocks of 0.5 s.
        clipped: the samples at which some channel is at full scale.
    """

    harmony: float
    pulse: float
    silent_share: float
    clipped: int

    @property
    def score(self) -> float:
        """The figure that candidates are ranked by: 1 at best, 0 for chance.

        Silence and clipping lower it.
        """
        silence = _SILENCE_COST * max(0.0, self.silent_share - _PAUSES)
        clipping = _CLIPPING_COST * min(1.0, self.clipped / _RUINED)
        return musical_fit(self.harmony, self.pulse) - silence - clipping

    def reasons(self) -> str:
        """Return the score in words, for example `in key, off the beat; 30 % silent`."""
        if self.silent_share == 1:
            return "silent"
        music = [
            _grade(self.harmony, 0.1, 0.25, ("out of key", "loosely in key", "in key")),
            _grade(self.pulse, 0.0, 0.45, ("off the beat", "loosely on the beat", "on the beat")),
        ]
        faults = [f"{100 * self.silent_share:.0f} % silent"] * (self.silent_share > _PAUSES)
        faults += [f"{self.clipped} samples clipped"] * (self.clipped > 0)
        return "; ".join([", ".join(filter(None, music)) or "nothing to compare with", *faults])


def measure_fit(
    accompaniment: Recording,
    melody: MelodyTrack,
    frame_seconds: float,
    tuning_cents: float | None = None,
) -> Fit:
    """Measure how well an accompaniment fits a vocal; the loudness of either does not matter.

    The accompaniment is streamed and never in memory as a whole. The melody is extracted once, by
    `extract_melody` or `analyse_recording`, and serves any number of candidates. If one of the two
    is longer, its end does not count for `harmony` and `pulse`.

    Args:
        accompaniment: the candidate; its channels are averaged, and full scale is 1.
        melody: the melody track of the vocal, which starts together with the accompaniment.
        frame_seconds: the length of the melody's frames.
        tuning_cents: the accompaniment's offset from A = 440 Hz in cents; None: the singer's.
    """
    meter = PowerMeter(round(SILENCE_BLOCK * accompaniment.sample_rate))
    clipped = 0
    for block in accompaniment.blocks(accompaniment.sample_rate):
        meter.add(block)
        clipped += count_clipped(block)
    silent = silent_block_share(meter.powers())
    if silent == 1 or melody.features.shape[1] == 0:
        return Fit(0.0, 0.0, silent, clipped)
    tuning = melody.tuning_cents if tuning_cents is None else tuning_cents
    music = analyse_music(mono_blocks(accompaniment, MUSIC_RATE), tuning)
    return Fit(
        harmony_agreement(melody, frame_seconds, music),
        pulse_agreement(melody, frame_seconds, music),
        silent,
        clipped,
    )


def _grade(value: float, low: float, high: float, words: tuple[str, str, str]) -> str:
    """Return one of three words, or none for exactly 0: there was nothing to compare."""
    return words[(value >= low) + (value >= high)] if value else ""
