"""The checkpoint in the package; experiments/MODEL_CARD.md describes it."""

from pathlib import Path

BUNDLED = Path(__file__).with_name("bundled.safetensors")
