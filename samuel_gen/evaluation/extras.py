"""Extra metrics that need another package and a download; see `EXTRA_METRICS` for their names.

Each calls a published model as its authors describe; none of their code is part of this package.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from samuel_gen.audio.phase import to_mono
from samuel_gen.errors import SamuelError
from samuel_gen.evaluation.metric_input import MetricInput
from samuel_gen.evaluation.rhythm import f_measure_of_beats
from samuel_gen.evaluation.song_metrics import Metric

FAD_MODELS = {"fad_clap": "clap-laion-music", "fad_vggish": "vggish"}


@runtime_checkable
class SongExtra(Protocol):
    """A model that measures single accompaniments."""

    def measure(self, inputs: MetricInput) -> dict[str, float]:
        """Compute its metrics of one accompaniment, by name."""


class BeatThis:
    """Beat metric by a trained tracker, in place of the dynamic programming of `beat_f`.

    Source: Foscarin, Schlueter & Widmer 2024, "Beat This! Accurate Beat Tracking Without DBN
    Postprocessing".
    """

    def __init__(self) -> None:
        self.tracker = _import_module("beat_this.inference", "beat_this").Audio2Beats(
            "final0", "cpu"
        )

    def measure(self, inputs: MetricInput) -> dict[str, float]:
        """F-measure of the tracker's beats against the true ones, within 70 ms."""
        sound = inputs.accompaniment
        beats, _ = self.tracker(to_mono(sound.sound).numpy(), sound.sample_rate)
        return {"beat_f_beat_this": f_measure_of_beats(inputs.true_beats, beats)}


class Audiobox:
    """Aesthetic ratings as listeners would give them, 1 to 10.

    Source: Tjandra et al. 2025, "Meta Audiobox Aesthetics: Unified Automatic Quality Assessment
    for Speech, Music, and Sound".
    """

    def __init__(self) -> None:
        module = _import_module("audiobox_aesthetics.infer", "audiobox")
        self.predictor = module.initialize_predictor()

    def measure(self, inputs: MetricInput) -> dict[str, float]:
        """Production quality and complexity, content enjoyment and usefulness."""
        sound = inputs.accompaniment
        item = {"path": sound.sound.float(), "sample_rate": sound.sample_rate}
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
EXTRA_METRICS: Mapping[str, tuple[Metric, ...]] = {
    "fad": tuple(
        Metric(name, "", "lower", f"FAD from true accompaniments, {model}")
        for name, model in FAD_MODELS.items()
    ),
    "beat_this": (Metric("beat_f_beat_this", "", "higher", "beat_f with the tracker Beat This!"),),
    "audiobox": tuple(
        Metric(f"audiobox_{axis.lower()}", "1-10", "higher", f"Audiobox aesthetics: {text}")
        for axis, text in _AXES.items()
    ),
}
_MODULES = {
    "fad": "fadtk",
    "beat_this": "beat_this.inference",
    "audiobox": "audiobox_aesthetics.infer",
}
_PACKAGES = {"fad": "fadtk", "beat_this": "beat-this", "audiobox": "audiobox_aesthetics"}


def measure_frechet_audio_distances(
    folders: Mapping[str, Path], true: str
) -> dict[str, dict[str, float]]:
    """Compute the FAD of each system's files from the true ones, by metric and system.

    Args:
        folders: the folder of sound files of each system; embeddings are cached in it.
        true: the system that the others are compared with.

    Source: Kilgour et al. 2019, "Frechet Audio Distance"; Gui et al. 2024, "Adapting Frechet
    Audio Distance for Generative Music Evaluation" (fadtk).
    """
    loader = _import_module("fadtk.model_loader", "fad")
    batch, fad = (_import_module(f"fadtk.{name}", "fad") for name in ("fad_batch", "fad"))
    models = {model.name: model for model in loader.get_all_models()}
    distances: dict[str, dict[str, float]] = {}
    for metric, name in FAD_MODELS.items():
        for folder in folders.values():
            batch.cache_embedding_files(folder, models[name], workers=1)
        scorer = fad.FrechetAudioDistance(models[name], audio_load_worker=1, load_model=False)
        distances[metric] = {
            system: float(scorer.score(folders[true], folder))
            for system, folder in folders.items()
            if system != true
        }
    return distances


def check_extras(names: Sequence[str]) -> None:
    """Check that extras exist and that their packages are installed.

    Raises:
        SamuelError: an unknown extra, or one whose package is missing.
    """
    for name in names:
        if name not in EXTRA_METRICS:
            raise SamuelError(
                f"extras: {name} is unknown; choose from {', '.join(EXTRA_METRICS)}, which "
                "samuel-evaluate --list explains"
            )
        _import_module(_MODULES[name], name)


def _import_module(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise SamuelError(
            f"extras: {extra} needs the package {_PACKAGES[extra]}; run "
            f"`pip install {_PACKAGES[extra]}`, or leave {extra} out"
        ) from None
