"""Descriptions of data sets and checkpoints as lines of text for `samuel-inspect`."""

import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from samuel_gen.checkpoint.checkpoint import Checkpoint
    from samuel_gen.codecs.codec import CodecIdentity
    from samuel_gen.codecs.normaliser import LatentNormaliser
    from samuel_gen.data.shards import LatentDataset

_NAME_WIDTH, _LINE_WIDTH = 20, 100  # columns
_UNRECORDED = "not recorded"


def describe_dataset(path: Path) -> list[str]:
    """Describe a data set: its songs and splits, its codec and its versions of the vocals.

    Raises:
        SamuelError: not a data set, or a damaged one.
    """
    from samuel_gen.data.shards import LatentDataset
    from samuel_gen.data.splitting import SPLITS

    dataset = LatentDataset.open(path)
    size = sum(shard.bytes for shard in dataset.shards)
    rows = [
        ("songs", f"{len(dataset.songs)}, {_format_hours(dataset)}, {size / 1e6:.1f} MB"),
        *(
            (split, f"{len(dataset.split(split))}, {_format_hours(dataset, split)}")
            for split in SPLITS
        ),
        ("codec", _describe_codec(dataset.codec_identity)),
        ("loudness", f"{dataset.loudness_lufs:g} LUFS before encoding"),
        ("melody", ", ".join(dataset.melody_names)),
        ("versions", ", ".join(("as sung", *map(_format_augmentation, dataset.augmentations)))),
        ("vocal", _describe_normaliser(dataset.vocal_normaliser)),
        ("accompaniment", _describe_normaliser(dataset.accompaniment_normaliser)),
    ]
    return [*_format_rows(rows), f"The data set is in {path}"]


def describe_checkpoint(path: Path) -> list[str]:
    """Describe a checkpoint: its parameters, configuration, codec and provenance.

    Raises:
        SamuelError: the file cannot be used.
    """
    from samuel_gen.checkpoint.checkpoint import Checkpoint
    from samuel_gen.checkpoint.weights import count_parameters_by_part

    checkpoint = Checkpoint.load(path)
    parts = count_parameters_by_part(checkpoint.weights)
    rows = [
        ("parameters", f"{sum(parts.values()):,}"),
        *((f"  {part}", f"{count:,}") for part, count in parts.items()),
        *((name, _format_node(node)) for name, node in checkpoint.config.items()),
        ("latents", _describe_codec(checkpoint.codec_identity)),
        ("vocal", _describe_normaliser(checkpoint.vocal_normaliser)),
        ("accompaniment", _describe_normaliser(checkpoint.accompaniment_normaliser)),
        *_describe_provenance(checkpoint),
    ]
    return [*_format_rows(rows), f"The checkpoint ({path.stat().st_size / 1e6:.1f} MB) is {path}"]


def _format_rows(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Format rows of name and text; a long text continues on indented lines."""
    hanging = textwrap.TextWrapper(
        width=_LINE_WIDTH,
        subsequent_indent=" " * _NAME_WIDTH,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line for name, text in rows for line in hanging.wrap(f"{name:<{_NAME_WIDTH}}{text}")]


def _describe_codec(codec: "CodecIdentity") -> str:
    return (
        f"{codec.name}, {codec.channels} channels per frame of {codec.hop_length} samples at "
        f"{codec.sample_rate} Hz, weights {codec.weights_hash}"
    )


def _format_augmentation(augmentation: Mapping[str, Any]) -> str:
    """Format the description of an augmentation, for example as "level (decibels 6)"."""
    settings = [
        f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in augmentation.items()
        if key not in ("name", "version")
    ]
    return f"{augmentation['name']} ({', '.join(settings)})" if settings else augmentation["name"]


def _describe_normaliser(normaliser: "LatentNormaliser") -> str:
    low, high = float(normaliser.scale.min()), float(normaliser.scale.max())
    mean = float(normaliser.mean.abs().max())
    return f"divided by {low:.3g} to {high:.3g}, means up to {mean:.3g}"


def _format_node(node: Any) -> str:
    """Format a node of the configuration as the call that it stands for."""
    if node is None:
        return "unknown"
    if not isinstance(node, Mapping):
        return str(node)
    *_, name = str(node.get("_target_", "")).split(".")
    values = ", ".join(f"{key}={_format_node(x)}" for key, x in node.items() if key != "_target_")
    return f"{name}({values})"


def _describe_provenance(checkpoint: "Checkpoint") -> list[tuple[str, str]]:
    provenance = checkpoint.provenance
    weights, run = _UNRECORDED, provenance.get("run")
    if "epoch" in provenance and "step" in provenance:
        epoch, step = provenance["epoch"], provenance["step"]
        weights = f"averaged up to epoch {epoch} (the first is 0), step {step}"
    length = f"{run['epochs']} epochs, {run['steps']} steps" if run else _UNRECORDED
    data = provenance.get("data")
    songs = f"{data['songs']} songs, {data['hours']:g} h" if data else _UNRECORDED
    metrics = ", ".join(
        f"{name} {x:.4g}" for name, x in sorted(provenance.get("metrics", {}).items())
    )
    return [
        ("weights", weights),
        ("training run", length),
        ("initial weights", checkpoint.initial_weights or _UNRECORDED),
        ("trained on", songs),
        ("metrics", metrics or _UNRECORDED),
        ("written by", f"samuel_gen {provenance.get('samuel_gen', f'({_UNRECORDED})')}"),
    ]


def _format_hours(dataset: "LatentDataset", split: str | None = None) -> str:
    songs = dataset.songs if split is None else dataset.split(split)
    codec = dataset.codec_identity
    seconds = sum(song.frames for song in songs) * codec.hop_length / codec.sample_rate
    return f"{seconds / 3600:.2f} h"
