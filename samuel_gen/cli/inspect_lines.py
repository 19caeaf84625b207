"""What is in a data set or a checkpoint, in lines for a terminal."""

import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from samuel_gen.checkpoint.checkpoint import Checkpoint
    from samuel_gen.codecs.codec import CodecIdentity
    from samuel_gen.codecs.normaliser import LatentNormaliser
    from samuel_gen.data.shards import LatentDataset

_NAME = 20  # columns
_LINE = 100
_UNRECORDED = "not recorded"


def dataset_lines(path: Path) -> list[str]:
    """What a data set holds.

    Raises:
        SamuelError: no data set, or a damaged one.
    """
    from samuel_gen.data.shards import LatentDataset
    from samuel_gen.data.splitting import SPLITS

    dataset = LatentDataset.open(path)
    size = sum(shard.bytes for shard in dataset.shards)
    rows = [
        ("songs", f"{len(dataset.songs)}, {_hours(dataset)}, {size / 1e6:.1f} MB"),
        *((split, f"{len(dataset.split(split))}, {_hours(dataset, split)}") for split in SPLITS),
        ("codec", _codec(dataset.codec_identity)),
        ("loudness", f"{dataset.loudness_lufs:g} LUFS before encoding"),
        ("melody", ", ".join(dataset.melody_names)),
        ("versions", ", ".join(("as sung", *dataset.augmentations))),
        ("vocal", _normaliser(dataset.vocal_normaliser)),
        ("accompaniment", _normaliser(dataset.accompaniment_normaliser)),
    ]
    return [*_table(rows), f"The data set is in {path}"]


def checkpoint_lines(path: Path) -> list[str]:
    """What a released checkpoint holds, and how it came about.

    Raises:
        SamuelError: the file cannot be used.
    """
    from samuel_gen.checkpoint.checkpoint import Checkpoint
    from samuel_gen.checkpoint.parameters import parameters_by_part

    checkpoint = Checkpoint.load(path)
    parts = parameters_by_part(checkpoint.weights)
    rows = [
        ("parameters", f"{sum(parts.values()):,}"),
        *((f"  {part}", f"{count:,}") for part, count in parts.items()),
        *((name, _node(node)) for name, node in checkpoint.config.items()),
        ("latents", _codec(checkpoint.codec_identity)),
        ("vocal", _normaliser(checkpoint.vocal_normaliser)),
        ("accompaniment", _normaliser(checkpoint.accompaniment_normaliser)),
        *_provenance(checkpoint),
    ]
    return [*_table(rows), f"The checkpoint ({path.stat().st_size / 1e6:.1f} MB) is {path}"]


def _table(rows: Iterable[tuple[str, str]]) -> list[str]:
    """A line for each row, and more where it is long."""
    hanging = textwrap.TextWrapper(
        width=_LINE,
        subsequent_indent=" " * _NAME,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line for name, text in rows for line in hanging.wrap(f"{name:<{_NAME}}{text}")]


def _codec(codec: "CodecIdentity") -> str:
    return (
        f"{codec.name}, {codec.channels} numbers per frame of {codec.hop_length} samples at "
        f"{codec.sample_rate} Hz, weights {codec.weights_hash}"
    )


def _normaliser(normaliser: "LatentNormaliser") -> str:
    low, high = float(normaliser.scale.min()), float(normaliser.scale.max())
    mean = float(normaliser.mean.abs().max())
    return f"divided by {low:.3g} to {high:.3g}, means up to {mean:.3g}"


def _node(node: Any) -> str:
    """A node of the configuration as the call that it stands for."""
    if node is None:
        return "unknown"
    if not isinstance(node, Mapping):
        return str(node)
    *_, name = str(node.get("_target_", "")).split(".")
    values = ", ".join(f"{key}={_node(x)}" for key, x in node.items() if key != "_target_")
    return f"{name}({values})"


def _provenance(checkpoint: "Checkpoint") -> list[tuple[str, str]]:
    known = checkpoint.provenance
    weights, run = _UNRECORDED, known.get("run")
    if "epoch" in known and "step" in known:
        weights = f"as averaged in epoch {known['epoch']} (the first is 0), step {known['step']}"
    whole = f"{run['epochs']} epochs, {run['steps']} steps" if run else _UNRECORDED
    data = known.get("data")
    songs = f"{data['songs']} songs, {data['hours']:g} h" if data else _UNRECORDED
    metrics = ", ".join(f"{name} {x:.4g}" for name, x in sorted(known.get("metrics", {}).items()))
    return [
        ("weights", weights),
        ("whole run", whole),
        ("began with", checkpoint.beginning or _UNRECORDED),
        ("learned from", songs),
        ("metrics", metrics or _UNRECORDED),
        ("written by", f"samuel_gen {known.get('samuel_gen', f'({_UNRECORDED})')}"),
    ]


def _hours(dataset: "LatentDataset", split: str | None = None) -> str:
    songs = dataset.songs if split is None else dataset.split(split)
    codec = dataset.codec_identity
    seconds = sum(song.frames for song in songs) * codec.hop_length / codec.sample_rate
    return f"{seconds / 3600:.2f} h"
