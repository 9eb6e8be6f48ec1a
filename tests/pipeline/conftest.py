"""Fixtures of the pipeline tests."""

from pathlib import Path

import pytest

from tests.pipeline.copies import copy_project
from tests.pipeline.stubs import make_finished


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a fresh copy of the project."""
    return copy_project(tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy with stubs for scripts and three experiments, in which both engines have all done."""
    return make_finished(tmp_path_factory.mktemp("finished"))
