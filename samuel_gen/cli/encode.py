"""`samuel-encode`: encode songs into a latent data set."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from samuel_gen.cli.app import run_hydra

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from samuel_gen.data.encode.folder import Existing


def main() -> None:
    """Run `samuel-encode` with the arguments of the command line."""
    run_hydra(encode, "encode")


def encode(config: "DictConfig") -> None:
    """Encode all usable songs of the source, and print a summary.

    Args:
        config: the composed `configs/encode.yaml`.

    Raises:
        SamuelError: there is no source, or the output folder holds other files.
        SystemExit: with 1 if `strict=true` and a song was left out.
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
        existing=_choose_existing(plain["add"], plain["overwrite"]),
        on_check=print if plain["check"] else None,
    )
    already = f", {summary.already_there} were there already" if summary.already_there else ""
    left_out = f"; {len(summary.skipped)} left out, see skipped.csv" if summary.skipped else ""
    print(
        f"{summary.songs} songs, {summary.hours:.2f} h{already}{left_out}: the data set is in "
        f"{output}"
    )
    if plain["strict"] and summary.skipped:
        raise SystemExit(1)


def _choose_existing(add: bool, overwrite: bool) -> "Existing":
    """Return the treatment of a finished data set; `add=true` protects it from `overwrite=true`."""
    if add:
        return "extend"
    return "replace" if overwrite else "refuse"


if __name__ == "__main__":
    main()
