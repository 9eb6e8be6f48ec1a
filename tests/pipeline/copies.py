"""Copies of the project to run real engines in, away from the developer's own results."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy_project(target: Path) -> Path:
    """Lay out the files of the work tree that git knows or would take, as a repository of its own."""
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, files.stdout.split("\0")):
        if (ROOT / name).exists() and name != "dvc.lock":
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name, follow_symlinks=False)
    subprocess.run(["git", "init", "--quiet"], cwd=target, check=True)
    (target / ".dvc" / "tmp").mkdir(exist_ok=True)
    return target


def environment(folder: Path) -> dict[str, str]:
    """Return variables under which a copy's own ferflow and this environment's tools are found."""
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "src"),
        "OMP_NUM_THREADS": "1",
    }


def run_in(folder: Path, *command: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment in a copy, with the copy's own ferflow; check its exit code."""
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False, timeout=600
    )
    if code is not None:
        message = f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == code, message
    return done
