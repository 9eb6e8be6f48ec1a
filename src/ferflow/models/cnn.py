"""A plain modern convolutional network behind scikit-learn's interface."""

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ferflow.losses import cross_entropy, focal
from ferflow.models.storage import load_arrays, save_arrays
from ferflow.models.validation import validation_figures
from ferflow.training import Recipe, train

_PREDICTION_BATCH = 512


def _convolution(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Residual(nn.Module):
    """Two convolutions beside an identity (He et al., "Deep Residual Learning", CVPR 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, width, h, w) to the same shape."""
        return torch.relu(x + self.second(self.first(x)))


class Network(nn.Module):
    """Stem at half resolution, then for each further width: convolution, halving, residual block.

    Takes uint8 or float faces of shape (n, height, width), 0 to 255; each face is brought to zero mean and
    unit variance, so that exposure does not matter. Gives logits of shape (n, classes).
    """

    def __init__(self, widths: list[int], classes: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            _convolution(1, widths[0], size=5, stride=2),
            _convolution(widths[0], widths[0]),
        ]
        for narrow, wide in pairwise(widths):
            layers += [nn.MaxPool2d(2), _convolution(narrow, wide), _Residual(wide)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(widths[-1], classes))

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces (n, height, width) to logits (n, classes)."""
        x = faces.float()
        x = (x - x.mean((1, 2), keepdim=True)) / (x.std((1, 2), keepdim=True) + 1.0)
        x = x[:, None].contiguous(memory_format=torch.channels_last)
        return self.head(self.features(x).mean((2, 3)))


class CNNClassifier(ClassifierMixin, BaseEstimator):
    """Convolutional network for square grey faces given as rows of pixels, 0 to 255.

    Parameters
    ----------
    widths : channels of the stem and of each stage after it
    dropout : share of features dropped before the last layer
    loss : "cross-entropy", or "focal" (Lin et al. 2017) with ``gamma`` and ``alpha``
    gamma : focusing parameter of the focal loss
    alpha : "none", or "balanced" to weigh classes in the focal loss by inverse frequency
    label_smoothing : of the cross-entropy
    epochs, batch_size, learning_rate, weight_decay, ema, jitter : see :class:`ferflow.training.Recipe`
    epoch_faces : faces that one epoch sees; None for the number of rows
    precision : "float32" or "bfloat16" (about twice as fast on processors that have it)
    random_state : int

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    n_features_in_ : int, height * width
    history_ : list of dict, a row an epoch: epoch, lr, train_loss, validation_*
    network_ : the trained module
    parameter_count_, macs_ : trainable parameters; multiply-accumulates of one face
    """

    def __init__(
        self,
        widths: tuple[int, ...] | list[int] = (16, 32, 64, 128),
        dropout: float = 0.2,
        loss: str = "cross-entropy",
        gamma: float = 2.0,
        alpha: str = "none",
        label_smoothing: float = 0.0,
        epochs: int = 10,
        batch_size: int = 128,
        learning_rate: float = 0.01,
        weight_decay: float = 0.05,
        ema: float = 0.998,
        jitter: int = 4,
        epoch_faces: int | None = None,
        precision: str = "float32",
        random_state: int = 0,
    ) -> None:
        self.widths = widths
        self.dropout = dropout
        self.loss = loss
        self.gamma = gamma
        self.alpha = alpha
        self.label_smoothing = label_smoothing
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.ema = ema
        self.jitter = jitter
        self.epoch_faces = epoch_faces
        self.precision = precision
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        progress: Callable[[dict[str, float]], None] | None = None,
        checkpoint: Path | None = None,
    ) -> Self:
        """Train on X of shape (n, height * width), pixels 0 to 255 of square faces, and labels y (n,).

        Raises
        ------
        ValueError
            If the faces are not square, or there is one class only.
        """
        faces = self._faces(X)
        check_classification_targets(y)
        self.classes_, target = np.unique(np.asarray(y), return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("needs at least two classes to train on")
        self.n_features_in_ = faces.shape[1] * faces.shape[2]
        weight = np.ones(len(target)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        torch.manual_seed(self.random_state)
        self.network_, self.history_ = train(
            self._network(),
            faces,
            target.astype(np.int64),
            (weight / weight.mean()).astype(np.float32),
            self._loss(target),
            self._recipe(len(target)),
            validate=self._validate(validation),
            progress=progress,
            checkpoint=checkpoint,
        )
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probabilities of shape (n, classes) for X of shape (n, height * width)."""
        check_is_fitted(self)
        faces = self._faces(X)
        found = faces.shape[1] * faces.shape[2]
        if found != self.n_features_in_:
            raise ValueError(f"X has {found} features, but CNNClassifier expects {self.n_features_in_}")
        return _probabilities(self.network_, faces)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Most probable class of each face, shape (n,)."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def save(self, path: Path) -> None:
        """Write weights and settings to one safetensors file."""
        check_is_fitted(self)
        arrays = {name: tensor.numpy() for name, tensor in self.network_.state_dict().items()}
        described = {
            "model": "cnn",
            "params": self.get_params(),
            "classes": self.classes_.tolist(),
            "n_features_in": self.n_features_in_,
        }
        save_arrays(path, arrays, described)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote; raise InputError for any other file."""
        arrays, described = load_arrays(path)
        model = cls(**described["params"])
        model.classes_ = np.array(described["classes"])
        model.n_features_in_ = described["n_features_in"]
        model.network_ = model._network()
        model.network_.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
        model.network_.eval()
        return model

    @property
    def parameter_count_(self) -> int:
        """Number of trainable parameters."""
        return sum(parameter.numel() for parameter in self.network_.parameters())

    @property
    def macs_(self) -> int:
        """Multiply-accumulates of the convolutions and the last layer for one face."""
        side = math.isqrt(self.n_features_in_)
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            self.network_(torch.zeros(1, side, side))
        return counter.get_total_flops() // 2  # a multiply-accumulate counts as two operations

    def _faces(self, X: ArrayLike) -> NDArray[np.uint8]:
        rows = np.asarray(X)
        rows = rows.reshape(len(rows), -1) if rows.ndim == 3 else check_array(rows)
        side = math.isqrt(rows.shape[1])
        if side * side != rows.shape[1]:
            raise ValueError(f"faces must be square: {rows.shape[1]} pixels are no square number")
        return np.ascontiguousarray(rows.reshape(-1, side, side).clip(0, 255).astype(np.uint8))

    def _network(self) -> nn.Module:
        network = Network(list(self.widths), len(self.classes_), self.dropout)
        # Twice as fast on a CPU; the stubs of .to() leave memory formats out.
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _loss(self, target: NDArray[np.intp]) -> Callable[[Tensor, Tensor], Tensor]:
        if self.loss == "cross-entropy":
            return lambda logits, y: cross_entropy(logits, y, self.label_smoothing)
        alpha = None
        if self.alpha == "balanced":
            balanced = compute_class_weight("balanced", classes=np.unique(target), y=target)
            alpha = torch.from_numpy(balanced.astype(np.float32))
        return lambda logits, y: focal(logits, y, self.gamma, alpha)

    def _recipe(self, n: int) -> Recipe:
        return Recipe(
            epochs=self.epochs,
            batch_size=self.batch_size,
            epoch_faces=self.epoch_faces or n,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            ema=self.ema,
            jitter=self.jitter,
            bfloat16=self.precision == "bfloat16",
            seed=self.random_state,
        )

    def _validate(
        self, validation: tuple[ArrayLike, ArrayLike] | None
    ) -> Callable[[nn.Module], dict[str, float]] | None:
        if validation is None:
            return None
        faces, y = self._faces(validation[0]), np.asarray(validation[1])
        return lambda network: validation_figures(y, _probabilities(network, faces), self.classes_)


def _probabilities(network: nn.Module, faces: NDArray[np.uint8]) -> NDArray[np.float64]:
    network.eval()
    with torch.inference_mode():
        logits = [
            network(torch.from_numpy(faces[start : start + _PREDICTION_BATCH]))
            for start in range(0, len(faces), _PREDICTION_BATCH)
        ]
        return torch.cat(logits).double().softmax(dim=1).numpy()
