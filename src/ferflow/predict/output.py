"""Where predictions go: a file, standard output, a device or a pipe; and pictures."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from ferflow.errors import InputError
from ferflow.files import atomic_path
from ferflow.predict.sources import STANDARD

PICTURES = (".png", ".jpg", ".jpeg", ".webp")


def write(out: str, pieces: Iterable[str]) -> None:
    """Write text whole to a file; into a device, a pipe or standard output (``-``) piece by piece."""
    path = Path(out)
    if out == STANDARD:
        _print(pieces)
    elif _is_stream(path):
        with path.open("a", encoding="utf-8", newline="\n") as stream:
            stream.writelines(pieces)
    else:
        with (
            atomic_path(path.resolve()) as temporary,  # a link stays one
            temporary.open("w", encoding="utf-8", newline="\n") as stream,
        ):
            stream.writelines(pieces)


def save_picture(path: Path, image: Image.Image) -> None:
    """Write a picture whole, in the format of its suffix."""
    with atomic_path(path) as temporary:
        image.save(temporary)


def check_out(out: str, inputs: list[str]) -> None:
    """Refuse a folder as the file to write, and what :func:`check_target` does; raise InputError."""
    if Path(out).is_dir():
        raise InputError(f"{out}: a folder; name a file")
    check_target(out, inputs)


def check_target(out: str, inputs: list[str]) -> None:
    """Refuse to write over what is read; raise InputError."""
    if out == STANDARD or _is_stream(Path(out)):
        return
    if Path(out).resolve() in (Path(name).resolve() for name in inputs if name != STANDARD):
        raise InputError(f"{out}: would overwrite what the predictions are made from; name another")


def check_pictures(save: Path) -> None:
    """Refuse to save pictures where there can be none; raise InputError."""
    is_folder = save.is_dir() or (not save.exists() and not save.suffix)
    if not is_folder and not is_picture(save):
        raise InputError(f"{save}: name a folder, or a picture that ends in {', '.join(PICTURES)}")


def is_picture(path: Path) -> bool:
    """Whether a path is that of a picture, and not of a folder for pictures."""
    return path.suffix.lower() in PICTURES and not path.is_dir()


def _is_stream(path: Path) -> bool:
    # /dev/stdout may lead to a plain file, which a shell has opened: it is written to as well.
    return path.is_relative_to("/dev") or (path.exists() and not path.is_file() and not path.is_dir())


def _print(pieces: Iterable[str]) -> None:
    try:
        for piece in pieces:
            sys.stdout.write(piece)
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read, as `head` does, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
