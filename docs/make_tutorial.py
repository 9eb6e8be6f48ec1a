"""Run docs/tutorial.ipynb in a copy of the project, and write what comes out into it.

    python docs/make_tutorial.py [--check]

With --check nothing is written: it fails where a cell fails, or where outputs are not those that the notebook
holds, but for their digits, which may differ between processors.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from ferflow.atomic import atomic_path

ROOT = Path(__file__).parents[1]
NOTEBOOK = Path("docs/tutorial.ipynb")
_TIMEOUT = 900  # seconds a cell may take
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def execute(folder: Path) -> Any:
    """Run the notebook in a copy of the project that is made in a folder.

    Parameters
    ----------
    folder : Path
        Empty.

    Returns
    -------
    nbformat.NotebookNode
        With its outputs.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).exists() and name != "dvc.lock":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name, follow_symlinks=False)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["PYTHONPATH"] = str(folder / "src")
    notebook = nbformat.read(folder / NOTEBOOK, as_version=4)
    settings = {"metadata": {"path": str((folder / NOTEBOOK).parent)}}
    NotebookClient(
        notebook,
        timeout=_TIMEOUT,
        startup_timeout=_TIMEOUT,
        resources=settings,
        record_timing=False,
        coalesce_streams=True,
    ).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.text = _COLOUR.sub("", output.text).strip() + "\n"
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}  # which Python it was says nothing
    return notebook


def outputs(notebook: Any) -> list[str]:
    """Give the text of each cell's outputs, digits masked, so that processors may round differently.

    Parameters
    ----------
    notebook : nbformat.NotebookNode

    Returns
    -------
    list of str
    """
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [re.sub(r"[-\d.,]+", "#", "".join(map(_text, cell.outputs))) for cell in cells]


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    return "a picture" if "image/png" in output.data else str(output.data["text/plain"])


def main() -> None:
    """Read the arguments; run, then compare or write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        notebook = execute(Path(folder))
    if not check:
        with atomic_path(ROOT / NOTEBOOK) as temporary:
            nbformat.write(notebook, temporary)
        return
    committed = nbformat.read(ROOT / NOTEBOOK, as_version=4)
    for number, (old, new) in enumerate(zip(outputs(committed), outputs(notebook), strict=True), 1):
        if old != new:
            sys.exit(f"{NOTEBOOK}: code cell {number} now gives\n{new}\nand not\n{old}")


if __name__ == "__main__":
    main()
