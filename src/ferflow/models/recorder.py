"""The history of a fit of a linear model, kept thin where epochs are many and short."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ferflow.errors import InputError

RowOf = Callable[[int, NDArray[np.floating], float, float], dict[str, float]]


class DivergenceError(InputError):
    """The loss of a training is no longer finite; its message says what to lower."""

    def __init__(self, message: str, epoch: int) -> None:
        super().__init__(message)
        self.epoch = epoch


class Recorder:
    """Watch the loss of every epoch; keep a row of the history where one is due.

    Rows are due in epochs 1, 1 + every, 1 + 2 * every, ... and in the last. After epoch ``thin_after`` only
    those are kept that are one percent further than the row before: ten times as many epochs add no more than
    232 rows. Only rows cost a pass over the validation subset, which can take longer than an epoch.

    Parameters
    ----------
    row_of : callable
        Makes a row of the epoch's number, the parameters, the learning rate and the training loss.
    every : int
        Epochs between rows.
    thin_after : int, optional
        Epoch after which rows are at least one percent apart; never if left out.
    progress : callable or None
        Called with each row.
    name, hint : str
        The model's name, and what to lower, for the message of :class:`DivergenceError`.

    Attributes
    ----------
    history : list of dict
    epoch : int
        Epochs so far.
    """

    def __init__(
        self,
        row_of: RowOf,
        *,
        every: int,
        thin_after: int | None = None,
        progress: Callable[[dict[str, float]], None] | None,
        name: str,
        hint: str,
    ) -> None:
        self.history: list[dict[str, float]] = []
        self.epoch = 0
        self._row_of = row_of
        self._every = every
        self._thin_after = thin_after
        self._progress = progress
        self._name, self._hint = name, hint
        self._latest: tuple[NDArray[np.floating], float, float] | None = None

    def __call__(self, theta: NDArray[np.floating], learning_rate: float, loss: float) -> None:
        """Take an epoch's parameters, learning rate and mean training loss.

        Parameters
        ----------
        theta : float array
            As :class:`ferflow.models.objective.Objective` lays it out.
        learning_rate, loss : float

        Raises
        ------
        DivergenceError
            If the loss is no longer finite, or what the parameters predict of the validation subset is not.
        """
        self.epoch += 1
        if not (np.isfinite(loss) and np.isfinite(theta).all()):  # the loss may be that before the last step
            raise self._divergence()
        self._latest = (theta, learning_rate, loss)
        if self._is_due():
            self.record_latest()

    def record_latest(self) -> None:
        """Record the epoch seen last, unless it is already."""
        if self._latest is None:
            return
        row = self._row_of(self.epoch, *self._latest)
        self._latest = None
        if math.isnan(row.get("validation_loss", 0.0)):
            raise self._divergence()
        self.history.append(row)
        if self._progress:
            self._progress(row)

    def _divergence(self) -> DivergenceError:
        message = f"{self._name}: the loss is no longer finite in epoch {self.epoch}; {self._hint}"
        return DivergenceError(message, self.epoch)

    def _is_due(self) -> bool:
        if (self.epoch - 1) % self._every:
            return False
        if self._thin_after is None or self.epoch <= self._thin_after or not self.history:
            return True
        return self.epoch >= 1.01 * self.history[-1]["epoch"]
