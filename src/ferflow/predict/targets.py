"""The files that are written: none is one of those that are read, and each is another."""

import os
import stat
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ferflow.errors import InputError
from ferflow.predict.sources import STANDARD


class Targets:
    """Checks and names the files to be written.

    Parameters
    ----------
    inputs : iterable of path
        The files that are read; ``-`` is standard input, which a shell may have opened a file for.
    """

    def __init__(self, inputs: Iterable[Path | str]) -> None:
        self._inputs = {_identity(0 if name == STANDARD else name) for name in inputs} - {None}
        self._taken: Counter[Path] = Counter()

    def check(self, path: Path) -> None:
        """Refuse to write over what is read; raise InputError."""
        if _identity(path) in self._inputs:
            raise InputError(f"{path}: would overwrite what the predictions are made from; name another")

    def claim(self, path: Path) -> Path:
        """Give one output a file of its own, checked: where the path is taken, with ``-2`` and so on."""
        free = path
        while free in self._taken:
            self._taken[path] += 1
            free = path.with_name(f"{path.stem}-{self._taken[path]}{path.suffix}")
        self._taken[free] = 1
        self.check(free)
        return free


def _identity(file: Path | str | int) -> tuple[int, int] | None:
    """Tell a plain file from all others, whatever links or spelling lead to it; None if it is none."""
    try:
        status = os.stat(file)  # noqa: PTH116 - which takes standard input's number too
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None
