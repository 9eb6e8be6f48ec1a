"""Which mistake ``ferflow init`` speaks of where there may be several."""

import re
import subprocess
from pathlib import Path

import pytest

from ferflow.errors import InputError
from ferflow.init.command import _check_target, _data_section, init
from ferflow.params import load
from tests.ingest.drawn import SIDE, face, image, text, write_table, write_tree, write_zip


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder that looks like the project's, with parameters that git does not have."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "params.yaml").write_text("mine: true\n")
    return tmp_path


def test_a_source_that_is_missing_comes_before_the_parameters_that_would_be_lost() -> None:
    with pytest.raises(InputError, match=r"^nowhere: no such file or folder"):
        init(Path("nowhere"), Path("params.yaml"))


def test_levels_of_folders_are_not_for_a_table(project: Path) -> None:
    rows = [f"p{i % 5},{i % 2},{text(face(i, SIDE))}" for i in range(40)]
    table = write_table(project / "mine.csv", rows, "person,emotion,pixels")
    inside = {"mine.csv": table.read_bytes()}
    for source in (table, write_tree(project / "folder", inside), write_zip(project / "mine.zip", inside)):
        message = f"^{re.escape(source.name)}: --layout is for folders of images, .*; say with --group"
        with pytest.raises(InputError, match=message):
            init(source, Path("other.yaml"), layout="class/person")
    assert init(table, Path("other.yaml"))[0] == "mine.csv: 40 faces of 2 classes"


def test_a_table_beside_images_is_not_read_and_does_not_matter(project: Path) -> None:
    places = [f"{name}/p{i}" for name in ("cat", "dog") for i in range(4)]
    files = {f"{place}/{i}.png": image(9 * k + i) for k, place in enumerate(places) for i in range(4)}
    source = write_tree(project / "faces", files | {"notes.csv": b"a,b\n"})
    assert "people: 4, named by folders class/person" in init(
        source, Path("other.yaml"), layout="class/person"
    )


def test_levels_told_the_wrong_way_round_are_doubted(project: Path) -> None:
    files = {
        # One face of each person is there three times, which ties the three folders to each other.
        f"s{person:02d}/{name}/{n}.png": image(100 * person + (10 * k + n if n else 0))
        for person in range(12)
        for k, (name, faces) in enumerate((("joy", 8), ("calm", 2), ("fear", 2)))
        for n in range(faces)
    }
    source = write_tree(project / "faces", files)
    read = r"faces: 12 classes \(s00, s01 \.\.\.\) and 3 people, by folders class/person, cannot be divided: "
    with pytest.raises(
        InputError, match=f"^{read}.*; if the levels are the other way round, say so by --layout$"
    ):
        init(source, Path("other.yaml"), layout="class/person")
    assert not Path("other.yaml").exists()
    assert "people: 12, named by folders person/class" in init(source, Path("other.yaml"))


def tree(folder: Path, *places: str, each: int = 6) -> Path:
    files = {f"{place}/{i}.png": image(each * k + i) for k, place in enumerate(places) for i in range(each)}
    return write_tree(folder, files)


def test_parameters_elsewhere_name_the_faces_from_there(project: Path) -> None:
    source = tree(project / "faces", "cat", "dog")
    (project / "dvc.yaml").unlink()  # which only params.yaml itself belongs beside
    (project / "else").mkdir()
    link = project / "else/link.yaml"
    link.symlink_to("other.yaml")
    init(Path("faces"), link)
    assert link.is_symlink()
    assert load(project / "else/other.yaml").data.path == source.as_posix()


@pytest.mark.parametrize(
    ("layout", "group", "level"),
    [
        ("class/*/person", "", "person"),
        ("usage/class/who", "", "who"),
        ("class/person", "person", "person"),
        ("usage/class", "", None),
    ],
)
def test_the_level_that_names_the_person_is_the_one_that_is_left(
    layout: str, group: str, level: str | None
) -> None:
    assert _data_section(layout, group).group == level


def test_a_level_that_is_not_among_the_levels_is_refused() -> None:
    with pytest.raises(InputError, match="who"):
        _data_section("class/person", "who")


def test_a_class_of_one_person_is_told_to_be_untested(project: Path) -> None:
    source = tree(project / "faces", *(f"{name}/p{i}" for name in ("cat", "dog") for i in range(6)), "owl/p0")
    said = init(source, Path("other.yaml"))
    assert "caution: no face of 'owl' falls to the test subset: too few people show it" in said


def test_what_git_has_in_another_folder_may_be_replaced(project: Path) -> None:
    other = project / "else/other.yaml"
    other.parent.mkdir()
    other.write_text("mine: true\n")
    (project / "link.yaml").symlink_to(other)
    for command in (("init", "-q"), ("add", "other.yaml"), ("commit", "-qm", "mine")):
        identity = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(("git", *identity, *command), cwd=other.parent, check=True)
    _check_target(Path("link.yaml"), project, force=False)
    other.write_text("mine: false\n")
    with pytest.raises(InputError, match=r"^link\.yaml: has changes that git does not have"):
        _check_target(Path("link.yaml"), project, force=False)
