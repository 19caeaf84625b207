"""`generation.json`: everything that decided what was made, enough to make the same bytes again."""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from samuel_gen.checkpoint.bundled import SHIPPED
from samuel_gen.errors import SamuelError

SHEET = "generation.json"
FORMAT = 1
_APART = 1000  # between the seeds of one take's tries
_DECISIVE = ("samuel-gen", "torch", "numpy", "soxr", "scipy", "soundfile")


@dataclass(frozen=True)
class Recipe:
    """What a user has asked for, of one recording.

    Attributes:
        take: the recording.
        checkpoint: the model.
        settings: the nodes `sampler` and `guidance`.
        seeds: one for each accompaniment.
        tuning_cents: how far the singer lies above A = 440 Hz; None is to be heard.
        balance: dB, see `Accompanist.takes`.
        extend: seconds for which the band goes on after the voice.
        suffix: of the sound files, for example ".wav".
        subtype: libsndfile's name of their encoding.
        device: where the network runs.
        redo: stretches that are then made anew, in this order: start and stop [s], and the seed.
        tries: for each of `seeds`, of which the one that fits the voice best is kept.
    """

    take: Path
    checkpoint: Path
    settings: Mapping[str, Any]
    seeds: Sequence[int]
    tuning_cents: float | None
    balance: float
    extend: float
    suffix: str
    subtype: str
    device: str
    redo: Sequence[Sequence[float]] = ()
    tries: int = 1

    @property
    def tried(self) -> list[int]:
        """The seeds of all tries, those for one of `seeds` side by side, and none of them twice."""
        return [seed + _APART * number for seed in self.seeds for number in range(self.tries)]

    @property
    def by_melody(self) -> list[int]:
        """The seeds of every other try, which hears the melody alone; see `Accompanist.takes`."""
        return [seed for at, seed in enumerate(self.tried) if at % self.tries % 2]

    @property
    def num_steps(self) -> int:
        """Of the sampler, over the batch of all tries and every stretch that is made anew."""
        return int(self.settings["sampler"]["num_steps"]) * (1 + len(self.redo) * len(self.seeds))

    @classmethod
    def read(cls, path: Path) -> tuple["Recipe", "Promise"]:
        """The recipe of a `generation.json`, and what came of it.

        Raises:
            SamuelError: no such sheet, or its take or its checkpoint is another file by now.
        """
        try:
            sheet = json.loads(path.read_text("utf-8"))
            if sheet["format"] != FORMAT:
                raise ValueError(f"format {sheet['format']}")
            files = {name: sheet["recipe"][name] for name in ("take", "checkpoint")}
            paths: dict[str, Any] = {name: Path(file["path"]) for name, file in files.items()}
            if files["checkpoint"]["sha256"] == digest(SHIPPED):
                paths["checkpoint"] = SHIPPED  # wherever the package was installed then
            found = cls(**{**sheet["recipe"], **paths})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SamuelError(
                f"{path}: cannot be used ({' '.join(str(error).split())}); expected the "
                f"{SHEET} that samuel-generate wrote; check the path"
            ) from error
        for name, file in files.items():
            there = found.checkpoint if name == "checkpoint" else found.take
            if not there.is_file() or digest(there) != file["sha256"]:
                what = "no such file" if not there.is_file() else "another file by now"
                raise SamuelError(
                    f"{there}: {what}; expected the {name} of {path}, SHA-256 "
                    f"{file['sha256'][:12]}...; put it back there"
                )
        return found, Promise(dict(sheet["outputs"]), len(found.redo))

    def sheet(
        self,
        tuning_cents: float,
        heard: Mapping[str, Any],
        fits: Mapping[str, Any],
        outputs: Sequence[Path],
    ) -> dict[str, Any]:
        """What `write` takes: the recipe as it was carried out.

        Args:
            tuning_cents: that was used.
            heard: what was told of the take.
            fits: by seed, how well what was made fits the voice.
            outputs: the sound files.
        """
        files = {
            name: {"path": str(path.resolve()), "sha256": digest(path)}
            for name, path in (("take", self.take), ("checkpoint", self.checkpoint))
        }
        recipe = {**asdict(self), "tuning_cents": tuning_cents, "seeds": list(self.seeds)}
        recipe |= {"redo": [list(each) for each in self.redo], **files}
        return {
            "format": FORMAT,
            "recipe": recipe,
            "outputs": {path.name: digest(path) for path in outputs},
            "versions": {"python": platform.python_version()}
            | {name: version(name) for name in _DECISIVE},
            "take": dict(heard),
            "fit": dict(fits),
        }


@dataclass(frozen=True)
class Promise:
    """What a recipe that is carried out again should come to.

    Attributes:
        digests: SHA-256 by file name.
        redos: how many stretches had been made anew by then.
    """

    digests: Mapping[str, str]
    redos: int

    def kept(self, folder: Path) -> str:
        """Are the files in the folder what they were? In words."""
        other = [name for name, own in self.digests.items() if digest(folder / name) != own]
        if not other:
            return "the same bytes as before"
        return (
            f"{', '.join(other)}: other bytes than before; another version of a package, another "
            "device or another processor rounds differently"
        )


def write(folder: Path, sheet: Mapping[str, Any]) -> None:
    """Write the sheet into the folder; all of it or nothing."""
    partial = folder / f".{SHEET}.partial"
    partial.write_text(json.dumps(sheet, indent=2, ensure_ascii=False) + "\n", "utf-8")
    partial.replace(folder / SHEET)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
