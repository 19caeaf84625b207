"""The trained accompanist that comes with the package; experiments/MODEL_CARD.md describes it."""

from pathlib import Path

SHIPPED = Path(__file__).with_name("bundled.safetensors")
