from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.cli.app import run_hydra

if TYPE_CHECKING:
    from omegaconf import DictConfig


def main() -> None:
    """`samuel-encode`: from songs to latent shards; see --help."""
    run_hydra(encode, "encode")


def encode(config: "DictConfig") -> None:
    """Encode every song of the source that can be encoded.

    Args:
        config: `configs/encode.yaml`, composed.

    Raises:
        SamuelError: no source, or an output folder that holds something else.
        SystemExit: with 1, where `strict=true` and a song was left out.
    """
    output = Path(config.output)

    from omegaconf import OmegaConf

    from samuel_gen.build import build
    from samuel_gen.data.encode.dataset import encode_dataset

    plain: dict[str, Any] = OmegaConf.to_container(  # type: ignore[assignment]
        config, resolve=True, throw_on_missing=True
    )
    source, codec = build(plain["source"]), build(plain["codec"])
    augmentations = list(build(plain["augmentation"]).values())
    summary = encode_dataset(
        source,
        codec,
        output,
        workers=plain["workers"],
        augmentations=augmentations,
        format=plain["format"],
        overwrite=plain["overwrite"],
        add=plain["add"],
        on_check=print if plain["check"] else None,
    )
    already = f", {summary.already} were there already" if summary.already else ""
    left_out = f"; {len(summary.skipped)} left out, see skipped.csv" if summary.skipped else ""
    print(
        f"{summary.songs} songs, {summary.hours:.2f} h{already}{left_out}: the data set is in "
        f"{output}"
    )
    if plain["strict"] and summary.skipped:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
