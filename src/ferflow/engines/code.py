"""The files whose code makes a stage's results."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ferflow.engines.stages import Job
from ferflow.models.registry import MODELS
from ferflow.params import Params
from ferflow.remedies.adjustments import ADJUSTMENTS
from ferflow.remedies.names import remedies_of
from ferflow.remedies.registry import BALANCES, CLASS_WEIGHTS, LOSSES

SOURCES = Path(__file__).parents[2]
# Who imports one of these may work with whatever is registered there.
MODEL_FACTORY = "src/ferflow/models/factory.py"
REMEDY_REGISTRY = "src/ferflow/remedies/registry.py"
ADJUSTMENT_REGISTRY = "src/ferflow/remedies/adjustments.py"
# Who imports one of these works with every module beside it.
COLLECTIONS = ("src/ferflow/report/sections/__init__.py",)

# What these do leaves no trace in results/: a change to them is no reason to train again. "/" ends a folder.
NO_TRACE = (
    "src/ferflow/cli/",
    "src/ferflow/engines/",
    "src/ferflow/errors.py",
    "src/ferflow/ingest/unlabelled.py",
    "src/ferflow/passwords.py",
    "src/ferflow/paths.py",
    "src/ferflow/predict/",
    "src/ferflow/progress.py",
    "src/ferflow/py.typed",
    "src/ferflow/timings.py",
    "src/ferflow/tracking/",
)

# These, and what they import, reach a stage through the values of its parameters alone. Snakemake records
# values with defaults filled in; DVC records what the file says, so there the stages depend on these files.
BY_VALUE = (
    "src/ferflow/models/schemas.py",
    "src/ferflow/remedies/__init__.py",
    "src/ferflow/params/",
    "src/ferflow/schema.py",
)


def code(stage: str, modules: tuple[str, ...] | None = None) -> list[str]:
    """List the files whose code makes a stage's results.

    These are the files that Python executes for it, import by import, and the templates, style sheets and the
    like beside them. Which models and remedies a stage works with is known only when it runs, so all that are
    registered count unless some are named.

    Parameters
    ----------
    stage : str
        Name of the stage and of its script; the working directory is the project.
    modules : tuple of str, optional
        The modules of the models and remedies that the stage works with, as :func:`modules_of` names them.

    Returns
    -------
    list of str
        Paths in the project: the script, then files of ``src/ferflow`` in alphabetical order.
    """
    return [_script(stage), *_package_files(Path(_script(stage)).absolute(), modules)]


@cache
def code_digest(stage: str, modules: tuple[str, ...] | None = None) -> str:
    """Hash the names and contents of :func:`code` to 16 hexadecimal digits (64-bit BLAKE2b).

    What reaches a stage through values alone is left out (``BY_VALUE``); modules of other packages that
    ``modules`` names are hashed too. Lines are hashed, not bytes: a checkout with other line ends has the
    same digest.

    Parameters
    ----------
    stage, modules
        As :func:`code` takes them.

    Returns
    -------
    str
    """
    lines = [line for name, line in code_lines(stage, modules).items() if not _is_among(name, BY_VALUE)]
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()


def code_lines(stage: str, modules: tuple[str, ...] | None = None) -> dict[str, str]:
    """Say what each file of a stage's code holds, and each module of another package that ``modules`` names.

    Parameters
    ----------
    stage, modules
        As :func:`code` takes them.

    Returns
    -------
    dict of str to str
        By file or module: its name and 16 hexadecimal digits.
    """
    files = {
        name: Path(name).absolute() if name == _script(stage) else _path(name)
        for name in code(stage, modules)
    }
    files |= {name: _origin(name) for name in modules or () if not name.startswith("ferflow.")}
    return {name: f"{name} {_text_digest(path)}" for name, path in files.items()}


def modules_of(job: Job, params: Params) -> tuple[str, ...] | None:
    """Name the modules of the models and remedies that a job works with.

    Parameters
    ----------
    job : Job
    params : Params

    Returns
    -------
    tuple of str, or None
        Sorted; None for a job without experiment.
    """
    if not job.experiment:
        return None
    names = job.experiments(params)
    return tuple(sorted({module for name in names for module in _modules(job.stage, name, params)}))


def _modules(stage: str, name: str, params: Params) -> set[str]:
    experiment = params.experiment(name)
    applied = remedies_of(experiment, params.protocol_of(name))
    if stage in ("balance", "split"):
        return {each.module for each in applied if each.stage == "balance"}
    before = {each.module for each in applied if each.stage != "evaluate" or stage == "evaluate"}
    return before | {MODELS[experiment.model.name].module}


def has_trace(name: str) -> bool:
    """Tell whether a file of ``src/ferflow`` has any part in what stands in ``results/``.

    Parameters
    ----------
    name : str
        Path of the file in the project.

    Returns
    -------
    bool
    """
    return not _is_among(name, NO_TRACE)


def _is_among(name: str, parts: tuple[str, ...]) -> bool:
    return any(name.startswith(part) if part.endswith("/") else name == part for part in parts)


def _script(stage: str) -> str:
    return f"workflow/scripts/{stage}.py"


@cache
def _package_files(script: Path, modules: tuple[str, ...] | None) -> tuple[str, ...]:
    """List the files of ``src/ferflow`` that a script reaches, sorted."""
    files: set[str] = set()
    # The parameters come through a module without trace, with defaults from their schema.
    queue = [*_imports(script), *_files("ferflow.params")]
    while queue:
        name = queue.pop()
        if name in files or not has_trace(name):
            continue
        files.add(name)
        if name in (MODEL_FACTORY, REMEDY_REGISTRY, ADJUSTMENT_REGISTRY):
            queue += _registry_files(name, modules)
        if name in COLLECTIONS:
            queue += [f"{name.rpartition('/')[0]}/{path.name}" for path in _path(name).parent.glob("*.py")]
        by_value = _is_among(name, BY_VALUE)
        queue += [file for file in _imports(_path(name)) if not by_value or _is_among(file, BY_VALUE)]
    data = {file for folder in {name.rpartition("/")[0] for name in files} for file in _data(folder)}
    return tuple(sorted(files | {name for name in data if has_trace(name)}))


def _registry_files(registry: str, modules: tuple[str, ...] | None) -> list[str]:
    """List the files of what is registered in a package, or of those modules of it that are named."""
    if modules is None and registry == ADJUSTMENT_REGISTRY:
        modules = tuple(adjustment.weigh.__module__ for adjustment in ADJUSTMENTS.values())
    elif modules is None:
        draws = [balance.draw for balance in BALANCES.values()]
        weights = [weight.weigh for weight in CLASS_WEIGHTS.values()]
        remedies = [remedy.__module__ for remedy in (*draws, *weights, *LOSSES.values())]
        modules = (*(model.module for model in MODELS.values()), *remedies)
    folder = registry.rpartition("/")[0].removeprefix("src/").replace("/", ".")
    return [name for module in modules if module.startswith(f"{folder}.") for name in _files(module)]


def _origin(module: str) -> Path:
    """Find the file of a module of another package."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise LookupError(f"{module}: cannot be found")
    return Path(spec.origin)


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
