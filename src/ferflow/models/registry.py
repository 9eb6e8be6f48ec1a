"""The models by name: their parameters' schemas, their capabilities, and where their classes are.

A model is a file with its class, and a schema in ``ferflow/models/schemas.py`` that registers it (or an entry
point of another package, see docs/extending.md). Nothing else tests for a model's name.
"""

import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ferflow.errors import InputError, unknown
from ferflow.schema import Section


class ModelSchema(Section):
    """Hyperparameters of one model, and what it is capable of whatever they are.

    A subclass narrows ``name`` to a ``Literal``.

    Attributes
    ----------
    default_epochs : dict of str to int, or None
        Epochs for each budget where an experiment gives none; None for a model without epochs.
    two_classes_only : bool
        Whether it cannot tell more than two classes apart.
    is_linear : bool
        Whether it is a linear score of the pixels for each class, with a threshold to choose.
    is_network : bool
        Whether it has layers to look into.
    supports_bfloat16 : bool
        Whether it can be trained in bfloat16, and is faster for it where hardware has that.
    """

    name: str
    default_epochs: ClassVar[dict[str, int] | None] = None
    two_classes_only: ClassVar[bool] = False
    is_linear: ClassVar[bool] = False
    is_network: ClassVar[bool] = False
    supports_bfloat16: ClassVar[bool] = False

    @property
    def has_epochs(self) -> bool:
        """Whether the model is trained in epochs."""
        return self.default_epochs is not None

    @property
    def networks(self) -> int:
        """Networks that a trained model consists of."""
        return int(self.is_network)

    def check_side(self, side: int) -> None:
        """Raise ValueError if the model cannot be trained on faces of so few pixels a side."""


Schema = TypeVar("Schema", bound=ModelSchema)


class ProbabilityModel(Protocol):
    """What predicting needs of a model.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The labels that it was trained on.
    """

    classes_: NDArray[Any]

    def predict_proba(self, X: NDArray[np.uint8]) -> NDArray[np.floating]:
        """Estimate the probability of each class.

        Parameters
        ----------
        X : uint8 array of shape (n, n_features)

        Returns
        -------
        float array of shape (n, n_classes)
        """


class Predictor(ProbabilityModel, Protocol):
    """What evaluation needs of a model."""

    @property
    def parameter_count_(self) -> int:
        """Number of parameters."""

    @property
    def macs_(self) -> int:
        """Multiply-accumulates of one face."""


class Classifier(Predictor, Protocol):
    """What every model is: a scikit-learn classifier that can be saved.

    Attributes
    ----------
    history_ : list of dict
        A row an epoch: epoch, lr, train_loss, validation_*.
    class_names_ : tuple of str
        Of a loaded model: names of all classes, in the order of the labels.
    image_side_ : int or None
        Of a loaded model: pixels a side of a face; None if its features are no square.
    """

    n_features_in_: int
    history_: list[dict[str, float]]
    class_names_: tuple[str, ...]
    image_side_: int | None

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
        """Train on rows of pixels and labels."""

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable label of each row."""

    def save(self, path: Path, *, class_names: Sequence[str] | None = None) -> None:
        """Write everything that predicting needs to one file."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the hyperparameters, as scikit-learn's estimators do."""


@dataclass(frozen=True)
class Model:
    """A registered model.

    Attributes
    ----------
    title : str
        Its name in tables and sentences.
    schema : type of ModelSchema
    module, attribute : str
        Where its class is; imported when it is first asked for, since PyTorch alone takes seconds.
    """

    title: str
    schema: type[ModelSchema]
    module: str
    attribute: str

    def classifier(self) -> Any:
        """Import the class."""
        return getattr(import_module(self.module), self.attribute)


MODELS: dict[str, Model] = {}


def register_model(classifier: str, *, title: str) -> Callable[[type[Schema]], type[Schema]]:
    """Register a model under the ``name`` of its schema.

    Parameters
    ----------
    classifier : str
        ``package.module:Class``.
    title : str
        Its name in tables and sentences.

    Returns
    -------
    callable
        Decorator of a schema.

    Raises
    ------
    ValueError
        If the name is taken.
    """

    def register(schema: type[Schema]) -> type[Schema]:
        name = typing.get_args(schema.model_fields["name"].annotation)[0]
        if name in MODELS:
            raise ValueError(f"'{name}' is registered already")
        MODELS[name] = Model(title, schema, *classifier.split(":"))
        return schema

    return register


def find_model(name: str) -> Model:
    """Find a model by its name.

    Parameters
    ----------
    name : str
        As in ``params.yaml``.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        If there is none; the nearest is named.
    """
    if name not in MODELS:
        raise InputError(unknown("model", name, MODELS))
    return MODELS[name]
