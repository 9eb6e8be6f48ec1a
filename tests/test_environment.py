"""The environment that `make` sets up."""

import importlib.util
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]


def test_what_is_locked_takes_the_oldest_python_that_is_promised() -> None:
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    oldest = f"{promised.removeprefix('>=')}.0"
    wanting = [
        f"{package.name} {package.version}: {package.metadata['Requires-Python']}"
        for package in distributions()
        if "Requires-Python" in package.metadata
        and not SpecifierSet(package.metadata["Requires-Python"]).contains(oldest)
    ]
    assert not wanting


@pytest.mark.parametrize("package", ["mlflow", "pandas", "sklearn", "snakemake", "torch"])
def test_large_packages_are_compiled_once_and_not_by_each_process(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    assert Path(importlib.util.cache_from_source(spec.origin)).is_file(), (
        f"{package} has no bytecode: make .venv/ready, or python -m compileall .venv/lib"
    )
