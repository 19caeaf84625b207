import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.checkpoint.bundled import SHIPPED
from samuel_gen.cli.app import mistakes_told, run_hydra
from samuel_gen.errors import SamuelError

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from samuel_gen.codecs.codec import LatentCodec


def main() -> None:
    """`samuel-evaluate`: from a checkpoint, or another system's music, to a table; see --help."""
    if "--list" in sys.argv[1:]:
        with mistakes_told():
            from samuel_gen.evaluation.summary_table import explained

            print(*explained(), sep="\n")
        return
    run_hydra(evaluate, "evaluate")


def evaluate(config: "DictConfig") -> None:
    """Generate, measure beside the anchors, and write the table down.

    Args:
        config: `configs/evaluate.yaml`, composed.

    Raises:
        SamuelError: nothing to evaluate, no songs, or music that is not there.
    """
    from omegaconf import OmegaConf

    plain: dict[str, Any] = OmegaConf.to_container(  # type: ignore[assignment]
        config, resolve=True, throw_on_missing=True
    )
    if plain["generated"] is None:
        plain["checkpoint"] = plain["checkpoint"] or str(SHIPPED)
    elif plain["checkpoint"] is not None:
        raise SamuelError(
            "checkpoint and generated: found both; expected one of them; leave the other out"
        )
    output = Path(plain["output"])
    if (output / "metrics.json").exists():
        raise SamuelError(
            f"{output}: there is an evaluation already; expected a new folder; name another one"
        )
    if not plain["seeds"]:
        raise SamuelError("seeds: none; expected one or more; seeds=[0,1,2] is the default")

    from rich.console import Console
    from rich.progress import track

    from samuel_gen.build import build
    from samuel_gen.evaluation.measuring import TRUE, measure
    from samuel_gen.evaluation.optional import SONG_EXTRAS, check_extras, frechet_audio_distances
    from samuel_gen.evaluation.songs import chosen, loaded, names_hash

    check_extras(plain["extras"])
    items = chosen(build(plain["source"]).songs(), _test_names(plain["data"]["root"]))
    codec, generate, about = _system(plain)
    songs = loaded(items, plain["seconds"])
    shown = track(songs, "songs", len(items), console=Console(stderr=True), transient=True)
    extras = {name: SONG_EXTRAS[name]() for name in plain["extras"] if name in SONG_EXTRAS}
    fad = "fad" in plain["extras"]
    keep = _keeper(output / "audio") if fad else None
    found = measure(shown, generate, _round_trip(codec), extras, keep)
    folders = {name: output / "audio" / name for name in found.parts} if fad else {}
    distances = frechet_audio_distances(folders, TRUE) if fad else {}
    about |= {"settings": plain, "songs_hash": names_hash(items)}
    _write(output, found, about, distances)
    print(f"metrics.md, .json, .csv and .png are in {output}")


def _test_names(root: str | None) -> frozenset[str] | None:
    if root is None:
        return None
    from samuel_gen.data.shards import LatentDataset

    return frozenset(s.name for s in LatentDataset.open(root).songs if s.split == "test")


def _system(
    plain: dict[str, Any],
) -> tuple["LatentCodec", Callable[[Any], Sequence[Any]], dict[str, Any]]:
    """The codec, what plays to a song, and what is to be told of it."""
    from samuel_gen.build import build

    if plain["generated"] is not None:
        return build(plain["codec"]), _reader(Path(plain["generated"])), {}

    from samuel_gen.checkpoint.hub import checkpoint_file
    from samuel_gen.generation.accompanist import Accompanist
    from samuel_gen.generation.recipe import digest

    path = checkpoint_file(plain["checkpoint"])
    accompanist = Accompanist.from_pretrained(path, plain["device"])
    sampler, guidance = build(plain["sampler"]), build(plain["guidance"])

    def generate(song: Any) -> list[Any]:
        made = accompanist.takes(
            song.vocal,
            song.sample_rate,
            plain["seeds"],
            sampler=sampler,
            guidance=guidance,
            tuning_cents=0.0,  # the true band plays at 440 Hz, whatever the voice does
            name=song.name,
        )
        return [each.accompaniment for each in made]

    return accompanist.codec, generate, {"checkpoint_sha256": digest(path)}


def _reader(folder: Path) -> Callable[[Any], list[Any]]:
    """Takes a song's bands from a folder."""
    from samuel_gen.audio.files import read_audio
    from samuel_gen.audio.resample import resample, to_stereo

    if not folder.is_dir():
        raise SamuelError(f"{folder}: no such folder; expected one of sound files; check the path")

    def read(song: Any) -> list[Any]:
        inside = sorted(folder.iterdir())
        paths = [
            path
            for path in inside
            if path.stem == song.name or path.stem.rpartition("-seed")[0] == song.name
        ]
        if not paths:
            raise SamuelError(
                f"{folder}: nothing for song {song.name}; expected {song.name}.wav, or "
                f"{song.name}-seed0.wav and more; name the files after the source's songs"
            )
        bands = []
        for path in paths:
            samples, rate = read_audio(path)
            band = to_stereo(resample(samples, rate, song.sample_rate))
            bands.append(band[:, : song.band.shape[1]])
        return bands

    return read


def _round_trip(codec: "LatentCodec") -> Callable[[Any, int], tuple[Any, Any]]:
    from samuel_gen.audio.resample import resample

    def there_and_back(band: Any, rate: int) -> tuple[Any, Any]:
        own = resample(band, rate, codec.sample_rate)
        latents = codec.encode(own)
        sound = resample(codec.decode(latents, own.shape[1]), codec.sample_rate, rate)
        return sound[:, : band.shape[1]], latents

    return there_and_back


def _keeper(folder: Path) -> Callable[[str, Any, int, Any], None]:
    from samuel_gen.audio.files import write_audio

    def keep(system: str, song: Any, seed: int, band: Any) -> None:
        write_audio(folder / system / f"{song.name}-seed{seed}.wav", band, song.sample_rate)

    return keep


def _write(
    output: Path, found: Any, about: dict[str, Any], distances: dict[str, dict[str, float]]
) -> None:
    from samuel_gen.evaluation.summary import by_group, summary, to_plain, told
    from samuel_gen.evaluation.summary_table import draw, markdown, write_csv

    output.mkdir(parents=True, exist_ok=True)
    rows = [*summary(found), *told(distances)]
    groups = {**by_group(found, found.styles), **by_group(found, found.paces)}
    seeds = len(about["settings"]["seeds"]) if about["settings"]["checkpoint"] else "given"
    text = [
        f"{len(found.names)} songs (list {about['songs_hash']}), seeds: {seeds}. Means with 95 % "
        "bootstrap intervals over songs.\n",
        markdown(rows),
    ]
    for name, own in groups.items():
        text.append(f"\n## {name}\n\n{markdown(own)}")
    (output / "metrics.md").write_text("\n".join(text), "utf-8")
    plain = {**about, "songs": found.names, "metrics": to_plain(rows)}
    plain["groups"] = {name: to_plain(own) for name, own in groups.items()}
    (output / "metrics.json").write_text(json.dumps(plain, indent=1, ensure_ascii=False), "utf-8")
    write_csv(found, output / "metrics.csv")
    draw(rows, output / "metrics.png")
    print(markdown(rows))


if __name__ == "__main__":
    main()
