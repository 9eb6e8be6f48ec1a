"""Fixtures of the pipeline tests."""

from pathlib import Path

import pytest

from tests.once import MadeOnce
from tests.pipeline.copies import copy_project
from tests.pipeline.stubs import make_finished


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a fresh copy of the project."""
    return copy_project(tmp_path)


@pytest.fixture(scope="module")
def finished(made_once: MadeOnce) -> Path:
    """Return a copy with stubs for scripts and three experiments, in which both engines have all done."""
    return made_once("finished", make_finished)
