"""Photographs that packages ship, and a small trained network."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import sklearn.datasets
from numpy.typing import NDArray

from ferflow.machine import limited_threads
from ferflow.models.factory import make_model

#: A portrait: one face, at about (180, 105) to (365, 345).
PORTRAIT = Path(mpl.get_data_path()) / "sample_data/grace_hopper.jpg"
#: No face, but much of all else.
LANDSCAPE = Path(str(sklearn.datasets.__file__)).parent / "images/china.jpg"

SIDE = 12
CLASSES = ("bright above", "bright below")


def lit(below: bool, seed: int) -> NDArray[np.uint8]:
    """Draw a face of two classes that any model tells apart."""
    pixels = np.random.default_rng(seed).integers(0, 100, (SIDE, SIDE))
    pixels[SIDE // 2 :] += 120 * below
    pixels[: SIDE // 2] += 120 * (not below)
    return pixels.astype(np.uint8)


def train(path: Path, name: str = "cnn") -> Path:
    """Train a small model on such faces and write it."""
    y = np.arange(64) % 2
    X = np.array([lit(bool(below), seed).ravel() for seed, below in enumerate(y)])
    small = {"widths": (4, 8), "batch_size": 16} if name == "cnn" else {"learning_rate": 0.05}
    with limited_threads(1):  # threads that wait for each other are slow beside other tests
        make_model(name, epochs=20, **small).fit(X, y).save(path, class_names=CLASSES)
    return path
