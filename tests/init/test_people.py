from pathlib import Path

import pytest

from ferflow.errors import InputError
from ferflow.ingest.layout import UNSAID, Layout
from ferflow.init.people import guess_layout, guess_levels, person_column
from tests.ingest.drawn import SIDE, face, image, text, write_table, write_tree, write_zip

BY_CLASS = Layout(("class", "person"), "person")
BY_PERSON = Layout(("person", "class"), "person")


@pytest.mark.parametrize(
    ("paths", "layout"),
    [
        (["happy/1.png", "sad/1.png"], UNSAID),
        (["train/happy/1.png", "test/sad/1.png"], UNSAID),
        (["Anger/anna/1.png", "joy/ben/1.png"], BY_CLASS),
        (["anna/Anger/1.png", "ben/joy/1.png"], BY_PERSON),
        (["faces/anna/Anger/1.png", "faces/ben/joy/1.png"], BY_PERSON),
        (["cat/s1/1.png", "dog/s2/1.png"], BY_CLASS),
        (["cat/person01/1.png", "dog/person02/1.png"], BY_CLASS),
        (["S01/cat/1.png", "S02/dog/1.png"], BY_PERSON),
        (["train/cat/p1/1.png", "test/dog/p2/1.png"], Layout(("usage", "class", "person"), "person")),
        (["train/p1/cat/1.png", "test/p2/dog/1.png"], Layout(("usage", "person", "class"), "person")),
        (["cat/train/1.png", "dog/test/1.png"], Layout(("class", "usage"))),
        (["cat/1.png", "dog/p1/1.png"], UNSAID),  # which the reader refuses
        (["1.png"], UNSAID),
        ([], UNSAID),
    ],
)
def test_levels_of_folders(paths: list[str], layout: Layout) -> None:
    assert guess_levels("faces", paths) == layout


@pytest.mark.parametrize(
    "paths",
    [
        ["red/anna/1.png", "green/ben/1.png"],
        ["c1/p1/1.png", "c2/p2/1.png"],
        ["happy/sad/1.png", "angry/fear/1.png"],
        ["happy/p1/monday/1.png", "sad/p2/friday/1.png"],
    ],
)
def test_what_cannot_be_told_is_asked(paths: list[str]) -> None:
    with pytest.raises(InputError, match=r"faces: \d levels of folders \(.*--layout class/person"):
        guess_levels("faces", paths)


@pytest.mark.parametrize(
    "name", ["person", "Subject_ID", "participantid", "identity", "Session", "Actor name", "user-no"]
)
def test_columns_that_name_a_person(name: str) -> None:
    assert person_column(["emotion", "pixels", name]) == name
    assert person_column(["emotion", "pixels", "id"]) == ""


def test_every_shape_of_a_source_is_looked_at(tmp_path: Path) -> None:
    tree = {f"{name}/p{i}/1.png": image(i) for i, name in enumerate(("cat", "dog"))}
    assert guess_layout(write_tree(tmp_path / "faces", tree)) == BY_CLASS
    assert guess_layout(write_zip(tmp_path / "faces.zip", tree)) == BY_CLASS
    assert guess_layout(tmp_path / "faces", "who") == Layout(("class", "who"), "who")
    table = write_table(tmp_path / "f.csv", [f"a,{text(face(1, SIDE))},0"], "subject,pixels,emotion")
    assert guess_layout(table) == Layout(group="subject")
    assert guess_layout(table, "who") == Layout(group="who")
    inside = {"mine.csv": table.read_bytes()}
    assert guess_layout(write_zip(tmp_path / "t.zip", inside)) == Layout(group="subject")
    assert guess_layout(write_tree(tmp_path / "t", inside)) == Layout(group="subject")
