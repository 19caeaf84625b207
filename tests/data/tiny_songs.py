"""Songs for tests, made of a few tones. They can be pickled."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from tiny_codec import TinyCodec

from samuel_gen.audio.recording import MemoryRecording
from samuel_gen.data.encode.dataset import EncodeSummary, encode_dataset
from samuel_gen.data.sources.song import Stems
from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.chord import Chord
from samuel_gen.lead_sheet.sheet import ChordChange, LeadSheet, steady_beats
from samuel_gen.lead_sheet.style import STYLES

RATE = 16_000


@dataclass(frozen=True)
class TinySong:
    name: str
    number: int = 0
    seconds: float = 1.5
    split: str | None = None
    broken: bool = False
    edition: str = ""
    interrupted_by: Path | None = field(default=None, repr=False)
    lead_sheet: LeadSheet | None = None
    notes: tuple[str, ...] = field(default=(), repr=False)

    def state(self) -> str:
        return self.edition

    def load(self) -> Stems:
        if self.broken:
            raise SamuelError(f"song {self.name!r}: broken; export it again")
        if self.interrupted_by is not None and self.interrupted_by.exists():
            raise KeyboardInterrupt
        moments = torch.arange(round(self.seconds * RATE)) / RATE
        pitch = 200.0 + 20 * self.number
        partials = torch.stack([torch.sin(6.2832 * pitch * k * moments) / k for k in (1, 2, 3)])
        generator = torch.Generator().manual_seed(self.number)
        noise = 0.01 * torch.randn(2, len(moments), generator=generator)
        vocal = 0.1 * partials.sum(0) + noise
        accompaniment = noise + 0.1 * partials[1]
        parts = (MemoryRecording(part, RATE) for part in (vocal, accompaniment))
        sheet = self.lead_sheet or self.plan()
        return Stems(*parts, {"number": self.number}, lead_sheet=sheet, notes=self.notes)

    def plan(self) -> LeadSheet:
        """Return a lead sheet that differs from song to song."""
        chords = (
            ChordChange(0, Chord(self.number % 12, "m7", 0)),
            ChordChange(1.5, Chord(7, "", 2)),
        )
        beats = steady_beats(120 + self.number, 0.2, self.seconds)
        style = STYLES[self.number % 15] if self.number % 2 else None
        return LeadSheet(beats, 2, chords=chords, style=style)


@dataclass(frozen=True)
class SlowSong(TinySong):
    """A song that leaves files when its loading begins and, 20 s later, when it ends."""

    folder: Path = Path()

    def load(self) -> Stems:
        (self.folder / "begun").touch()
        time.sleep(20.0)
        (self.folder / "ended").touch()
        return super().load()


@dataclass
class TinySource:
    items: list[TinySong]

    def songs(self) -> list[TinySong]:
        return self.items


def make_songs(first: int, stop: int, **options: Any) -> list[TinySong]:
    return [TinySong(f"song {number}", number, **options) for number in range(first, stop)]


def encode_songs(
    songs: list[TinySong], path: Path, codec: TinyCodec | None = None, **options: Any
) -> EncodeSummary:
    options = {"workers": 1, "progress": False} | options
    return encode_dataset(TinySource(songs), codec or TinyCodec(), path, **options)
