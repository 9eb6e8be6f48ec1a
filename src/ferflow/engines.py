"""What Snakemake and DVC must agree on, and the hand-over from one to the other.

Both run the same commands over the same files. Each keeps its own books, though: after a run under one, the
other does not know that nothing is left to do. To say so by hand (``dvc commit -f``, ``snakemake --touch``)
blesses whatever stands there, stale files too. The two hand-overs here first make sure that the books they
copy from are in order.
"""

import ast
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ferflow.errors import InputError
from ferflow.params import SAMPLE_PATH, load

PACKAGE = Path(__file__).parent
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


def parameters(config: Mapping[str, Any], path: Path | str = "params.yaml") -> dict[str, Any]:
    """Read the parameters for Snakemake's rules, as they stand in the file, once they are known to be valid.

    Raises
    ------
    InputError
        If the file is not valid, the data that it names are not there, or Snakemake was given a ``config``
        of its own: that would change when a rule runs, but not what its script reads.
    """
    if config:
        raise InputError(
            f"--config and --configfile are not used here (found: {', '.join(config)}); edit params.yaml, "
            "or give one run other values with `dvc exp run -S budget=full`"
        )
    data = load(path).data.path
    if data != SAMPLE_PATH and not Path(data).exists():  # Snakemake would go on with the faces of before
        raise InputError(f"{path}: data.path: there is no {data}; name a CSV file, an archive or a folder")
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def tracked(parameters: Mapping[str, Any], *keys: str) -> str:
    """Return the sections ``keys`` (``evaluate``, ``protocols.pair``) as one line of JSON.

    Sorted keys, since DVC compares values and not their order in the file.
    """
    sections: dict[str, Any] = {}
    for key in keys:
        value: Any = parameters
        for part in key.split("."):
            value = value[part]
        sections[key] = value
    return json.dumps(sections, sort_keys=True)


def listing(path: Path | str) -> str:
    """Hash the names, sizes and times in a folder of faces; empty for a file.

    Snakemake looks at the time of a folder only, which tells nothing of the files further down.
    """
    top = Path(path)
    if not top.is_dir():
        return ""
    digest = hashlib.blake2b(digest_size=8)
    for folder, folders, files in os.walk(top):
        folders.sort()
        for name in sorted(files):
            status = (Path(folder) / name).stat()
            digest.update(f"{folder}/{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


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


def to_dvc() -> None:
    """Tell DVC that what Snakemake made is up to date.

    Raises
    ------
    InputError
        If Snakemake itself says that something is left to do, or does not know how a file was made.
    """
    plan = _run("snakemake", "-n", "all")
    said = plan.stdout + plan.stderr
    if plan.returncode or "Nothing to be done" not in said:
        raise InputError("Snakemake has work left to do, so DVC is told nothing; run `snakemake -j2` first")
    if "provenance/metadata" in said:
        raise InputError(
            "Snakemake does not know how some files were made, so DVC is told nothing; "
            "run `snakemake -j2 --forceall` first"
        )
    # DVC lays some files anew from its cache; with other times on them, Snakemake would make them again.
    times = {file: file.stat().st_mtime_ns for top in ("data", "results") for file in Path(top).rglob("*")}
    _must("dvc", "commit", "--force")
    for file, time in times.items():
        os.utime(file, ns=(time, time))


def to_snakemake() -> None:
    """Tell Snakemake that what DVC made, or fetched with ``dvc pull``, is up to date.

    Raises
    ------
    InputError
        If DVC itself says that something is changed.
    """
    if _run("dvc", "status", "--quiet").returncode:
        raise InputError(
            "DVC finds changes, so Snakemake is told nothing; run `dvc repro` (or `dvc pull`) first"
        )
    _must("snakemake", "--touch", "--forceall", "-j1", "all")


def _run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of the environment that this Python belongs to."""
    binary = Path(sys.executable).with_name(tool)
    return subprocess.run(
        [str(binary) if binary.is_file() else tool, *arguments], capture_output=True, text=True, check=False
    )


def _must(tool: str, *arguments: str) -> None:
    done = _run(tool, *arguments)
    if done.returncode:
        raise InputError(f"{tool} {arguments[0]} failed: {(done.stderr or done.stdout).strip()[-400:]}")
