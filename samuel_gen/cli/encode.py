from pathlib import Path
from typing import TYPE_CHECKING

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
    """
    output = Path(config.output)

    from omegaconf import OmegaConf

    from samuel_gen.build import build
    from samuel_gen.data.encoding import encode_dataset

    summary = encode_dataset(
        build(OmegaConf.to_container(config.source, resolve=True, throw_on_missing=True)),
        build(OmegaConf.to_container(config.codec, resolve=True)),
        output,
        workers=config.workers,
        overwrite=config.overwrite,
    )
    left_out = f"; {len(summary.skipped)} left out, see skipped.csv" if summary.skipped else ""
    print(f"{summary.songs} songs, {summary.hours:.2f} h{left_out}: the data set is in {output}")


if __name__ == "__main__":
    main()
