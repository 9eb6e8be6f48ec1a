"""What every network shares behind scikit-learn's interface: training, probabilities, one file, its cost."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted
from torch import nn

from ferflow.models.augmentation import Augmentation
from ferflow.models.devices import hardware_name, make_fabric
from ferflow.models.ensemble import Reporting, joined, train_members
from ferflow.models.faces import RowSource, SquareFaces
from ferflow.models.heads import with_head_for
from ferflow.models.inference import count_macs, logits_of_views
from ferflow.models.retrainer import retrain
from ferflow.models.retraining import Retraining
from ferflow.models.storage import describe, load_arrays, restore, save_arrays
from ferflow.models.trainer import Recipe, train
from ferflow.models.validation import check_targets, validation_figures
from ferflow.remedies.registry import make_loss

if TYPE_CHECKING:  # takes a second to import, and predictions do without
    from lightning_fabric import Fabric


@dataclass(kw_only=True, eq=False, repr=False)  # its constructor is what scikit-learn reads and clones
class NetworkClassifier(ClassifierMixin, BaseEstimator, ABC):
    """Base of the networks: square grey faces, given as rows of pixels from 0 to 255, to classes.

    A subclass sets ``model_name``, builds its module in :meth:`_network`, and adds fields of its own,
    under the same decorator.

    Parameters
    ----------
    loss : str or dict, default="cross-entropy"
        Name of a loss of :mod:`ferflow.remedies`, or a dict of ``name`` and parameters:
        ``{"name": "focal", "gamma": 1.0}``.
    epochs, batch_size, learning_rate, weight_decay, ema, jitter, first_side, optimizer, self_distillation
        See :class:`ferflow.models.trainer.Recipe`.
    members : int, default=1
        Networks that are trained, each with a seed of its own, and whose probabilities are averaged; see
        :mod:`ferflow.models.ensemble`.
    distillation : float, default=0
        Share of the loss that one more network takes from what the members say. It alone is kept; with 0,
        the members are.
    augmentation : dict or None, default=None
        Fields of :class:`ferflow.models.augmentation.Augmentation`: what faces go through beside ``jitter``.
    flip_average : bool, default=False
        Predict each face and its mirror image, and average their probabilities.
    scale_average : sequence of float or None, default=None
        Sizes, as shares of the face's, at which each face is predicted too: see
        :func:`ferflow.models.views.views`. The curve of a training leaves them out, to save time.
    retrain : dict or None, default=None
        Fields of :class:`ferflow.models.retraining.Retraining`: the last layer is trained anew, all classes
        drawn alike; None leaves it as the network learnt it.
    epoch_faces : int or None, default=None
        Faces that one epoch sees; None for the number of rows.
    precision : {"float32", "bfloat16"}, default="float32"
        bfloat16 is about twice as fast on processors that have it.
    device : {"auto", "cpu", "cuda", "mps"}, default="cpu"
        Where to train; ``auto`` takes a GPU where there is one. Predictions are made on the CPU.
    random_state : int, default=0

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    n_features_in_ : int, height * width
    history_ : list of dict, a row an epoch: epoch, lr, train_loss, validation_*
    network_ : the trained module
    temperature_ : float, what logits are divided by (:mod:`ferflow.models.calibration`); 1 after training
    hardware_ : str, the GPU that trained it, with its libraries; empty for none
    parameter_count_, macs_ : parameters; multiply-accumulates of one face
    """

    model_name: ClassVar[str]
    prediction_batch: ClassVar[int] = 512  # faces at once: bounds memory

    loss: str | Mapping[str, Any] = "cross-entropy"
    epochs: int = 10
    batch_size: int = 128
    learning_rate: float = 0.01
    weight_decay: float = 0.05
    ema: float = 0.998
    jitter: int = 4
    augmentation: Mapping[str, Any] | None = None
    first_side: int | None = None
    optimizer: str = "adamw"
    self_distillation: float = 0.0
    members: int = 1
    distillation: float = 0.0
    flip_average: bool = False
    scale_average: Sequence[float] | None = None  # a file gives a tuple back as a list
    retrain: Mapping[str, Any] | None = None
    epoch_faces: int | None = None
    precision: str = "float32"
    device: str = "cpu"
    random_state: int = 0

    @abstractmethod
    def _network(self) -> nn.Module:
        """Build the module that maps faces (n, height, width) to logits (n, len(classes_))."""

    def _initial_network(self) -> nn.Module:
        """Build what training starts from: :meth:`_network`, unless there are pretrained weights."""
        return self._network()

    def _untrained(self) -> nn.Module:
        """Build what :meth:`fit` leaves, its weights yet to come: one network, or the members."""
        loss, count = make_loss(self.loss), 1 if self.distillation > 0 else self.members
        return joined([with_head_for(loss, self._network()) for _ in range(count)])

    def fit(
        self,
        X: ArrayLike | RowSource,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        validation: tuple[ArrayLike | RowSource, ArrayLike] | None = None,
        progress: Callable[[dict[str, float]], None] | None = None,
        checkpoint: Path | None = None,
    ) -> Self:
        """Train on X of shape (n, height * width), pixels 0 to 255 of square faces, and labels y (n,).

        Faces are taken from X batch by batch: where it makes its rows when they are asked for, memory does
        not grow with their number.

        Raises
        ------
        ValueError
            If the faces are not square, faces, labels and weights differ in number, a weight is negative or
            none is positive, or there is one class only.
        DivergenceError
            An InputError: the loss is no longer finite, since the learning rate is too great.
        """
        faces = SquareFaces(X)
        self.classes_, place, weight = check_targets(faces, y, sample_weight)
        self.n_features_in_ = faces.side**2
        self.__dict__.pop("_macs", None)  # of an earlier fit
        self.temperature_ = 1.0
        target, share = place.astype(np.int64), (weight / weight.mean()).astype(np.float32)
        fabric = make_fabric(self.device, self.precision)
        self.hardware_ = hardware_name(fabric.device)
        loss, recipe = make_loss(self.loss), self._recipe(len(target))
        loss_over_training = loss.over_training(target)

        def train_one(
            seed: int, *, teacher: nn.Module | None, checkpoint: Path | None, **reporting: Any
        ) -> tuple[nn.Module, list[dict[str, float]]]:
            own = replace(recipe, seed=seed)
            torch.manual_seed(seed)
            start = with_head_for(loss, self._initial_network())
            network, history = train(
                start,
                faces,
                target,
                share,
                loss_over_training,
                own,
                fabric,
                teacher=teacher,
                checkpoint=checkpoint,
                **reporting,
            )
            if self.retrain is None:
                return network, history
            again = Retraining(**self.retrain)
            network, more = retrain(network, faces, target, loss, own, again, fabric, **reporting)
            return network, history + more

        self.network_, self.history_ = train_members(
            train_one,
            self.members,
            self.random_state,
            Reporting(self._validate(validation, fabric), progress, checkpoint),
            distil=self.distillation > 0,
        )
        return self

    def predict_proba(self, X: ArrayLike | RowSource) -> NDArray[np.float64]:
        """Probabilities of shape (n, classes) for X of shape (n, height * width)."""
        check_is_fitted(self)
        faces = SquareFaces(X)
        if faces.side**2 != self.n_features_in_:
            expects = f"{type(self).__name__} expects {self.n_features_in_}"
            raise ValueError(f"X has {faces.side**2} features, but {expects}")
        return self._probabilities(self.network_, faces, self.scale_average or ())

    def predict(self, X: ArrayLike | RowSource) -> NDArray[Any]:
        """Most probable class of each face, shape (n,)."""
        probabilities = self.predict_proba(X)
        result: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return result

    def logits(self, X: ArrayLike | RowSource) -> NDArray[np.float64]:
        """Logits of shape (views, n, classes), before any temperature, for what :meth:`predict_proba` takes.

        The views are those of :func:`ferflow.models.views.views`.
        """
        check_is_fitted(self)
        return self._logits(self.network_, SquareFaces(X), self.scale_average or ())

    def save(
        self, path: Path, *, class_names: Sequence[str] | None = None, half_precision: bool = False
    ) -> None:
        """Write weights and settings to one safetensors file.

        Parameters
        ----------
        path : Path
            File to write.
        class_names : sequence of str, optional
            As :func:`ferflow.models.storage.describe` takes them.
        half_precision : bool, default=False
            Store weights of two and more dimensions as float16: half the size.
        """
        check_is_fitted(self)
        state = self.network_.state_dict()
        if half_precision:
            state = {name: tensor.half() if tensor.ndim > 1 else tensor for name, tensor in state.items()}
        arrays = {name: tensor.numpy() for name, tensor in state.items()}
        # The count takes a second, most of it imports that training has made anyway.
        description = describe(self, class_names) | {
            "n_features_in": self.n_features_in_,
            "macs": self.macs_,
        }
        if self.temperature_ != 1.0:
            description["temperature"] = self.temperature_
        if self.hardware_:
            description["hardware"] = self.hardware_
        save_arrays(path, arrays, description)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote; raise InputError for any other file."""
        arrays, description = load_arrays(path)
        model = restore(cls, path, description)
        model.n_features_in_ = description["n_features_in"]
        model._macs = description["macs"]
        model.temperature_ = description.get("temperature", 1.0)
        model.hardware_ = description.get("hardware", "")
        model.network_ = model._untrained()
        model.network_.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
        model.network_.eval()
        return model

    @property
    def parameter_count_(self) -> int:
        """Number of parameters, frozen ones included."""
        return sum(parameter.numel() for parameter in self.network_.parameters())

    @property
    def macs_(self) -> int:
        """Multiply-accumulates of the convolutions and linear layers for one view of a face."""
        if not hasattr(self, "_macs"):
            self._macs = count_macs(self.network_, math.isqrt(self.n_features_in_))
        return self._macs

    def _recipe(self, n: int) -> Recipe:
        return Recipe(
            epochs=self.epochs,
            batch_size=self.batch_size,
            epoch_faces=self.epoch_faces or n,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            ema=self.ema,
            jitter=self.jitter,
            augmentation=None if self.augmentation is None else Augmentation(**self.augmentation),
            first_side=self.first_side,
            optimizer=self.optimizer,
            self_distillation=self.self_distillation,
            distillation=self.distillation,
            seed=self.random_state,
        )

    def _validate(
        self, validation: tuple[ArrayLike | RowSource, ArrayLike] | None, fabric: "Fabric"
    ) -> Callable[[nn.Module], dict[str, float]] | None:
        if validation is None:
            return None
        faces, y = SquareFaces(validation[0]), np.asarray(validation[1])

        def figures(network: nn.Module) -> dict[str, float]:
            with fabric.autocast():  # a curve to look at; what is reported is measured in float32 afterwards
                probabilities = self._probabilities(network, faces, ())
            return validation_figures(y, probabilities, self.classes_)

        return figures

    def _probabilities(
        self, network: nn.Module, faces: SquareFaces, scales: Sequence[float]
    ) -> NDArray[np.float64]:
        logits = self._logits(network, faces, scales)
        result: NDArray[np.float64] = softmax(logits / self.temperature_, axis=2).mean(axis=0)
        return result

    def _logits(self, network: nn.Module, faces: SquareFaces, scales: Sequence[float]) -> NDArray[np.float64]:
        flip, batch = self.flip_average, self.prediction_batch
        return logits_of_views(network, faces, flip=flip, scales=scales, batch=batch)
