"""`ferflow init`, as it is called: what it writes runs, and nothing is lost."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ferflow import params
from ferflow.cli.main import main
from ferflow.params.against_data import check_classes
from tests.ingest.drawn import SIDE, face, image, text, write_table, write_tree

Init = Callable[..., Result]
FER = ("anger", "Disgusted", "fear", "Happiness", "sadness", "surprised", "neutral")


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Init:
    """Call the command in a folder that looks like the project's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").touch()
    return lambda *arguments: CliRunner().invoke(main, ["init", *map(str, arguments)])


def tree(folder: Path, *places: str, each: int = 12) -> Path:
    """Write as many faces, called by the same names, into every place."""
    files = {f"{place}/{i}.png": image(each * k + i) for k, place in enumerate(places) for i in range(each)}
    return write_tree(folder / "faces", files)


def assert_as_dvc_writes(path: Path) -> None:
    from dvc.utils.serialize import modify_yaml

    before = path.read_text()
    with modify_yaml(path):
        pass
    assert path.read_text() == before


def test_expressions_under_any_spelling_and_one_more(init: Init, tmp_path: Path) -> None:
    tree(tmp_path, *FER, "contempt")
    (tmp_path / "faces/contempt/0.png").write_bytes(b"no image")
    done = init("faces")
    assert done.exit_code == 0, done.output
    assert "faces: 95 faces of 8 classes" in done.stdout
    assert "contempt/0.png: not a JPEG" in done.stdout
    assert "next: make" in done.stdout
    settings = params.load()
    check_classes(settings, ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt"])
    assert settings.protocol("pair").classes == ["angry", "contempt"]
    assert (settings.data.path, settings.data.on_bad_face, settings.claims) == ("faces", "skip", False)
    assert_as_dvc_writes(tmp_path / "params.yaml")


def test_a_place_that_params_may_not_name_is_refused_as_what_the_user_knows(
    init: Init, tmp_path: Path
) -> None:
    tree(tmp_path, "happy", "sad").rename(tmp_path / "my{faces}")
    done = init("my{faces}")
    assert done.exit_code == 2
    assert "error: params.yaml: data.path: braces in the path" in done.output
    assert not (tmp_path / "params.yaml").exists()


def test_a_name_that_params_yaml_cannot_hold_is_refused_before_anything_is_read(
    init: Init, tmp_path: Path
) -> None:
    for name in (os.fsdecode(b"f\xe9.csv"), "two\nlines.csv"):
        (tmp_path / name).touch()
        done = init(name)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "cannot stand in params.yaml; rename the file or folder, or name a link" in done.stderr


def test_names_are_written_as_utf_8_whatever_the_system_speaks(init: Init, tmp_path: Path) -> None:
    names = ("b\u00f6se", "gl\u00fccklich", "traurig")
    rows = [f"{name},{text(face(9 * k + i))}" for k, name in enumerate(names) for i in range(9)]
    write_table(tmp_path / "faces.csv", rows, "emotion,pixels")
    ascii_alone = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "ferflow", "init", "faces.csv"]
    done = subprocess.run(
        command, env=os.environ | ascii_alone, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert set(params.load().protocol("pair").classes) <= set(names)


def test_the_next_command_copes_with_odd_places(init: Init, tmp_path: Path) -> None:
    tree(tmp_path, "cat", "dog")
    assert "next: make (or" in init("faces", "--out", tmp_path / "params.yaml").stdout
    assert "next: cp 'my faces.yaml' params.yaml && make" in init("faces", "--out", "my faces.yaml").stdout


def test_parameters_for_a_clone_elsewhere_name_the_source_as_seen_from_there(
    init: Init, tmp_path: Path
) -> None:
    tree(tmp_path, "cat", "dog")
    (tmp_path / "dvc.yaml").unlink()
    told = init("faces", "--out", "mine.yaml").stdout
    mine = shlex.quote(f"{tmp_path}/mine.yaml")
    assert f"next: in a clone of ferflow, cp {mine} params.yaml && make (or" in told
    assert params.load("mine.yaml").data.path == str(tmp_path / "faces")


def test_a_column_that_names_two_people_is_not_dropped_without_a_word(init: Init, tmp_path: Path) -> None:
    rows = [
        f"{name},{text(face(9 * k + i))},s{i % 2}" for k, name in enumerate(("cat", "dog")) for i in range(9)
    ]
    write_table(tmp_path / "faces.csv", rows, "emotion,pixels,subject")
    done = init("faces.csv")
    assert "column subject: names no three people, so splits keep copies together only" in done.stdout
    assert params.load().data.group is None


def test_names_of_any_kind_and_balanced_classes(init: Init, tmp_path: Path) -> None:
    tree(tmp_path, "sehr fröhlich", "müde", "a: b", "- x")
    assert init("faces").exit_code == 0
    settings = params.load()
    assert settings.protocol("pair").classes == ["a: b", "- x"]
    assert settings.run == ["logistic", "softmax", "cnn", "kmeans"]
    assert (settings.explain, settings.repeated_splits) == (["cnn"], {})
    assert_as_dvc_writes(tmp_path / "params.yaml")


def test_editors_find_the_schema_from_wherever_the_file_is(init: Init, tmp_path: Path) -> None:
    tree(tmp_path, "happy", "sad")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/params.schema.json").touch()
    (tmp_path / "else/where").mkdir(parents=True)
    for out in (Path("params.yaml"), Path("else/where/other.yaml")):
        assert init("faces", "--out", out).exit_code == 0
        first = out.read_text().splitlines()[0]
        assert (out.parent / first.rpartition("=")[2]).resolve() == tmp_path / "docs/params.schema.json"


def test_forty_classes(init: Init, tmp_path: Path) -> None:
    tree(tmp_path, *(f"class {i}" for i in range(40)), each=5)
    assert init("faces").exit_code == 0
    settings = params.load()
    assert settings.clusters.keep.clusters == 40
    assert settings.experiment("kmeans").model.model_dump()["n_clusters"] == 30  # of 120 faces to train on


def test_people_in_folders_and_in_a_column(init: Init, tmp_path: Path) -> None:
    tree(tmp_path, *(f"p{i}/{name}" for i in range(4) for name in ("happy", "sad")), each=6)
    done = init("faces")
    assert "people: 4, named by folders person/class" in done.stdout
    assert params.load().data.layout == "person/class"
    assert params.load().data.group == "person"
    rows = [f"{i % 5},{('happy', 'sad')[i % 2]},{text(face(i, SIDE))}" for i in range(40)]
    write_table(tmp_path / "faces.csv", rows, "Subject,emotion,pixels")
    done = init("faces.csv", "--out", "csv.yaml")
    assert done.exit_code == 0, done.output
    assert "people: 5, named by column subject" in done.stdout
    assert params.load("csv.yaml").data.group == "subject"
    assert "next: cp csv.yaml params.yaml" in done.stdout


def test_people_whom_the_usages_put_on_both_sides_are_told(init: Init, tmp_path: Path) -> None:
    places = [f"train/{name}/s{i}" for name in ("cat", "dog") for i in range(4)]
    tree(tmp_path, *places, "test/cat/s3", "test/dog/s4", each=6)
    done = init("faces")
    assert "caution: people in several usages: 1; PrivateTest faces of people in Training: 6" in done.stdout
    assert params.load().protocol("all").split.by == "auto"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "faces: no image"),
        ({"notes.txt": b"x"}, "no image"),
        ({f"happy/{i}.png": image(i) for i in range(9)}, "all faces are of one class, 'happy'"),
        (
            {f"happy/{i}.png": image(i) for i in range(9)} | {"sad/1.png": image(20)},
            "too few different faces to train and test on ('sad' 1; a class needs 5)",
        ),
        ({f"{n}/{i}.png": b"bad" for n in "ab" for i in range(9)}, "faces: no faces besides 18 bad ones"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    files: dict[str, bytes], message: str, init: Init, tmp_path: Path
) -> None:
    (tmp_path / "faces").mkdir()
    write_tree(tmp_path / "faces", files)
    done = init("faces")
    assert done.exit_code == 2
    errors = [line for line in done.stderr.splitlines() if not line.startswith("reading ")]
    assert len(errors) == 1
    assert message in errors[0]
    assert not (tmp_path / "params.yaml").exists()


def test_sources_that_are_none(init: Init, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    assert "not a kind of source that is known" in init("notes.txt").stderr
    assert "no such file or folder" in init("nowhere").stderr
    tree(tmp_path, "a", "b")
    for layout in ("a/b", "class/", "/class"):
        assert f"'{layout}' does not name the levels" in init("faces", "--layout", layout).stderr
    assert "does not stand in class/person/" in init("faces", "--layout", "class/person").stderr
    assert "no level of the folders of faces is called 'who'" in init("faces", "--group", "who").stderr
    (tmp_path / "dvc.yaml").unlink()
    assert "run in the project's folder" in init("faces").stderr


def test_what_the_user_has_written_is_not_lost(init: Init, tmp_path: Path) -> None:
    tree(tmp_path, "happy", "sad")
    mine = tmp_path / "params.yaml"
    mine.write_text("mine: true\n")
    done = init("faces")
    assert done.exit_code == 2
    assert "(--out other.yaml), or replace the file (--force)" in done.stderr
    assert mine.read_text() == "mine: true\n"
    for command in (("init", "-q"), ("add", "params.yaml"), ("commit", "-qm", "mine")):
        subprocess.run(
            ("git", "-c", "user.name=a", "-c", "user.email=a@b", *command), cwd=tmp_path, check=True
        )
    assert init("faces").exit_code == 0  # git has it
    assert init("faces").exit_code == 2
    assert init("faces", "--force").exit_code == 0


def test_the_faces_are_not_written_over(init: Init, tmp_path: Path) -> None:
    table = write_table(tmp_path / "faces.csv", [f"{i % 2},{text(face(i))},Training" for i in range(24)])
    before = table.read_bytes()
    (tmp_path / "link.yaml").symlink_to("faces.csv")
    for out in ("faces.csv", "link.yaml"):
        done = init("faces.csv", "--out", out, "--force")
        assert done.exit_code == 2
        assert done.stderr == f"error: {out}: would overwrite the faces; name another file after --out\n"
    assert table.read_bytes() == before


def test_a_folder_is_no_file_to_write(init: Init, tmp_path: Path) -> None:
    tree(tmp_path, "cat", "dog")
    done = init("faces", "--out", "faces")
    assert done.exit_code == 2
    assert "error: faces: a folder; name a file in it, such as --out faces/params.yaml" in done.output
