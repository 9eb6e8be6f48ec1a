"""The files whose code makes a stage's results."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SOURCES = Path(__file__).parents[2]
REGISTRY = "src/ferflow/models/__init__.py"

# What these do leaves no trace in results/: a change to them is no reason to train again. "/" ends a folder.
NO_TRACE = (
    "src/ferflow/cli/",
    "src/ferflow/engines/",
    "src/ferflow/errors.py",
    "src/ferflow/home.py",
    "src/ferflow/paths.py",
    "src/ferflow/progress.py",
    "src/ferflow/py.typed",
    "src/ferflow/records.py",
    "src/ferflow/timings.py",
    "src/ferflow/tracking/",
)

BY_VALUE = "src/ferflow/params/"


def code(stage: str, model: str | None = None) -> list[str]:
    """List the files whose code makes a stage's results.

    These are the files that Python executes for it, import by import, and the templates, style sheets and the
    like beside them. Which models a stage makes or loads is known only when it runs, so all of them count
    unless one is named.

    Parameters
    ----------
    stage : str
        Name of the stage and of its script; the working directory is the project.
    model : str, optional
        The one model that the stage works with, by its name in ``params.yaml``.

    Returns
    -------
    list of str
        Paths in the project: the script, then files of ``src/ferflow`` in alphabetical order.
    """
    return [_script(stage), *_package_files(Path(_script(stage)).absolute(), model)]


@cache
def code_digest(stage: str, model: str | None = None) -> str:
    """Hash the names and contents of :func:`code` to 16 hexadecimal digits (64-bit BLAKE2b).

    The schema of ``params.yaml`` is left out: it reaches a stage through values alone, and Snakemake records
    these with defaults filled in (:meth:`ferflow.engines.stages.Job.parameters`).
    Lines are hashed, not bytes: a checkout with other line ends has the same digest.
    """
    script = Path(_script(stage)).absolute()
    lines = [f"{_script(stage)} {_text_digest(script)}"]
    lines += [
        f"{name} {_text_digest(_path(name))}"
        for name in _package_files(script, model)
        if not name.startswith(BY_VALUE)
    ]
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()


def has_trace(name: str) -> bool:
    """Tell whether a file of ``src/ferflow`` has any part in what stands in ``results/``."""
    return not any(name.startswith(part) if part.endswith("/") else name == part for part in NO_TRACE)


@cache
def models() -> dict[str, str]:
    """Map the models' names to the modules that the registry imports them from, late and by name."""
    for node in ast.parse(_path(REGISTRY).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_CLASSES":
            return {name: module for name, (module, _) in ast.literal_eval(node.value).items()}
    raise LookupError(f"{REGISTRY}: no _CLASSES")


def _script(stage: str) -> str:
    return f"workflow/scripts/{stage}.py"


@cache
def _package_files(script: Path, model: str | None) -> tuple[str, ...]:
    """List the files of ``src/ferflow`` that a script reaches, sorted."""
    modules: set[str] = set()
    # The parameters come through a module without trace, with defaults from their schema.
    queue = [*_imports(script), *_files("ferflow.params")]
    while queue:
        name = queue.pop()
        if name in modules or not has_trace(name):
            continue
        modules.add(name)
        queue += _imports(_path(name))
        if name == REGISTRY:
            queue += _model_files(model)
    data = {file for folder in {name.rpartition("/")[0] for name in modules} for file in _data(folder)}
    return tuple(sorted(modules | {name for name in data if has_trace(name)}))


def _model_files(model: str | None) -> list[str]:
    modules = [models()[model]] if model else models().values()
    return [name for module in modules for name in _files(module)]


@cache
def _imports(source: Path) -> frozenset[str]:
    """Files of ``src/ferflow`` that one file imports, in whatever function."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    names = {name for node in _import_statements(tree.body) for name in _names(node)}
    return frozenset(file for name in names for file in _files(name))


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Dotted names that a statement imports; ``x.name`` may be a module, or stand in module ``x``."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.level:
        raise ValueError(f"line {node.lineno}: imports in ferflow name their module in full")
    return [f"{node.module}.{alias.name}" for alias in node.names]


def _import_statements(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Go through the imports of a block and of the blocks in it, past expressions, which have none."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and _is_type_checking(node.test):
            yield from _import_statements(node.orelse)  # the rest is for mypy and never runs
        else:
            for block in _blocks(node):
                yield from _import_statements(block)


def _is_type_checking(test: ast.expr) -> bool:
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


def _blocks(node: ast.stmt | ast.excepthandler | ast.match_case) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        yield getattr(node, field, [])
    for field in ("handlers", "cases"):
        for part in getattr(node, field, []):
            yield from _blocks(part)


@cache
def _files(name: str) -> tuple[str, ...]:
    """Files that Python executes to import a dotted name: the module, and ``__init__.py`` of its packages.

    ferflow's own ``__init__.py`` is left to those who ask for what it holds, the version: Python executes it
    every time, but a release is no reason to train again.
    """
    parts = name.split(".")
    if parts[0] != "ferflow":
        return ()
    module = _module("/".join(parts))
    if not module and len(parts) > 1:  # the name is a class or the like
        parts.pop()
        module = _module("/".join(parts))
    packages = ["/".join(["src", *parts[:depth], "__init__.py"]) for depth in range(2, len(parts))]
    return tuple(file for file in [*packages, module] if file and _exists(file))


def _module(path: str) -> str | None:
    return next((file for file in (f"src/{path}.py", f"src/{path}/__init__.py") if _exists(file)), None)


@cache
def _data(folder: str) -> tuple[str, ...]:
    """Files of a package that are no modules, as templates are; in folders that are no packages too."""
    files: list[str] = []
    for path in _path(folder).iterdir():
        name = f"{folder}/{path.name}"
        if path.name.startswith((".", "__pycache__")) or path.suffix == ".py":
            continue
        if path.is_file():
            files.append(name)
        elif not (path / "__init__.py").is_file():
            files += _data(name)
    return tuple(files)


@cache
def _text_digest(path: Path) -> str:
    return hashlib.blake2b(path.read_text(encoding="utf-8").encode(), digest_size=8).hexdigest()


@cache
def _exists(name: str) -> bool:
    return _path(name).is_file()


@cache
def _path(name: str) -> Path:
    return SOURCES / name.removeprefix("src/")
