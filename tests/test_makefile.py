"""The Makefile and a checkout, where the machine is not one of ours."""

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Of a make that runs the tests, which would pass on its options and name the folders that it enters.
OUTER = ("JOBS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
WITHOUT_JOBS = {name: value for name, value in os.environ.items() if name not in OUTER}


def make(
    folder: Path, *arguments: str, env: dict[str, str] | None = None, prefix: tuple[str, ...] = ()
) -> str:
    done = subprocess.run(
        [*prefix, "make", *arguments],
        cwd=folder,
        env=env or WITHOUT_JOBS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def project(folder: Path, **programs: str) -> Path:
    """Lay out a folder with the Makefile alone, and with shell scripts in place of the programs of .venv."""
    (folder / ".venv/bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("requirements.lock", "pyproject.toml", ".venv/ready"):
        (folder / name).touch()
    for name, script in programs.items():
        write_program(folder / ".venv/bin" / name.replace("_", "-"), script)
    return folder


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_make_of_macos_looks_for_programs_in_the_path_of_the_makefile(tmp_path: Path) -> None:
    # GNU make 3.81 does so only by a shell, and it starts none for a plain command if SHELL is the default.
    database = make(project(tmp_path), "-n", "-p", "help")
    assert "\nSHELL := bash\n" in database


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores are given to processes on Linux only")
def test_there_are_as_many_jobs_as_cores_that_may_be_used(tmp_path: Path) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2 or shutil.which("taskset") is None:
        pytest.skip("one core, or no taskset")
    folder = project(tmp_path, python=f'exec "{sys.executable}" "$@"')
    prefix = ("taskset", "-c", str(cores[0]))
    assert "snakemake --cores 1\n" in make(folder, "-n", "run", prefix=prefix)


def shown(folder: Path, **more: str) -> dict[str, str]:
    """Return the variables of what the Makefile starts, of an environment with PATH and some more."""
    (folder / "show.mk").write_text("show:\n\t@env\n")
    show = ("-f", "Makefile", "-f", "show.mk", "show")
    lines = make(folder, *show, env={"PATH": os.environ["PATH"]} | more).splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_what_is_imported_is_compiled_once_and_not_by_each_process(tmp_path: Path) -> None:
    variables = shown(project(tmp_path), PYTHONDONTWRITEBYTECODE="1", PYTHONUTF8="1")
    assert (variables["PYTHONUTF8"], "PYTHONDONTWRITEBYTECODE" in variables) == ("1", False)


def test_who_has_no_home_gets_a_place_for_caches(tmp_path: Path) -> None:
    folder, home = project(tmp_path / "here"), tmp_path / "home"
    home.mkdir()
    variables = partial(shown, folder)
    nobody = variables()
    assert nobody["HOME"].startswith("/")
    assert nobody["USER"]
    homeless = variables(HOME="/nowhere")
    assert homeless["XDG_CACHE_HOME"] == str(folder / ".ferflow/cache")
    assert homeless["MPLCONFIGDIR"] == str(folder / ".ferflow/cache/matplotlib")
    named = variables(HOME="/nowhere", XDG_CACHE_HOME=str(home))
    assert named["XDG_CACHE_HOME"] == str(home)
    usual = variables(HOME=str(home), USER="ada")
    assert (usual["HOME"], usual["USER"], "XDG_CACHE_HOME" in usual) == (str(home), "ada", False)


def test_the_path_of_the_report_is_printed_as_it_is(tmp_path: Path) -> None:
    folder = project(tmp_path / """it's "x" `y` ü""", ferflow="", snakemake="")
    report = folder / "results/report/index.html"
    assert make(folder, "JOBS=1") == f"report: {report}\n"


def test_an_environment_of_another_python_is_made_anew(tmp_path: Path) -> None:
    fresh = "mkdir -p .venv/bin; echo '#!/bin/sh' > .venv/bin/pip; chmod +x .venv/bin/pip"
    write_program(tmp_path / "python", f'case "$1" in -V) echo Python 3.13.1 ;; -m) {fresh} ;; esac')
    folder = project(tmp_path / "old", python="echo Python 3.12.1")
    (folder / ".venv/old").touch()
    (folder / ".venv/ready").unlink()
    make(folder, f"PYTHON={tmp_path / 'python'}", ".venv/ready")
    assert not (folder / ".venv/old").exists()
    write_program(folder / ".venv/bin/python", "echo Python 3.13.1")
    (folder / ".venv/ready").unlink()
    make(folder, f"PYTHON={tmp_path / 'python'}", ".venv/ready")
    assert (folder / ".venv/bin/python").exists()  # all that is installed stays


def test_a_lock_is_written_with_the_sed_of_bsd_too(tmp_path: Path) -> None:
    compiled = r'printf "pip==25\ntorch==2.13.0+cpu\nnvidia-x==1\nzipp==4\n" > requirements.lock'
    sed = f'case "$1" in -i) exit 1 ;; esac; exec {shutil.which("sed")} "$@"'
    folder = project(tmp_path, pip_compile=compiled, sed=sed)
    make(folder, "lock")
    assert (folder / "requirements.lock").read_text() == "torch==2.13.0\nzipp==4\n"


def test_a_checkout_has_no_crlf_whatever_git_is_set_to(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True)

    source = tmp_path / "source"
    source.mkdir()
    for name in (".gitattributes", "Makefile"):
        shutil.copy(ROOT / name, source)
    me = ("-c", "user.name=me", "-c", "user.email=me@localhost", "-c", "commit.gpgsign=false")
    git("init", "--quiet", "source")
    git("-C", "source", "add", ".")
    git("-C", "source", *me, "commit", "--quiet", "-m", "x")
    git("clone", "--quiet", "-c", "core.autocrlf=true", "source", "clone")
    assert b"\r" not in (tmp_path / "clone/Makefile").read_bytes()
