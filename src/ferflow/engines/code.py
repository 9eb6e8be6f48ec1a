"""The files whose code makes a stage's results."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# What these do leaves no trace in results/, so that a change to them is no reason to train again.
NO_TRACE = {
    "errors.py",
    "mlflow_run.py",
    "mlflow_store.py",
    "progress.py",
    "stage.py",
    "tracked_model.py",
    "tracking.py",
}


def code(stage: str) -> list[str]:
    """List the files whose code makes a stage's results: its script and the modules of ferflow it imports.

    A package stands for all of its files, since its registry may import them by name and late.
    """
    script = Path("workflow/scripts") / f"{stage}.py"
    found: set[Path] = set()
    todo = _imports(script)
    while todo:
        module = todo.pop()
        if module in found or module.name in NO_TRACE:
            continue
        found.add(module)
        todo |= _imports(module)
    return [script.as_posix(), *sorted(f"src/ferflow/{m.relative_to(PACKAGE).as_posix()}" for m in found)]


def _imports(source: Path) -> set[Path]:
    """Files of ferflow that one file imports, in whatever function; none if it is for the engine to miss."""
    if not source.is_file() or source.suffix != ".py":
        return set()
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {file for name in names for file in _files(name)}


def _files(module: str) -> list[Path]:
    root, _, rest = module.partition(".")
    if root != "ferflow" or not rest:
        return []
    path = PACKAGE / rest.partition(".")[0]
    if path.is_dir():
        # templates and style sheets of a report shape its bytes as much as its modules do
        return [f for f in path.rglob("*") if f.is_file() and "__pycache__" not in f.parts]
    return [path.with_suffix(".py")] if path.with_suffix(".py").is_file() else []
