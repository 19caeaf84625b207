"""The recipe of a generation, `generation.json`: what it takes to make the same bytes again."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.errors import SamuelError
from samuel_gen.lead_sheet.sheet import LeadSheet
from samuel_gen.lead_sheet.text import format_lead_sheet, parse_lead_sheet
from samuel_gen.storage import file_sha256, write_json

RECIPE_FILE = "generation.json"
FORMAT = 3
_OLD_NAMES = {"take": "vocal", "tries": "candidates"}  # of format 1
_MOST_CANDIDATES = 64
_SUBTYPES = ("PCM_16", "PCM_24", "FLOAT")
_DECISIVE = ("samuel-gen", "torch", "numpy", "soxr", "scipy", "soundfile")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what is generated for one recording.

    Attributes:
        vocal: the recording.
        checkpoint: the checkpoint.
        settings: the configuration nodes `sampler`, `guidance` and `decoder`; records of earlier
            versions lack the last.
        seeds: one seed for each result.
        tuning_cents: the singer's offset from A = 440 Hz; None: estimate it.
        balance: the loudness of the accompaniment over that of the vocal, in dB.
        extend: the seconds for which the accompaniment goes on after the vocal.
        suffix: the suffix of the sound files, for example ".wav".
        subtype: libsndfile's name of their encoding.
        device: the device of the network.
        redo: the segments that are then regenerated, in this order: start and stop in seconds, and
            the seed.
        candidates: the number of candidates for each result, of which the best is kept.
        lead_sheet: the lead sheet that the accompaniment follows; None for none.
    """

    vocal: Path
    checkpoint: Path
    settings: Mapping[str, Any]
    seeds: Sequence[int]
    tuning_cents: float | None
    balance: float
    extend: float
    suffix: str
    subtype: str
    device: str
    redo: Sequence[Sequence[float | int]] = ()
    candidates: int = 1
    lead_sheet: LeadSheet | None = None

    @property
    def num_steps(self) -> int:
        """The number of sampling steps, for a progress bar.

        All candidates of all results are one batch, and each regenerated segment is another.
        """
        batches = 1 + len(self.redo) * len(self.seeds)
        return int(self.settings["sampler"]["num_steps"]) * batches

    @classmethod
    def read(cls, path: Path) -> tuple["Recipe", "RecordedOutputs"]:
        """Read a `generation.json`, and what its run wrote.

        Formats 1 and 2 are read too; they have no lead sheet. A relative path of the vocal or of
        the checkpoint starts at the folder of the file.

        Raises:
            SamuelError: the file cannot be read, or its vocal or its checkpoint has changed.
        """
        try:
            record = json.loads(path.read_text("utf-8"))
            if record["format"] not in (1, 2, FORMAT):
                writer = record.get("versions", {}).get("samuel-gen", "of an unknown version")
                raise ValueError(f"format {record['format']}, written by samuel_gen {writer}")
            fields = {_OLD_NAMES.get(name, name): x for name, x in record["recipe"].items()}
            files = {name: fields[name] for name in ("vocal", "checkpoint")}
            digests = {name: str(file["sha256"]) for name, file in files.items()}
            paths: dict[str, Any] = {name: path.parent / f["path"] for name, f in files.items()}
            if digests["checkpoint"] == file_sha256(BUNDLED):
                paths["checkpoint"] = BUNDLED  # the package may be installed elsewhere by now
            sheet = fields.get("lead_sheet")
            paths["lead_sheet"] = None if sheet is None else parse_lead_sheet(sheet)
            recipe = cls(**{**fields, **paths})
            recipe._check()
            outputs = {str(name): str(digest) for name, digest in record["outputs"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise SamuelError(
                f"{path}: cannot be used ({' '.join(str(error).split())}); name a {RECIPE_FILE} "
                "that samuel-generate wrote"
            ) from error
        for name, digest in digests.items():
            used = recipe.checkpoint if name == "checkpoint" else recipe.vocal
            if not used.is_file() or file_sha256(used) != digest:
                state = "no such file" if not used.is_file() else "the file has changed"
                raise SamuelError(
                    f"{used}: {state}; {path} needs the {name} with SHA-256 "
                    f"{digest[:12]}...; put it back"
                )
        return recipe, RecordedOutputs(outputs, len(recipe.redo))

    def _check(self) -> None:
        """Refuse values that no run has written; a file may have been edited or damaged.

        Raises:
            ValueError: a value is out of its range.
            TypeError: a value is of another kind.
        """
        numbers = [self.balance, self.extend, self.candidates, *self.seeds]
        numbers += [each for segment in self.redo for each in segment]
        numbers += [] if self.tuning_cents is None else [self.tuning_cents]
        if not all(isinstance(number, int | float) and abs(number) < 2**63 for number in numbers):
            raise ValueError("a number is out of its range")
        if not all(isinstance(seed, int) for seed in (self.candidates, *self.seeds)):
            raise ValueError("seeds and candidates are whole numbers")
        if not self.seeds or not 1 <= self.candidates * len(self.seeds) <= _MOST_CANDIDATES:
            raise ValueError(f"{len(self.seeds)} seeds, {self.candidates} candidates")
        if any(len(segment) != 3 for segment in self.redo) or not 0 <= self.extend <= 600:
            raise ValueError("redo or extend")
        for name in ("sampler", "guidance"):
            node = self.settings[name]
            if not isinstance(node.get("_target_"), str) or node.get("_partial_") is not True:
                raise ValueError(f"its {name} names no function")
        if self.suffix not in (".wav", ".flac") or self.subtype not in _SUBTYPES:
            raise ValueError(f"{self.suffix}, {self.subtype}")
        if not 1 <= self.num_steps <= 10_000 * (1 + len(self.redo)) * len(self.seeds):
            raise ValueError("num_steps")

    def to_record(
        self,
        tuning_cents: float,
        analysis: Mapping[str, Any],
        fits: Mapping[str, Any],
        outputs: Sequence[Path],
    ) -> dict[str, Any]:
        """Return the content of a `generation.json`: the recipe and its results.

        Args:
            tuning_cents: the tuning that was used.
            analysis: the analysis of the vocal.
            fits: the fit of each result with the vocal, by seed.
            outputs: the sound files.
        """
        files = {
            name: {"path": str(path.resolve()), "sha256": file_sha256(path)}
            for name, path in (("vocal", self.vocal), ("checkpoint", self.checkpoint))
        }
        recipe = {**vars(self), "tuning_cents": tuning_cents, "seeds": list(self.seeds)}
        recipe |= {"redo": [list(each) for each in self.redo], **files}
        recipe["lead_sheet"] = self.lead_sheet and format_lead_sheet(self.lead_sheet)
        return {
            "format": FORMAT,
            "recipe": recipe,
            "outputs": {path.name: file_sha256(path) for path in outputs},
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in _DECISIVE},
            "analysis": dict(analysis),
            "fit": dict(fits),
        }


@dataclass(frozen=True)
class RecordedOutputs:
    """The files of an earlier run of a recipe.

    Attributes:
        digests: the SHA-256 of each file by name.
        redos: the number of segments that had been regenerated by then.
    """

    digests: Mapping[str, str]
    redos: int

    def compare(self, folder: Path) -> str:
        """Say in words whether the files in the folder have the same bytes."""
        changed = [name for name, own in self.digests.items() if file_sha256(folder / name) != own]
        if not changed:
            return "the same bytes as before"
        return (
            f"{', '.join(changed)}: other bytes than before; another version of a package, another "
            "device or another processor rounds differently"
        )


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write the result of `Recipe.to_record` into the folder, whole or not at all."""
    write_json(folder / RECIPE_FILE, record, indent=2)
