"""Small sources for tests: random faces as tables, trees of images and archives."""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 12
PIXELS = SIDE * SIDE


def face(seed: int, side: int = SIDE) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8)


def text(pixels: NDArray[np.uint8]) -> str:
    return " ".join(str(value) for value in pixels.ravel())


def table(count: int = 6, side: int = SIDE) -> list[str]:
    """Rows of a challenge table: labels 0 to 6 in turn, usages in turn."""
    usages = ("Training", "PublicTest", "PrivateTest")
    return [f"{i % 7},{text(face(i, side))},{usages[i % 3]}" for i in range(count)]


def write_table(path: Path, rows: list[str], header: str = "emotion,pixels,Usage", end: str = "\n") -> Path:
    path.write_text("\n".join([header, *rows]) + end, encoding="utf-8", newline="")
    return path


def image(seed: int = 0, mode: str = "L", form: str = "PNG", side: int = SIDE) -> bytes:
    out = io.BytesIO()
    Image.fromarray(face(seed, side)).convert(mode).save(out, form)
    return out.getvalue()


def fer_tree(form: str = "PNG") -> dict[str, bytes]:
    """The layout of FER-2013's image archive."""
    suffix = "jpg" if form == "JPEG" else form.lower()
    names = [
        "train/angry/Training_1",
        "train/happy/Training_2",
        "test/angry/PublicTest_3",
        "test/happy/PrivateTest_4",
    ]
    return {f"{name}.{suffix}": image(seed, form=form) for seed, name in enumerate(names)}


def write_tree(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
