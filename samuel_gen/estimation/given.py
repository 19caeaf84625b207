"""The parts of a lead sheet that the user gives, from options and files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.beat_list import BeatList, read_beats
from samuel_gen.lead_sheet.chart import Chart, Span, parse_chart
from samuel_gen.lead_sheet.draft import SheetDraft, read_draft
from samuel_gen.lead_sheet.key import Key, parse_key
from samuel_gen.lead_sheet.meter import Meter, parse_meter
from samuel_gen.lead_sheet.sheet import FASTEST, SLOWEST, LeadSheet
from samuel_gen.lead_sheet.style import parse_style
from samuel_gen.lead_sheet.text import read_text

USUAL_METERS = tuple(Meter(*each) for each in ((4, 4), (3, 4), (6, 8), (2, 4), (5, 4), (12, 8)))
_FIELDS = ("tempo", "bar_1_at", "meter", "key", "style", "chart")
_LONGEST = 7200.0  # seconds for which a MIDI file's last tempo goes on
_FACTORS = {"x2": 2.0, "2x": 2.0, "/2": 0.5}


@dataclass(frozen=True)
class GivenChart:
    """A chord chart whose meter may not be known yet.

    Attributes:
        text: the chart.
        name: the name of the chart in errors.
        first_line: the number of its first line.
    """

    text: str
    name: str = "--chords"
    first_line: int = 1

    def parse(self, meter: Meter) -> Chart:
        """Parse the chart; `parse_chart` says what can be wrong with it."""
        return parse_chart(self.text, meter, name=self.name, first_line=self.first_line)

    def find_meters(self) -> tuple[Meter, ...]:
        """Find the usual meters that the bars fit, 4/4 first.

        Raises:
            SamuelError: a chord is none, or the bars fit no usual meter.
        """
        fitting = []
        for meter in USUAL_METERS:
            try:
                self.parse(meter)
            except SamuelError:
                continue
            fitting.append(meter)
        if not fitting:
            self.parse(USUAL_METERS[0])
        return tuple(fitting)


@dataclass(frozen=True)
class GivenSheet:
    """All that is given of a lead sheet; whatever is None is estimated.

    Attributes:
        tempo: beats per minute, the same throughout.
        tempo_factor: the factor on the estimated tempo: 2, 1 or 0.5.
        bar_1_at: the time of a downbeat in seconds.
        meter: the meter.
        key: the key.
        style: the style.
        chart: a chord chart, which is repeated from bar 1 to the end.
        beats: the beats.
        sheet: a lead sheet with all its beats, which the fields above correct.
        open: the spans of its beats whose chord is to be found.
        notes: remarks for the user, each one line.
    """

    tempo: float | int | None = None
    tempo_factor: float | int = 1.0
    bar_1_at: float | int | None = None
    meter: Meter | None = None
    key: Key | None = None
    style: str | None = None
    chart: GivenChart | None = None
    beats: BeatList | None = None
    sheet: LeadSheet | None = None
    open: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()


def parse_given(
    *,
    tempo: str | float | int | None = None,
    bar_1_at: float | int | None = None,
    meter: str | Meter | None = None,
    key: str | Key | None = None,
    style: str | None = None,
    chords: str | None = None,
    beats: Path | Sequence[float | int] | None = None,
    lead_sheet: Path | LeadSheet | None = None,
) -> GivenSheet:
    """Check what is given and put it together.

    Args:
        tempo, bar_1_at, meter, key, style, chords, beats,
            lead_sheet: as in `estimate.estimate_lead_sheet`.

    Raises:
        SamuelError: something cannot be read, or does not fit.
    """
    number, factor = _parse_tempo(tempo)
    if bar_1_at is not None and bar_1_at < 0:
        raise SamuelError(f"bar 1 at {bar_1_at:g} s: name a time from 0 s on")
    if isinstance(beats, Path):
        listed: BeatList | None = read_beats(beats, _LONGEST)
    else:
        listed = None if beats is None else BeatList(tuple(beats))
    given = GivenSheet(
        tempo=number,
        tempo_factor=factor,
        bar_1_at=bar_1_at,
        meter=parse_meter(meter) if isinstance(meter, str) else meter,
        key=parse_key(key) if isinstance(key, str) else key,
        style=None if style is None else parse_style(style),
        chart=None if chords is None else GivenChart(chords),
        beats=listed,
    )
    if isinstance(lead_sheet, LeadSheet):
        given = _add_sheet(given, lead_sheet, (), "the lead sheet")
    elif lead_sheet is not None:
        draft = read_draft(read_text(lead_sheet, "a lead sheet"), str(lead_sheet))
        given = _add_draft(given, draft)
    return _check(given)


def _parse_tempo(tempo: str | float | int | None) -> tuple[float | None, float]:
    """Return the tempo, and the factor on the estimated one."""
    if isinstance(tempo, str):
        text = tempo.strip().lower().replace("×", "x").replace(" ", "")
        if text in _FACTORS:
            return None, _FACTORS[text]
        if not re.fullmatch(r"\d+(?:\.\d+)?(?:bpm)?", text):
            raise SamuelError(
                f"tempo {tempo!r}: give beats per minute such as 92, or x2 or /2 for twice or half "
                "the estimate"
            )
        tempo = float(text.removesuffix("bpm"))
    if tempo is not None and not SLOWEST <= tempo <= FASTEST:
        raise SamuelError(f"tempo {tempo:g}: choose {SLOWEST:g} to {FASTEST:g} beats per minute")
    return None if tempo is None else float(tempo), 1.0


def _add_draft(given: GivenSheet, draft: SheetDraft) -> GivenSheet:
    """Add what the text of a lead sheet says and no option does."""
    if draft.style is not None:
        try:
            parse_style(draft.style)
        except SamuelError as error:
            draft.fail("style", str(error))
    if draft.has_beats:
        return _add_sheet(given, *draft.complete_beats(), draft.name)
    for name in ("pickup", "length"):
        if name in draft.header:
            draft.fail(name, f"a {name} needs the lines tempo and bar 1 at, or the beats")
    chart = None
    if draft.chart_text.strip():
        chart = GivenChart(draft.chart_text, draft.name, draft.chart_line)
    doubled = [name for name in _FIELDS if _has(draft, name) and getattr(given, name) is not None]
    tempo, factor = given.tempo, given.tempo_factor
    if tempo is None and draft.tempo is not None:
        tempo, factor = _parse_tempo(draft.tempo * factor)
    return replace(
        given,
        tempo=tempo,
        tempo_factor=factor,
        bar_1_at=draft.bar_1_at if given.bar_1_at is None else given.bar_1_at,
        meter=given.meter or draft.meter,
        key=given.key or draft.key,
        style=given.style or (draft.style and parse_style(draft.style)),
        chart=given.chart or chart,
        notes=(*given.notes, *_name_winners(doubled, draft.name)),
    )


def _has(draft: SheetDraft, name: str) -> bool:
    """Return whether a draft says something of one of _FIELDS."""
    return bool(draft.chart_text.strip()) if name == "chart" else getattr(draft, name) is not None


def _add_sheet(
    given: GivenSheet, sheet: LeadSheet, spans: tuple[Span, ...], name: str
) -> GivenSheet:
    """Add a lead sheet that has all its beats."""
    unknown = {"key": sheet.key is None, "style": sheet.style is None, "chart": not sheet.chords}
    doubled = [
        each
        for each in (*_FIELDS, "beats")
        if getattr(given, each) is not None and not unknown.get(each)
    ]
    return replace(
        given,
        key=given.key or sheet.key,
        style=given.style or sheet.style,
        sheet=sheet,
        open=spans,
        notes=(*given.notes, *_name_winners(doubled, name)),
    )


def _name_winners(names: Sequence[str], sheet: str) -> list[str]:
    """Say which options win over a lead sheet."""
    if not names:
        return []
    options = {"bar_1_at": "--bar-1-at", "chart": "--chords"}
    given = ", ".join(options.get(name, f"--{name}") for name in names)
    wins = "win" if len(names) > 1 else "wins"
    return [f"{given} {wins} over {sheet}"]


def _check(given: GivenSheet) -> GivenSheet:
    """Refuse parts that contradict each other; complete the meter where the others tell it."""
    if given.beats is not None:
        if given.tempo is not None:
            raise SamuelError(
                f"--tempo does not go with {given.beats.name}, which has the tempo; leave one out"
            )
        given = replace(given, meter=_check_beats(given.beats, given.meter))
    if given.chart is not None:
        meter = given.meter or (given.sheet.meter if given.sheet else None)
        if meter is not None:
            given.chart.parse(meter)
        else:
            meters = given.chart.find_meters()
            if USUAL_METERS[0] not in meters:
                given = replace(given, meter=meters[0])
    return given


def _check_beats(beats: BeatList, meter: Meter | None) -> Meter | None:
    """Check the beats against the meter, and return the meter that is known then."""
    LeadSheet(beats.times)  # checks that they rise, and the tempo
    own = beats.meter or (Meter(beats.beats_per_bar, 4) if beats.beats_per_bar else None)
    if meter is not None and own is not None and own.beats_per_bar != meter.beats_per_bar:
        raise SamuelError(
            f"{beats.name}: bars of {own.beats_per_bar} beats do not fit {meter}, which has "
            f"{meter.beats_per_bar}; correct one of them"
        )
    return meter or own
