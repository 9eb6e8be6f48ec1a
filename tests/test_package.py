"""What is built for those who install ferflow without its repository."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from ferflow import __version__
from tests.fabricated import REPOSITORY

BUILD = "import setuptools.build_meta as backend; backend.build_{}('{}')"
TOP = ("CHANGELOG.md", "CITATION.cff", "LICENSE", "MANIFEST.in", "README.md", "pyproject.toml")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy what may be packed, and a test that may not."""
    folder = tmp_path_factory.mktemp("package") / "ferflow"
    without = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(REPOSITORY / "src", folder / "src", ignore=without)
    (folder / "tests").mkdir()
    for name in (*TOP, "tests/test_files.py"):
        shutil.copyfile(REPOSITORY / name, folder / name)
    for kind in ("sdist", "wheel"):
        command = [sys.executable, "-c", BUILD.format(kind, folder.parent)]
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return folder


def test_a_source_distribution_has_the_package_and_no_test(source: Path) -> None:
    name = f"ferflow-{__version__}"
    with tarfile.open(source.parent / f"{name}.tar.gz") as archive:
        files = {member.name.removeprefix(f"{name}/") for member in archive if member.isfile()}
    assert files >= set(TOP)
    assert not [file for file in files if file.startswith("tests")]


def test_a_wheel_has_every_file_of_the_package(source: Path) -> None:
    with zipfile.ZipFile(source.parent / f"ferflow-{__version__}-py3-none-any.whl") as archive:
        packed = {file for file in archive.namelist() if ".dist-info/" not in file}
    code = source / "src"
    files = (file.relative_to(code) for file in code.rglob("*") if file.is_file())
    assert packed == {file.as_posix() for file in files if not file.parts[0].endswith(".egg-info")}


def test_the_citation_names_the_version() -> None:
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text())
    assert citation["version"] == __version__


def test_a_version_has_each_kind_of_change_once() -> None:
    for text in (REPOSITORY / "CHANGELOG.md").read_text().split("\n## ")[1:]:
        kinds = re.findall("^### (.*)$", text, flags=re.MULTILINE)
        assert len(set(kinds)) == len(kinds)
        assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_oldest_python_that_is_promised_is_the_first_that_is_named() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    named = [line.rsplit(" ", 1)[1] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert project["requires-python"] == f">={named[0]}"
