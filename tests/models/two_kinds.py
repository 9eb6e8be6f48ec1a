"""Both kinds of linear model, and faces for them."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ferflow.models.linear import LinearClassifier
from ferflow.models.logistic import LogisticClassifier
from ferflow.models.softmax import SoftmaxClassifier

Kind = type[LinearClassifier]


BOTH = pytest.mark.parametrize("kind", [LogisticClassifier, SoftmaxClassifier])


def faces(
    classes: int, n: int = 240, pixels: int = 16, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """Noisy pixels whose brightness says something of the class; one pixel is constant."""
    rng = np.random.default_rng(seed)
    y = rng.integers(classes, size=n)
    means = np.random.default_rng(99).uniform(60, 190, size=(classes, pixels))
    X = np.clip(means[y] + rng.normal(0, 60, (n, pixels)), 0, 255).astype(np.uint8)
    X[:, 3] = 0
    return X, np.array(["angry", "disgust", "fear"])[y]


def classes_of(kind: Kind) -> int:
    return 2 if kind is LogisticClassifier else 3
