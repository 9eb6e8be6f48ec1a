"""Write docs/planted-leaks.md: `python docs/make_planted_leaks.py DATA...`.

DATA are sources as `data.path` takes them. Test faces are altered and put into Training, and the audit and
the split are asked about them.
"""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from ferflow import params
from ferflow.data.draw import draw_samples
from ferflow.data.faces import Faces, face_table, make_faces
from ferflow.data.split import TRAIN
from ferflow.engines.script import run
from ferflow.errors import InputError
from ferflow.files import write_text
from ferflow.ingest import sources
from ferflow.ingest.audit import audit, find_blank, find_near_duplicates
from ferflow.ingest.collection import SourceResult
from ferflow.ingest.near_duplicates import perceptual_hash
from ferflow.params.sections import Protocol
from ferflow.report.markdown import markdown_table

DOCS = Path(__file__).parent
PLANTED = 300
SIDE = 48
WIDER = 8  # bits, beside the default
#: Where a planted face comes from, so that it can be told from the others.
MARK = "planted"

Alter = Callable[[Image.Image], Image.Image]


def jpeg(quality: int) -> Alter:
    """Compress a face and open it again."""

    def alter(face: Image.Image) -> Image.Image:
        out = io.BytesIO()
        face.save(out, "JPEG", quality=quality)
        return Image.open(out)

    return alter


def noise(deviation: float) -> Alter:
    """Add normal noise, in grey levels."""

    def alter(face: Image.Image) -> Image.Image:
        pixels = np.asarray(face, dtype=float)
        rng = np.random.default_rng(int(pixels.sum()))
        noisy = pixels + rng.normal(0, deviation, pixels.shape)
        return Image.fromarray(np.clip(noisy.round(), 0, 255).astype(np.uint8))

    return alter


def moved(pixels: int) -> Alter:
    """Move a face to the right; its left edge is repeated."""

    def alter(face: Image.Image) -> Image.Image:
        return Image.fromarray(np.pad(np.asarray(face), ((0, 0), (pixels, 0)), mode="edge")[:, : face.width])

    return alter


def zoomed(share: float) -> Alter:
    """Cut off a share of the width on each side and enlarge what is left."""

    def alter(face: Image.Image) -> Image.Image:
        cut = share * face.width
        box = (cut, cut, face.width - cut, face.height - cut)
        return face.resize(face.size, Image.Resampling.BILINEAR, box=box)

    return alter


def one_pixel(face: Image.Image) -> Image.Image:
    """Change the grey level of one pixel by one."""
    pixels = np.array(face)
    pixels[0, 0] ^= 1
    return Image.fromarray(pixels)


ALTERATIONS: dict[str, Alter] = {
    "nothing: a copy": lambda face: face,
    "one pixel, one grey level": one_pixel,
    "JPEG, quality 75": jpeg(75),
    "JPEG, quality 30": jpeg(30),
    "brightness + 20%": lambda face: ImageEnhance.Brightness(face).enhance(1.2),
    "contrast - 30%": lambda face: ImageEnhance.Contrast(face).enhance(0.7),
    "noise of 4 grey levels": noise(4),
    "noise of 16 grey levels": noise(16),
    "half the size and back": lambda face: face.resize((SIDE // 2, SIDE // 2)).resize(face.size),
    "moved by 1 pixel": moved(1),
    "moved by 3 pixels": moved(3),
    "turned by 2 degrees": lambda face: face.rotate(2, Image.Resampling.BILINEAR),
    "turned by 10 degrees": lambda face: face.rotate(10, Image.Resampling.BILINEAR),
    "zoomed by 4%": zoomed(0.02),
    "mirrored": lambda face: face.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


def candidates(faces: Faces) -> NDArray[np.int64]:
    """Choose PrivateTest faces, at random but always the same, that no Training face resembles yet."""
    private = np.flatnonzero((faces.usage == "PrivateTest") & ~find_blank(faces.pixels))
    hashes = perceptual_hash(faces.pixels)
    training = hashes[faces.usage == "Training"]
    alone = [i for i in private if np.bitwise_count(hashes[i] ^ training).min() > WIDER]
    return np.random.default_rng(0).permutation(alone)[:PLANTED]


def plant(faces: Faces, which: NDArray[np.int64], altered: NDArray[np.uint8]) -> Faces:
    """Put altered copies of some faces into Training, under their labels."""
    return make_faces(
        np.concatenate([faces.pixels, altered]),
        np.concatenate([faces.label, faces.label[which]]),
        np.concatenate([faces.usage, np.full(len(which), "Training")]),
        faces.classes,
        np.concatenate([faces.origin, np.full(len(which), MARK)]),
        np.concatenate([faces.group, faces.group[which]]),
    )


def already_there(faces: Faces, bits: int) -> int:
    """Count the PrivateTest faces that the audit says equal or resemble a Training face."""
    report = audit("", SourceResult(faces, {}, {}, 0, ()), find_near_duplicates(faces, bits))
    return int(sum(report[kind]["private_test_in_training"] for kind in ("duplicates", "near_duplicates")))


def trained_on(faces: Faces) -> int:
    """Count the planted faces that are trained on under the protocol of all classes."""
    samples = draw_samples(face_table(faces), Protocol(), "planted").table
    rows = samples.loc[samples["subset"] == TRAIN, "face"].to_numpy()
    return int((faces.origin[rows] == MARK).sum())


def table(path: Path, bits: int) -> str:
    """Plant every alteration into one source and tabulate what becomes of it."""
    faces = sources.read(path, SIDE, "fail").faces
    which = candidates(faces)
    if not len(which):
        raise InputError(
            f"{path}: every PrivateTest face resembles one in Training, or there is none to plant"
        )
    rows = []
    for name, alter in ALTERATIONS.items():
        originals = faces.pixels[which]
        altered = np.stack([np.asarray(alter(Image.fromarray(face)).convert("L")) for face in originals])
        distance = np.bitwise_count(perceptual_hash(altered) ^ perceptual_hash(originals))
        shares = [
            1 - trained_on(plant(faces, which, altered)) / len(which),
            *(float((distance <= width).mean()) for width in (bits, WIDER)),
        ]
        rows.append([name, *(f"{100 * share:.0f}" for share in shares)])
    head = ["alteration", "dropped", f"named at {bits} bits", f"named at {WIDER} bits"]
    before = [f"{already_there(faces, width):,} at {width} bits" for width in (bits, WIDER)]
    return (
        f"`{path.name}`, {len(faces):,} faces (of {int((faces.usage == 'PrivateTest').sum()):,} PrivateTest "
        f"faces, already copies or near duplicates of a Training face: {', '.join(before)}):\n\n"
        f"{markdown_table(head, rows)}"
    )


def main() -> None:
    """Write the page."""
    if len(sys.argv) < 2:
        raise InputError("usage: python docs/make_planted_leaks.py DATA...")
    page = (DOCS / "templates" / "planted-leaks.md").read_text()
    bits = params.load().audit.near_duplicates
    tables = "\n\n".join(table(Path(name), bits) for name in sys.argv[1:])
    text = page.format(planted=PLANTED, bits=bits, tables=tables)
    write_text(DOCS / "planted-leaks.md", f"{text.rstrip()}\n")


if __name__ == "__main__":
    run(main)
