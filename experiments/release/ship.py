"""Put a run's weights into the package, in half precision.

python experiments/release/ship.py RUN/model.safetensors
"""

import argparse
from pathlib import Path

from samuel_gen.checkpoint.bundled import SHIPPED
from samuel_gen.checkpoint.checkpoint import Checkpoint


def main() -> None:
    """Halve, write, tell the size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    Checkpoint.load(parser.parse_args().checkpoint).half().save(SHIPPED)
    print(f"{SHIPPED.stat().st_size / 1e6:.1f} MB are in {SHIPPED}")


if __name__ == "__main__":
    main()
