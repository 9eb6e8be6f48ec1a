"""The environment that `make` sets up."""

import ast
import re
import sys
import tomllib
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

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


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {_canonical(re.split(r"[\[<>=~ ]", need)[0]) for need in project["dependencies"]}
    owners = packages_distributions()
    wanting = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in (ROOT / "src").rglob("*.py")
        for name in _imported(file) - set(sys.stdlib_module_names) - {"ferflow"}
        if not declared & {_canonical(owner) for owner in owners.get(name, [name])}
    }
    assert not wanting


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names
