"""What can be done about class imbalance up to the end of training, by name: balances, class weights, losses.

A remedy is one file that registers itself, and one line in ``ferflow/remedies/__init__.py`` (or an entry
point of another package, see docs/extending.md). A name that nothing has registered is an error.
"""

import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ferflow.errors import InputError, unknown
from ferflow.schema import Section

if TYPE_CHECKING:  # PyTorch takes seconds to import, and most stages do without
    from torch import Tensor

    PerFaceLoss = Callable[[Tensor, Tensor], Tensor]

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Remedy:
    """How a remedy is named and drawn, the same in every figure and table.

    Attributes
    ----------
    name : str
        In tables: ``oversample``, ``focal loss``.
    noun : str
        In sentences: ``oversampling``.
    colour : str
        Hexadecimal, best one of Okabe and Ito's palette (:data:`ferflow.plots.style.OKABE_ITO`).
    marker : str
        Of matplotlib, so that colour is never the only difference.
    """

    name: str
    noun: str
    colour: str
    marker: str


NONE = Remedy("none", "no remedy", "#4b5563", "o")


class Draw(Protocol):
    """Draws the samples of a balance."""

    def __call__(self, labels: NDArray[np.str_], *, per_class: int | None, seed: int) -> NDArray[np.intp]:
        """Draw samples.

        Parameters
        ----------
        labels : str array of shape (n,)
            Class names of the faces that may be resampled, of two classes at least.
        per_class : int or None
            Samples wanted of each class; None leaves it to the method.
        seed : int

        Returns
        -------
        intp array
            Indices into ``labels``, in any order, with repetition where faces are repeated.
        """


@dataclass(frozen=True)
class Balance:
    """A registered balance.

    Attributes
    ----------
    remedy : Remedy
    draw : Draw
    transforms_copies : bool
        Whether every copy but the first is transformed.
    takes_per_class : bool
        Whether ``per_class`` may be set.
    """

    remedy: Remedy
    draw: Draw
    transforms_copies: bool
    takes_per_class: bool


@dataclass(frozen=True)
class ClassWeight:
    """A registered weighting: maps labels, shape (n,), to the weight of each row, float64 of shape (n,)."""

    remedy: Remedy
    weigh: Callable[[NDArray[Any]], NDArray[np.float64]]


class Loss(Section, ABC):
    """A loss of the networks, with its parameters as they stand in ``params.yaml``.

    A subclass sets ``name`` to a ``Literal`` and implements :meth:`per_face`.
    """

    remedy: ClassVar[Remedy | None] = None

    @property
    def cosine_scale(self) -> float | None:
        """What the head's cosines are multiplied by to give logits; None for a plain linear head."""
        return None

    @abstractmethod
    def per_face(self, target: NDArray[np.int64]) -> "PerFaceLoss":
        """Make the loss of one training.

        Parameters
        ----------
        target : int64 array of shape (n,)
            Of all samples that are trained on, for what depends on the classes' frequencies.

        Returns
        -------
        callable
            Maps logits, float tensor (batch, classes), and targets, int64 tensor (batch,), to a loss for each
            face, float tensor (batch,).
        """

    def over_training(self, target: NDArray[np.int64]) -> "Callable[[float], PerFaceLoss]":
        """Make the loss as it is at each time of one training; the same throughout unless overridden.

        Parameters
        ----------
        target : int64 array of shape (n,)
            As :meth:`per_face` takes it.

        Returns
        -------
        callable
            Maps the share of the training that is behind, from 0 to just under 1, to what :meth:`per_face`
            gives.
        """
        loss = self.per_face(target)
        return lambda done: loss


BALANCES: dict[str, Balance] = {}
CLASS_WEIGHTS: dict[str, ClassWeight] = {}
LOSSES: dict[str, type[Loss]] = {}


def register_balance(
    name: str,
    *,
    noun: str,
    colour: str,
    marker: str,
    transforms_copies: bool = False,
    takes_per_class: bool = False,
) -> Callable[[Draw], Draw]:
    """Register what draws the samples of ``balance.method: <name>``; the rest as in :class:`Balance`."""

    def register(draw: Draw) -> Draw:
        add(
            BALANCES,
            name,
            Balance(Remedy(name, noun, colour, marker), draw, transforms_copies, takes_per_class),
        )
        return draw

    return register


def register_class_weight(
    name: str, *, remedy: Remedy
) -> Callable[[Callable[[NDArray[Any]], NDArray[np.float64]]], Callable[[NDArray[Any]], NDArray[np.float64]]]:
    """Register what ``class_weight: <name>`` weighs rows by."""

    def register(
        weigh: Callable[[NDArray[Any]], NDArray[np.float64]],
    ) -> Callable[[NDArray[Any]], NDArray[np.float64]]:
        add(CLASS_WEIGHTS, name, ClassWeight(remedy, weigh))
        return weigh

    return register


def register_loss(remedy: Remedy | None) -> Callable[[type[Loss]], type[Loss]]:
    """Register a loss under the ``name`` of its schema; ``remedy`` is None for one that is none."""

    def register(loss: type[Loss]) -> type[Loss]:
        add(LOSSES, typing.get_args(loss.model_fields["name"].annotation)[0], loss)
        loss.remedy = remedy  # not of one that is refused: it may be another's
        return loss

    return register


def make_loss(loss: str | Mapping[str, Any]) -> Loss:
    """Make a loss from its name, or from its name and parameters.

    Raises
    ------
    InputError
        If no loss has this name.
    pydantic.ValidationError
        If a parameter is not one of the loss, or out of its range.
    """
    settings = {"name": loss} if isinstance(loss, str) else dict(loss)
    return lookup(LOSSES, str(settings.get("name")), "loss").model_validate(settings)


def sample_weight(class_weight: str, y: NDArray[Any]) -> NDArray[np.float64] | None:
    """Weigh rows by their classes.

    Parameters
    ----------
    class_weight : str
        ``none`` or a registered name.
    y : array of shape (n,)

    Returns
    -------
    float64 array of shape (n,), or None for ``none``
    """
    if class_weight == NONE.name:
        return None
    return lookup(CLASS_WEIGHTS, class_weight, "class_weight").weigh(y)


def lookup(registry: Mapping[str, Entry], name: str, kind: str) -> Entry:
    """Take a registered entry; raise InputError, naming the nearest, if there is none."""
    if name not in registry:
        raise InputError(unknown(kind, name, registry))
    return registry[name]


def add(registry: dict[str, Entry], name: str, entry: Entry) -> None:
    """Enter a name into a registry; raise ValueError if it stands there, or means that nothing is done."""
    if name in registry or name == NONE.name:
        raise ValueError(f"'{name}' is registered already")
    registry[name] = entry
