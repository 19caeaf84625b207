"""The place of the YAML configurations."""

from pathlib import Path


def find_configs_folder() -> Path:
    """Return the `configs` folder of the installed package, or of the checkout it runs from."""
    package = Path(__file__).resolve().parent
    packaged = package / "configs"
    return packaged if packaged.is_dir() else package.parent / "configs"
