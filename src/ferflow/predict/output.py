"""Where predictions go: a file, standard output, a device or a pipe; and pictures."""

import io
import math
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from PIL import Image

from ferflow.atomic import atomic_path
from ferflow.errors import InputError
from ferflow.predict.sources import STANDARD
from ferflow.predict.targets import Targets
from ferflow.printing import while_read

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
_LONGEST_SIDE = {".jpg": 65_500, ".jpeg": 65_500, ".webp": 16_383}  # pixels; Pillow's encoders write no more
_LONGEST_NAME = 240  # bytes of a picture's name: a file's end at 255, suffix and number included


def write(out: str, pieces: Iterable[str]) -> None:
    """Write text whole to a file; into a device, a pipe or standard output (``-``) piece by piece.

    It is UTF-8 everywhere but in a terminal, which gets escapes for what it cannot show.
    """
    path = Path(out)
    if out == STANDARD:
        _speak_unicode(sys.stdout)
        with while_read():
            for piece in pieces:
                sys.stdout.write(piece)
                sys.stdout.flush()
    elif _is_stream(path):
        with (
            suppress(BrokenPipeError),  # its reader, as `head` does, has enough
            path.open("a", buffering=1, encoding="utf-8", newline="\n") as stream,
        ):
            stream.writelines(pieces)
    else:
        with (
            atomic_path(path, follow=True) as temporary,
            temporary.open("w", encoding="utf-8", newline="\n") as stream,
        ):
            stream.writelines(pieces)


def save_picture(path: Path, image: Image.Image) -> None:
    """Write a picture whole, in the format of its suffix; raise InputError if that holds none so large."""
    longest = _LONGEST_SIDE.get(path.suffix.lower(), math.inf)
    if max(image.size) > longest:
        raise InputError(
            f"{path}: {image.width} x {image.height} pixels, and this format holds {longest:,} a side; "
            "name a .png"
        )
    with atomic_path(path, follow=True) as temporary:
        image.save(temporary)


def check_out(out: str, targets: Targets, save: Path | None = None) -> None:
    """Refuse a folder, a file that is read, or what --save names; raise InputError. No picture gets it."""
    if out == STANDARD:
        return
    if save is not None and save.resolve() == Path(out).resolve():
        raise InputError(f"{save}: named by both --out and --save; name another after one of them")
    if Path(out).is_dir():
        raise InputError(f"{out}: a folder; name a file")
    targets.claim(Path(out))


def check_pictures(save: Path) -> None:
    """Refuse to save pictures where there can be none; raise InputError."""
    is_folder = save.is_dir() or (not save.exists() and not save.suffix)
    if not is_folder and not is_picture(save):
        raise InputError(f"{save}: name a folder, or a picture that ends in {', '.join(PICTURES)}")


def picture_path(save: Path, name: str) -> Path:
    """Name the annotated picture of an image: as the user does, or in a folder by the image's path."""
    if is_picture(save):
        return save
    flat = (name.strip("./") or "image").replace("/", "_").replace("\\", "_").removesuffix(".png")
    while len(os.fsencode(flat)) > _LONGEST_NAME:
        flat = flat[1:]  # its end says most
    return save / f"{flat}.png"


def is_picture(path: Path) -> bool:
    """Whether a path is that of a picture, and not of a folder for pictures."""
    return path.suffix.lower() in PICTURES and not path.is_dir()


def _speak_unicode(stream: TextIO) -> None:
    """Let a stream take every name, whatever language the system speaks."""
    if not isinstance(stream, io.TextIOWrapper):
        return
    if stream.isatty():
        stream.reconfigure(errors="backslashreplace")
    else:
        stream.reconfigure(encoding="utf-8", newline="\n")


def _is_stream(path: Path) -> bool:
    # /dev/stdout may lead to a plain file, which a shell has opened: it is written to as well.
    return path.is_relative_to("/dev") or (path.exists() and not path.is_file() and not path.is_dir())
