"""Which mistake ``ferflow init`` speaks of where there may be several."""

import re
from pathlib import Path

import pytest

from ferflow.errors import InputError
from ferflow.init.command import init
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
