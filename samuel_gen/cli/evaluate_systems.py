"""The systems that `samuel-evaluate` measures: a checkpoint, and folders of accompaniments."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    from torch import Tensor

    from samuel_gen.codecs.codec import LatentCodec
    from samuel_gen.evaluation.measurements import Generate, GiveSheet
    from samuel_gen.evaluation.songs import EvaluationSong
    from samuel_gen.lead_sheet.sheet import LeadSheet

SHEETS = ("none", "true", "estimated")


@dataclass
class FolderSystem:
    """Another system's accompaniments in a folder of sound files, named after the songs.

    Attributes:
        folder: the folder.
        seconds: the length to which songs are cut, beyond which a file may go on; None if they are
            whole.
        differences: the seconds by which each file that has been read is longer than its song.
    """

    folder: Path
    seconds: float | None = None
    differences: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise SamuelError(f"{self.folder}: no such folder; check the path given as generated=")

    def __call__(self, song: "EvaluationSong", sheet: "LeadSheet | None") -> list["Tensor"]:
        """Read a song's accompaniments; one that is too short is padded, one too long is cut."""
        from torch.nn.functional import pad

        from samuel_gen.audio.files import read_audio
        from samuel_gen.audio.resample import resample, to_stereo

        length = song.accompaniment.shape[1]
        accompaniments = []
        for path in self._find_files(song.name):
            samples, rate = read_audio(path)
            accompaniment = to_stereo(resample(samples, rate, song.sample_rate))
            excess = accompaniment.shape[1] - length
            is_excerpt = excess > 0 and self.seconds is not None
            if abs(excess) > song.sample_rate and not is_excerpt:
                raise SamuelError(
                    f"{path}: {abs(excess) / song.sample_rate:.1f} s "
                    f"{'longer' if excess > 0 else 'shorter'} than song {song.name}; is it the "
                    "accompaniment of another song?"
                )
            self.differences.append(excess / song.sample_rate)
            accompaniments.append(pad(accompaniment, (0, -excess)))
        return accompaniments

    def _find_files(self, name: str) -> list[Path]:
        from samuel_gen.data.sources.files import make_readable

        stems = {path: make_readable(path.stem) for path in sorted(self.folder.iterdir())}
        paths = [
            path
            for path, stem in stems.items()
            if stem == name or stem.rpartition("-seed")[0] == name
        ]
        if not paths:
            raise SamuelError(
                f"{self.folder} has no accompaniment of song {name}; name it {name}.wav, or "
                f"{name}-seed0.wav, {name}-seed1.wav and so on"
            )
        return paths


def build_systems(
    plain: dict[str, Any],
) -> tuple["LatentCodec", dict[str, "Generate"], dict[str, Any]]:
    """Build the codec and the systems by name: the first is `generated`, others are folders.

    The third value is what `metrics.json` says of the checkpoint.

    Args:
        plain: the settings; `generated` is a list.

    Raises:
        SamuelError: a checkpoint or a folder cannot be used, or two folders have one name.
    """
    from samuel_gen.build import build
    from samuel_gen.evaluation.anchors import GENERATED, SYSTEMS

    folders = [FolderSystem(Path(folder), plain.get("seconds")) for folder in plain["generated"]]
    systems: dict[str, Generate] = {}
    about: dict[str, Any] = {}
    if plain["checkpoint"] is None:
        codec = build(plain["codec"])
        systems[GENERATED] = folders.pop(0)
    else:
        codec, systems[GENERATED], about = _load_checkpoint(plain)
    for folder in folders:
        name = folder.folder.resolve().name
        if name in systems or name in SYSTEMS:
            raise SamuelError(f"generated: a system is already called {name}; rename the folder")
        systems[name] = folder
    return codec, systems, about


def describe_differences(system: "Generate") -> str | None:
    """Return a line about the files that were padded or cut; None if there are none."""
    if not isinstance(system, FolderSystem) or not any(system.differences):
        return None
    wrong = [abs(each) for each in system.differences if each]
    return (
        f"{system.folder}: {len(wrong)} of {len(system.differences)} files differ in length from "
        f"their songs (by {1000 * max(wrong):.3g} ms at most); they were cut or padded with silence"
    )


def make_sheet_giver(plain: dict[str, Any]) -> "GiveSheet":
    """Make the function that returns the lead sheet for a song: none, true or estimated.

    The music of other systems alone is compared with the true sheet, where that is known.

    Args:
        plain: the settings.
    """
    if plain["lead_sheet"] == "none":
        return lambda song: None
    if plain["checkpoint"] is None:
        return lambda song: song.lead_sheet
    return _find_true_sheet if plain["lead_sheet"] == "true" else _estimate_sheet


def _find_true_sheet(song: "EvaluationSong") -> "LeadSheet":
    if song.lead_sheet is None:
        raise SamuelError(
            f"lead_sheet=true: the sheet of song {song.name} is not known; put a lead_sheet.txt "
            "beside its stems, or choose lead_sheet=estimated"
        )
    return song.lead_sheet


def _estimate_sheet(song: "EvaluationSong") -> "LeadSheet":
    from samuel_gen.estimation.estimate import estimate_lead_sheet

    sheet: LeadSheet = estimate_lead_sheet(song.vocal, song.sample_rate).sheet
    return sheet


def _load_checkpoint(
    plain: dict[str, Any],
) -> tuple["LatentCodec", "Generate", dict[str, Any]]:
    from samuel_gen.build import build
    from samuel_gen.checkpoint.hub import find_checkpoint
    from samuel_gen.generation.accompanist import Accompanist
    from samuel_gen.storage import file_sha256

    path = find_checkpoint(plain["checkpoint"])
    accompanist = Accompanist.from_pretrained(path, plain["device"], decoder=plain["decoder"])
    sampler = build(plain["sampler"])
    guidance = _withhold(build(plain["guidance"]), plain["withhold"])

    def generate(song: Any, sheet: Any) -> list[Any]:
        results = accompanist.generate_results(
            song.vocal,
            song.sample_rate,
            plain["seeds"],
            candidates=plain["candidates"],
            sampler=sampler,
            guidance=guidance,
            lead_sheet=sheet,
            tuning_cents=0.0,  # the true accompaniment is at 440 Hz, whatever the singer's tuning
            name=song.name,
        )
        return [each.accompaniment for each in results]

    return accompanist.model.codec, generate, {"checkpoint_sha256": file_sha256(path)}


def _withhold(guidance: Any, views: Sequence[str]) -> Any:
    """Return the guidance, around a denoiser that some views are withheld from."""
    from samuel_gen.diffusion.denoiser import VIEWS
    from samuel_gen.diffusion.withheld_views import ViewsWithheld

    unknown = set(views) - set(VIEWS)
    if unknown:
        raise SamuelError(f"withhold: {unknown.pop()} is no view; choose from {', '.join(VIEWS)}")
    if not views:
        return guidance
    return lambda denoiser, schedule: guidance(ViewsWithheld(denoiser, views), schedule)
