"""Put the checkpoint of a run into the package, in half precision.

python experiments/release/bundle.py RUN/model.safetensors
"""

import argparse
from pathlib import Path

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.checkpoint.checkpoint import Checkpoint


def main() -> None:
    """Halve the precision, write the file, print its size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    Checkpoint.load(parser.parse_args().checkpoint).to_half_precision().save(BUNDLED)
    print(f"{BUNDLED.stat().st_size / 1e6:.1f} MB are in {BUNDLED}")


if __name__ == "__main__":
    main()
