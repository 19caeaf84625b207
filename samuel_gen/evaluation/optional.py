"""Figures that need a package and a download of their own; asked for by name, see EXTRAS.

Each is the published model's, called as its authors say; nothing of them is part of this package.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from samuel_gen.errors import SamuelError
from samuel_gen.evaluation.clip import Clip
from samuel_gen.evaluation.rhythm import f_measure_of_beats
from samuel_gen.evaluation.song_metrics import Metric

FAD_MODELS = {"fad_clap": "clap-laion-music", "fad_vggish": "vggish"}


@runtime_checkable
class SongExtra(Protocol):
    """A model that measures songs."""

    def measure(self, clip: Clip) -> dict[str, float]:
        """Its figures of one band, by name."""


class BeatThis:
    """Beats by a trained tracker instead of dynamic programming.

    Source: Foscarin, Schlueter & Widmer 2024, "Beat This! Accurate Beat Tracking Without DBN
    Postprocessing".
    """

    def __init__(self) -> None:
        self.tracker = _module("beat_this.inference", "beat_this").Audio2Beats("final0", "cpu")

    def measure(self, clip: Clip) -> dict[str, float]:
        """F-measure of its beats against the true ones, within 70 ms."""
        beats, _ = self.tracker(clip.band.sound.mean(0).numpy(), clip.band.sample_rate)
        return {"beat_f_beat_this": f_measure_of_beats(clip.true_beats, beats)}


class Audiobox:
    """Aesthetics as raters would judge them, 1 to 10.

    Source: Tjandra et al. 2025, "Meta Audiobox Aesthetics: Unified Automatic Quality Assessment
    for Speech, Music, and Sound".
    """

    def __init__(self) -> None:
        self.predictor = _module("audiobox_aesthetics.infer", "audiobox").initialize_predictor()

    def measure(self, clip: Clip) -> dict[str, float]:
        """Production quality and complexity, content enjoyment and usefulness of the band."""
        item = {"path": clip.band.sound.float(), "sample_rate": clip.band.sample_rate}
        (scores,) = self.predictor.forward([item])
        return {f"audiobox_{axis.lower()}": float(scores[axis]) for axis in _AXES}


_AXES = {
    "PQ": "production quality",
    "PC": "production complexity",
    "CE": "content enjoyment",
    "CU": "content usefulness",
}

SONG_EXTRAS: Mapping[str, Callable[[], SongExtra]] = {
    "beat_this": BeatThis,
    "audiobox": Audiobox,
}
EXTRAS: Mapping[str, tuple[Metric, ...]] = {
    "fad": tuple(
        Metric(name, "", "lower", f"Frechet audio distance from true bands, {model}")
        for name, model in FAD_MODELS.items()
    ),
    "beat_this": (
        Metric("beat_f_beat_this", "", "higher", "as beat_f, by the tracker Beat This!"),
    ),
    "audiobox": tuple(
        Metric(f"audiobox_{axis.lower()}", "1-10", "higher", f"Audiobox aesthetics: {text}")
        for axis, text in _AXES.items()
    ),
}
_PACKAGES = {"fad": "fadtk", "beat_this": "beat-this", "audiobox": "audiobox_aesthetics"}


def frechet_audio_distances(folders: Mapping[str, Path], true: str) -> dict[str, dict[str, float]]:
    """FAD of each system's files from the true ones, by metric and system.

    Args:
        folders: of sound files, by system; embeddings are kept in them.
        true: the system that the others are compared with.

    Source: Kilgour et al. 2019, "Frechet Audio Distance"; Gui et al. 2024, "Adapting Frechet
    Audio Distance for Generative Music Evaluation" (fadtk).
    """
    loader = _module("fadtk.model_loader", "fad")
    batch, fad = (_module(f"fadtk.{name}", "fad") for name in ("fad_batch", "fad"))
    models = {model.name: model for model in loader.get_all_models()}
    found: dict[str, dict[str, float]] = {}
    for metric, name in FAD_MODELS.items():
        for folder in folders.values():
            batch.cache_embedding_files(folder, models[name], workers=1)
        scorer = fad.FrechetAudioDistance(models[name], audio_load_worker=1, load_model=False)
        found[metric] = {
            system: float(scorer.score(folders[true], folder))
            for system, folder in folders.items()
            if system != true
        }
    return found


def check_extras(names: Sequence[str]) -> None:
    """Refuse extras that there are none of, or whose package is not installed.

    Raises:
        SamuelError: one of them cannot be had.
    """
    for name in names:
        if name not in EXTRAS:
            raise SamuelError(
                f"extras: {name}; expected some of {', '.join(EXTRAS)}; see samuel-evaluate --list"
            )
        _module(
            {"fad": "fadtk", "beat_this": "beat_this.inference"}.get(
                name, "audiobox_aesthetics.infer"
            ),
            name,
        )


def _module(path: str, extra: str) -> Any:
    try:
        return import_module(path)
    except ImportError:
        raise SamuelError(
            f"extras: {extra} needs {_PACKAGES[extra]}; expected it installed; run "
            f"`pip install {_PACKAGES[extra]}`, or leave {extra} out"
        ) from None
