"""Trained networks that come with the package, each with its model card beside it."""

from importlib.resources import files
from pathlib import Path

from ferflow.errors import InputError, unknown

FOLDER = Path(str(files(__name__)))
SUFFIXES = (".safetensors", ".onnx")  # the first is what PyTorch can run too


def network_names() -> list[str]:
    """List the networks in the package."""
    return sorted({file.stem for suffix in SUFFIXES for file in FOLDER.glob(f"*{suffix}")})


def network_path(name: str) -> Path:
    """Find the file of a network in the package; raise InputError, naming the nearest, if there is none."""
    for suffix in SUFFIXES:
        path = FOLDER / f"{name}{suffix}"
        if path.is_file():
            return path
    raise InputError(unknown("network in the package", name, network_names()))


def card_path(name: str) -> Path:
    """Name the file of a network's model card."""
    return FOLDER / f"{name}.md"
