"""Which files of a source are images, which is its table, and what the path of an image says."""

import pytest

from ferflow.errors import InputError
from ferflow.ingest.layout import Layout, find_table, is_image, nameable, place


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("train/happy/1.PNG", True),
        ("train/happy/._1.png", False),
        (".thumbnails/happy/1.png", False),
        ("__MACOSX/train/happy/1.png", False),
        ("train/happy/1.gif", False),
    ],
)
def test_what_systems_leave_beside_images_is_none(path: str, *, expected: bool) -> None:
    assert is_image(path) is expected


def test_of_two_files_with_one_name_neither_is_believed() -> None:
    good, bad = nameable(["sad/1.png", "sad/2.png", "sad/1.png"])
    assert good == ["sad/2.png"]
    assert [(face.origin, face.reason) for face in bad] == [
        ("sad/1.png", "2 files have this name; give it another")
    ] * 2


def test_the_table_of_the_challenge_goes_before_kaggles_and_these_before_others() -> None:
    others, kaggle = ["test.csv", "train.csv", "__MACOSX/fer2013.csv"], "a/icml_face_data.csv"
    assert find_table("x", [*others, kaggle, "b/FER2013.csv"]) == "b/FER2013.csv"
    assert find_table("x", [*others, kaggle]) == kaggle
    assert find_table("x", ["train.csv", "note.txt"]) == "train.csv"
    with pytest.raises(InputError, match=r"several tables and no fer2013.csv \(test.csv, train.csv\)"):
        find_table("x", others)


def test_a_compressed_table_is_one_where_there_is_no_other() -> None:
    packed = ["a.csv.gz", "b/FER2013.csv.gz", "__MACOSX/fer2013.csv.gz"]
    assert find_table("x", packed, packed=True) == "b/FER2013.csv.gz"
    assert find_table("x", [*packed, "c.csv"], packed=True) == "c.csv"
    assert find_table("x", packed) is None  # of an archive, which is read as it stands


def usages(*paths: str, layout: str = "") -> list[str]:
    levels = tuple(layout.split("/")) if layout else ()
    return [file.usage for file in place("x", paths, Layout(levels))]


def test_the_name_of_a_file_tells_its_usage_in_the_folder_test_alone() -> None:
    names = ["PublicTest_1.png", "PrivateTest_2.png", "Public_3.png", "4.png"]
    assert usages(*(f"test/sad/{name}" for name in names)) == ["PublicTest", *["PrivateTest"] * 3]
    assert usages(*(f"train/sad/{name}" for name in names)) == ["Training"] * 4
    assert usages(*(f"val/sad/{name}" for name in names)) == ["PublicTest"] * 4
    told = usages(*(f"sad/test/{name}" for name in names), layout="class/usage")
    assert told == ["PublicTest", *["PrivateTest"] * 3]


def test_a_usage_that_all_faces_share_is_no_wrapping_folder() -> None:
    assert usages("all/train/sad/1.png", "all/train/happy/2.png") == ["Training"] * 2


def test_folders_that_hold_everything_hold_everything() -> None:
    layout = Layout(("person", "class"), "person")
    files = place("x", ["all/anna/sad/1.png", "all/ben/happy/2.png"], layout)
    assert [(file.label, file.group) for file in files] == [("sad", "anna"), ("happy", "ben")]
    with pytest.raises(InputError, match=r"b/ben/happy/2.png does not stand in person/class/"):
        place("x", ["a/anna/sad/1.png", "b/ben/happy/2.png"], layout)
