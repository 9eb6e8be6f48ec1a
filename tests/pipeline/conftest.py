"""Fixtures of the pipeline tests."""

from pathlib import Path

import pytest

from tests.pipeline.copies import copy_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a fresh copy of the project."""
    return copy_project(tmp_path)
