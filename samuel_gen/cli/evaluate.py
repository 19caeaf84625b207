"""`samuel-evaluate`: measure a checkpoint, or the music of another system, against anchors."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.cli.app import report_errors, run_hydra
from samuel_gen.cli.evaluate_systems import SHEETS
from samuel_gen.errors import SamuelError
from samuel_gen.storage import write_json

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from samuel_gen.codecs.codec import LatentCodec
    from samuel_gen.evaluation.measurements import Measurements


def main() -> None:
    """Run the command `samuel-evaluate`."""
    if "--list" in sys.argv[1:]:
        with report_errors():
            from samuel_gen.evaluation.tables import explain_metrics

            print(*explain_metrics(), sep="\n")
        return
    run_hydra(evaluate, "evaluate")


def evaluate(config: "DictConfig") -> None:
    """Generate accompaniments, measure them and the anchors, and write the tables.

    Args:
        config: `configs/evaluate.yaml`, composed.

    Raises:
        SamuelError: nothing to evaluate, too few songs, an extra that is not installed, or an
            earlier evaluation in the output folder.
    """
    plain = _read_settings(config)
    output = Path(plain["output"])
    _remove_unused_folder(output)

    from rich.console import Console
    from rich.progress import track

    from samuel_gen.build import build
    from samuel_gen.cli.evaluate_systems import (
        build_systems,
        describe_differences,
        make_sheet_giver,
    )
    from samuel_gen.evaluation.anchors import TRUE
    from samuel_gen.evaluation.extras import (
        SONG_EXTRAS,
        check_extras,
        measure_frechet_audio_distances,
    )
    from samuel_gen.evaluation.measurements import measure_systems
    from samuel_gen.evaluation.songs import hash_names, load_songs, select_test_songs

    check_extras(plain["extras"])
    items = select_test_songs(build(plain["source"]).songs(), _test_names(plain["data"]["root"]))
    codec, systems, about = build_systems(plain)
    songs = load_songs(items, plain["seconds"])
    shown = track(songs, "songs", len(items), console=Console(stderr=True), transient=True)
    extras = {name: SONG_EXTRAS[name]() for name in plain["extras"] if name in SONG_EXTRAS}
    fad = "fad" in plain["extras"]
    on_accompaniment = _make_writer(output / "audio") if fad else None
    measurements = measure_systems(
        shown,
        systems,
        *_adapt_codec(codec),
        extras,
        on_accompaniment,
        make_sheet_giver(plain),
    )
    for line in filter(None, map(describe_differences, systems.values())):
        print(line, file=sys.stderr)
    folders = {name: output / "audio" / name for name in measurements.systems} if fad else {}
    distances = measure_frechet_audio_distances(folders, TRUE) if fad else {}
    about |= {"settings": plain, "songs_hash": hash_names(items)}
    _write_tables(output, measurements, about, distances)
    print(f"metrics.md, .json, .csv and .png are in {output}")


def _read_settings(config: "DictConfig") -> dict[str, Any]:
    """Check the configuration and return it as a plain dict."""
    from omegaconf import OmegaConf

    plain: dict[str, Any] = OmegaConf.to_container(  # type: ignore[assignment]
        config, resolve=True, throw_on_missing=True
    )
    folders = plain["generated"]
    plain["generated"] = [folders] if isinstance(folders, str) else folders or []
    if plain["checkpoint"] == "bundled" or not (plain["checkpoint"] or plain["generated"]):
        plain["checkpoint"] = str(BUNDLED)
    words = {True: "true", False: "none", None: "none"}  # `true` is no text in YAML
    plain["lead_sheet"] = words.get(plain["lead_sheet"], plain["lead_sheet"])
    if plain["lead_sheet"] not in SHEETS:
        raise SamuelError(
            f"lead_sheet={plain['lead_sheet']}: choose one of {', '.join(SHEETS)}; "
            "true is the song's own"
        )
    if (Path(plain["output"]) / "metrics.json").exists():
        raise SamuelError(
            f"{plain['output']} already holds an evaluation; choose another folder with output="
        )
    if not isinstance(plain["candidates"], int) or not 1 <= plain["candidates"] <= 64:
        raise SamuelError(f"candidates={plain['candidates']}: choose 1 to 64")
    if not plain["seeds"]:
        raise SamuelError("seeds is empty; give at least one, for example seeds=[0,1,2]")
    return plain


def _remove_unused_folder(output: Path) -> None:
    """Remove the folder that Hydra made for the run, if the results go elsewhere."""
    from hydra.core.hydra_config import HydraConfig

    if HydraConfig.initialized():
        made = Path(HydraConfig.get().runtime.output_dir)
        if made.resolve() != output.resolve():
            with suppress(OSError, ValueError):  # it is not empty, or not below this folder
                os.removedirs(made.relative_to(Path.cwd()))  # never this folder itself


def _test_names(root: str | None) -> frozenset[str] | None:
    """Names of the songs in a data set's test split; None without a data set."""
    if root is None:
        return None
    from samuel_gen.data.shards import LatentDataset

    return frozenset(s.name for s in LatentDataset.open(root).songs if s.split == "test")


def _adapt_codec(
    codec: "LatentCodec",
) -> tuple[Callable[[Any, int], Any], Callable[[Any, int], Any]]:
    """Make the functions that take sounds of any sample rate through the codec and into latents."""
    from samuel_gen.audio.resample import resample

    def encode(sound: Any, rate: int) -> Any:
        return codec.encode(resample(sound, rate, codec.sample_rate))

    def round_trip(sound: Any, rate: int) -> Any:
        resampled = resample(sound, rate, codec.sample_rate)
        decoded = codec.decode(codec.encode(resampled), resampled.shape[1])
        return resample(decoded, codec.sample_rate, rate)[:, : sound.shape[1]]

    return round_trip, encode


def _make_writer(folder: Path) -> Callable[[str, Any, int, Any], None]:
    """Make the function that writes each accompaniment into the folder of its system."""
    from samuel_gen.audio.files import write_audio

    def write(system: str, song: Any, seed: int, accompaniment: Any) -> None:
        path = folder / system / f"{song.name}-seed{seed}.wav"
        write_audio(path, accompaniment, song.sample_rate)

    return write


def _write_tables(
    output: Path,
    measurements: "Measurements",
    about: dict[str, Any],
    distances: dict[str, dict[str, float]],
) -> None:
    from samuel_gen.evaluation.aggregation import (
        aggregate,
        aggregate_groups,
        make_distance_rows,
        rows_to_json,
    )
    from samuel_gen.evaluation.tables import format_markdown, plot_normalised_scores, write_csv

    output.mkdir(parents=True, exist_ok=True)
    rows = [*aggregate(measurements), *make_distance_rows(distances)]
    groups = {
        **aggregate_groups(measurements, measurements.styles),
        **aggregate_groups(measurements, measurements.paces),
    }
    seeds = len(about["settings"]["seeds"]) if about["settings"]["checkpoint"] else "given"
    text = [
        f"{len(measurements.names)} songs (list {about['songs_hash']}), seeds: {seeds}. Means with "
        "95 % bootstrap intervals over songs. Normalised score: 0 is another song's accompaniment, "
        "1 the true one.\n",
        format_markdown(rows),
    ]
    for name, group in groups.items():
        text.append(f"\n## {name}\n\n{format_markdown(group)}")
    (output / "metrics.md").write_text("\n".join(text), "utf-8", "backslashreplace")
    plain = {**about, "songs": measurements.names, "metrics": rows_to_json(rows)}
    plain["groups"] = {name: rows_to_json(group) for name, group in groups.items()}
    write_json(output / "metrics.json", plain, indent=1)
    write_csv(measurements, output / "metrics.csv")
    plot_normalised_scores(rows, output / "metrics.png")
    print(format_markdown(rows))


if __name__ == "__main__":
    main()
