"""Folders that take long to fill: filled once in a run of the tests, by whichever worker needs them first."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

#: Called with a name and with what fills a folder; gives the caller a copy of its own.
MadeOnce = Callable[[str, Callable[[Path], object]], Path]


def made_once_by(factory: pytest.TempPathFactory, worker: str) -> MadeOnce:
    """Make such a function for one of pytest-xdist's workers ("master" where there is none)."""
    base = factory.getbasetemp()
    shared = base if worker == "master" else base.parent

    def copy_of(name: str, fill: Callable[[Path], object]) -> Path:
        made = shared / f"made-{name}"
        with FileLock(shared / f"{name}.lock"):
            if not made.exists():
                folder = factory.mktemp("making")
                fill(folder)
                folder.rename(made)
        return shutil.copytree(made, factory.mktemp(name) / "copy", symlinks=True)

    return copy_of
