"""The environment that `make` sets up."""

import importlib.util
from pathlib import Path

import pytest


@pytest.mark.parametrize("package", ["mlflow", "pandas", "sklearn", "snakemake", "torch"])
def test_large_packages_are_compiled_once_and_not_by_each_process(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    assert Path(importlib.util.cache_from_source(spec.origin)).is_file(), (
        f"{package} has no bytecode: make .venv/ready, or python -m compileall .venv/lib"
    )
