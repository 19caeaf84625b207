"""The form of a rendered song: its sections."""

from dataclasses import dataclass

import numpy as np

_FORMS = (
    ("verse", "chorus", "verse", "chorus", "bridge", "chorus", "chorus"),
    ("verse", "verse", "chorus", "verse", "chorus", "bridge", "chorus"),
    ("verse", "verse", "bridge", "verse", "bridge", "verse"),
    ("chorus", "verse", "chorus", "verse", "bridge", "chorus"),
)
_ENERGY = {"intro": 0.4, "verse": 0.45, "bridge": 0.6, "chorus": 0.85, "outro": 0.35}


@dataclass(frozen=True)
class Section:
    """A section of the form; sections of the same name share harmony and melody.

    Attributes:
        name: "intro", "verse", "chorus", "bridge" or "outro".
        first_bar: the number of its first bar in the song.
        bars: the length in bars.
        energy: the intensity of the playing (0-1).
    """

    name: str
    first_bar: int
    bars: int
    energy: float


def draw_sections(
    bars: int, bar_seconds: float, has_intro: bool, rng: np.random.Generator
) -> tuple[Section, ...]:
    """Draw the form: an intro if there is time for one, then sections for all other bars.

    Args:
        bars: the number of bars of the song.
        bar_seconds: the length of a bar [s].
        has_intro: whether the song has an intro if there is time for it.
        rng: the source of all random choices.
    """
    intro = 0
    if has_intro and bars >= 8 and bars * bar_seconds > 16:
        intro = int(rng.choice([1, 2, 4])) if bars * bar_seconds > 30 else 1
        intro = max(1, min(intro, round(9 / bar_seconds)))
    unit = 16 if bar_seconds < 1.3 and bars > 36 else 8 if bars - intro >= 14 else 4
    form = _FORMS[int(rng.integers(len(_FORMS)))]
    sections = [Section("intro", 0, intro, _ENERGY["intro"])] if intro else []
    at, index = intro, 0
    while at < bars:
        name = form[index % len(form)]
        length = min(unit, bars - at)
        if length < min(4, bars) and sections and sections[-1].name != "intro":
            name = "outro"
        rise = 0.05 * sum(section.name == name for section in sections)
        energy = min(1.0, _ENERGY[name] + rise + float(rng.uniform(-0.1, 0.1)))
        sections.append(Section(name, at, length, energy))
        at += length
        index += 1
    return tuple(sections)
