"""Trained networks that come with the package, each with its model card beside it."""

from importlib.resources import files
from pathlib import Path

from ferflow.errors import InputError, nearest

FOLDER = Path(str(files(__name__)))


def network_path(name: str) -> Path:
    """Find the file of a network in the package; raise InputError, naming the nearest, if there is none."""
    path = FOLDER / f"{name}.safetensors"
    if not path.is_file():
        names = sorted(file.stem for file in FOLDER.glob("*.safetensors"))
        raise InputError(f"no network in the package is called '{name}'{nearest(name, names)}")
    return path


def card_path(name: str) -> Path:
    """Name the file of a network's model card."""
    return FOLDER / f"{name}.md"
