"""What Snakemake's rules get of params.yaml."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from ferflow.engines import parameters
from ferflow.engines.parameters import listing, snakemake_parameters
from ferflow.errors import InputError
from ferflow.files import write_json
from ferflow.params.editing import set_values
from tests.audits import make_audit

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(ROOT / "params.yaml", "params.yaml")


def test_parameters_are_those_of_the_file() -> None:
    assert snakemake_parameters({}).data.path == "data/sample.zip"


def test_a_second_source_is_refused() -> None:
    with pytest.raises(InputError, match=r"--config.*found: budget.*edit params\.yaml"):
        snakemake_parameters({"budget": "full"})


def test_data_that_are_not_there_are_missed() -> None:
    set_values(["data.path=data/none.csv"])
    with pytest.raises(InputError, match=r"data\.path: there is no data/none\.csv"):
        snakemake_parameters({})


def test_a_class_that_the_data_lack_is_said_before_anything_runs() -> None:
    write_json(Path("results/audit.json"), make_audit())
    with pytest.raises(InputError, match=r"protocols\.pair\.classes: .*'disgust'.*experiment 'logistic'"):
        snakemake_parameters({})
    write_json(Path("results/audit.json"), make_audit(source="other.zip"))
    snakemake_parameters({})  # the faces of before
    write_json(Path("results/audit.json"), {"source": "sample.zip"})
    snakemake_parameters({})  # of another version: ingest will write it anew


def test_listing_changes_with_what_is_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "happy").mkdir()
    face = tmp_path / "happy" / "1.png"
    face.write_bytes(b"one")
    before = listing(tmp_path)
    assert listing(tmp_path) == before
    face.write_bytes(b"other")
    second = listing(tmp_path)
    face.rename(face.with_name("2.png"))
    assert len({before, second, listing(tmp_path)}) == 3
    assert listing(face.with_name("2.png")) == ""


def test_listing_changes_with_a_size_or_a_time_alone_and_takes_any_name(tmp_path: Path) -> None:
    face = tmp_path / os.fsdecode(b"caf\xe9.png")  # of a system whose names are no UTF-8
    face.write_bytes(b"one")
    os.utime(face, ns=(0, 1_000))
    before = listing(tmp_path)
    face.write_bytes(b"other")
    os.utime(face, ns=(0, 1_000))
    larger = listing(tmp_path)
    os.utime(face, ns=(0, 1_001))
    assert len({before, larger, listing(tmp_path)}) == 3


def test_a_name_that_is_too_long_is_missed_too() -> None:
    set_values([f"data.path={'a' * 300}"])
    with pytest.raises(InputError, match=r"data\.path: aaa.*File name too long.*name a CSV"):
        snakemake_parameters({})


def test_a_folder_whose_files_may_not_be_looked_at_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "1.png").touch()

    def refuse(path: Path) -> None:  # as where a folder may be listed and not entered; root may enter all
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(parameters, "_status", refuse)
    with pytest.raises(InputError, match=r"1\.png: cannot be read \(Permission denied\); let yourself"):
        listing(tmp_path)


def test_listing_follows_links_as_ingest_does_and_leaves_dead_ones_to_it(tmp_path: Path) -> None:
    elsewhere, faces = tmp_path / "elsewhere", tmp_path / "faces"
    elsewhere.mkdir()
    faces.mkdir()
    (faces / "happy").symlink_to(elsewhere)
    (faces / "sad.png").symlink_to(tmp_path / "nothing")
    before = listing(faces)
    (elsewhere / "1.png").write_bytes(b"one")
    assert listing(faces) != before
