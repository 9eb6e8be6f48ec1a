"""Progress of long work: a bar on a terminal, a line now and then in a log."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import Self

from tqdm import tqdm

LOG_EVERY = 15.0  # seconds between lines in a log


class TrainingProgress:
    """Show the epochs of a training; use as a context manager and as the model's ``progress`` callback.

    Parameters
    ----------
    title : str
        What is trained.
    epochs : int
        How many there will be.
    also : callable
        Called with each row of the history too.
    """

    def __init__(self, title: str, epochs: int, also: Callable[[Mapping[str, float]], None]) -> None:
        self._also = also
        self._title = title
        self._epochs = epochs
        self._terminal = sys.stderr.isatty()
        self._bar = tqdm(total=epochs, desc=title, unit="epoch", disable=not self._terminal)
        self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.close()

    def __call__(self, row: Mapping[str, float]) -> None:
        """Take one row of the history.

        Parameters
        ----------
        row : mapping of str to float
            ``epoch`` and figures.
        """
        epoch = int(row["epoch"])
        figures = {
            key: f"{row[key]:.3f}"
            for key in ("train_loss", "validation_loss", "validation_macro_f1")
            if key in row
        }
        self._bar.set_postfix(figures)
        self._bar.update(epoch - self._bar.n)
        last = epoch == self._epochs
        if not self._terminal and (last or time.monotonic() - self._last_line >= LOG_EVERY):
            self._last_line = time.monotonic()
            text = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in figures.items())
            print(f"{self._title}: epoch {epoch}/{self._epochs}, {text}", file=sys.stderr, flush=True)
        self._also(row)


class ShareProgress:
    """Show how much of some work is done; use as a context manager and as a callback.

    Parameters
    ----------
    title : str
        What is done.
    """

    def __init__(self, title: str) -> None:
        self._title, self._quarter = title, 0
        self._bar = tqdm(desc=title, total=100, unit="%", disable=not sys.stderr.isatty(), leave=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.close()

    def __call__(self, done: int, total: int) -> None:
        """Take what is done and what there is to do; in a log, each quarter is a line.

        Parameters
        ----------
        done, total : int
            In the same unit.
        """
        percent = 100 * done // max(total, 1)
        self._bar.update(percent - self._bar.n)
        if self._bar.disable and percent // 25 > self._quarter:
            self._quarter = percent // 25
            print(f"{self._title}: {25 * self._quarter}%", file=sys.stderr, flush=True)
