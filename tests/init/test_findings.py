"""What is said of a source: one of a thing is one, several are several."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from ferflow.init.command import TEMPLATE
from ferflow.init.facts import gather
from ferflow.init.findings import tell_facts, tell_plan
from ferflow.init.parameters import decide
from ferflow.params import load
from tests.ingest.drawn import SIDE, face, image, text, write_table, write_tree


def encoded(pixels: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def lines_of(folder: Path, **more: bytes) -> list[str]:
    """Tell of a tree of two classes, with further images in the first by their names."""
    files = {f"{name}/{i}.png": image(9 * k + i) for k, name in enumerate(("cat", "dog")) for i in range(6)}
    files |= {f"cat/{name}.png": content for name, content in more.items()}
    return tell_facts(gather(write_tree(folder, files), "faces"))


def the_one(lines: list[str], start: str) -> str:
    (line,) = [line for line in lines if line.startswith(start)]
    return line


def test_copies_are_counted_in_singular_and_plural(tmp_path: Path) -> None:
    lines = lines_of(tmp_path / "none")
    none = the_one(lines, "copies")
    assert none.startswith("copies: 0 exact ones of an earlier face, 0 groups of them across usages")
    assert "; 0 groups of near copies, " in none
    assert not any("near_duplicates" in line for line in lines)
    near = face(0)
    near[0, 0] ^= 1
    one = the_one(lines_of(tmp_path / "one", copy=image(0), near=encoded(near)), "copies")
    assert one.startswith("copies: 1 exact one of an earlier face, 0 groups of them")
    assert "; 1 group of near copies, " in one


def test_copies_across_usages_are_one_group(tmp_path: Path) -> None:
    places = {f"{use}/{name}": 6 for use in ("train", "test") for name in ("cat", "dog")}
    files = {f"{place}/{i}.png": image(9 * k + i) for k, place in enumerate(places) for i in range(6)}
    files["test/cat/copy.png"] = files["train/cat/0.png"]
    lines = tell_facts(gather(write_tree(tmp_path / "faces", files), "faces"))
    assert "1 exact one of an earlier face, 1 group of them across usages" in the_one(lines, "copies")


def test_faces_of_nobody_are_counted_in_singular_and_plural(tmp_path: Path) -> None:
    for nobody, said in ((1, "1 face names nobody"), (2, "2 faces name nobody")):
        people = [""] * nobody + ["a", "b", "c", "d"] * 6
        rows = [f"{who},{i % 2},{text(face(i, SIDE))}" for i, who in enumerate(people)]
        table = write_table(tmp_path / f"{nobody}.csv", rows, "person,emotion,pixels")
        assert the_one(tell_facts(gather(table, "faces")), "people").endswith(f"; {said}")


def test_sizes_are_counted_in_singular_and_plural(tmp_path: Path) -> None:
    one = the_one(lines_of(tmp_path / "one", large=image(50, side=60)), "images")
    assert "12 x 12 and 1 other size, " in one
    larger = {"large": image(50, side=60), "huge": image(51, side=80)}
    assert "12 x 12 and 2 other sizes, " in the_one(lines_of(tmp_path / "two", **larger), "images")


def told(folder: Path, files: dict[str, bytes]) -> list[str]:
    return tell_facts(gather(write_tree(folder, files), "faces"))


def drawn(**numbers: int) -> dict[str, bytes]:
    """Draw as many faces, each another, for every place; ``__`` stands for a slash."""
    places = [(place.replace("__", "/"), i) for place, number in numbers.items() for i in range(number)]
    return {f"{place}/{i}.png": image(seed) for seed, (place, i) in enumerate(places)}


def test_faces_are_counted_by_class_and_usage(tmp_path: Path) -> None:
    files = drawn(train__cat=6, train__dog=7, test__cat=5, test__dog=9)
    assert told(tmp_path / "faces", files)[:5] == [
        "faces: 27 faces of 2 classes",
        "       Training  PrivateTest",
        "  cat         6            5",
        "  dog         7            9",
        "  all        13           14",
    ]
    lines = told(tmp_path / "plain", drawn(cat=6, dog=12))
    assert lines[1:4] == ["  cat      6", "  dog     12", "  all     18"]
    assert not [line for line in lines if line.startswith(("people", "folders", "blank", "bad"))]


def test_of_many_bad_images_some_are_named(tmp_path: Path) -> None:
    for number, more in ((5, []), (7, ["  and 2 more"])):
        bad = {f"cat/bad {i}.png": b"no image" for i in range(number)}
        lines = told(tmp_path / str(number), drawn(cat=6, dog=6) | bad)
        start = lines.index(f"bad images: {number}, which are left out (data.on_bad_face: skip):")
        assert [line.partition(":")[0] for line in lines[start + 1 : start + 6]] == [
            f"  cat/bad {i}.png" for i in range(5)
        ]
        assert lines[start + 6 :] == more


def test_copies_under_two_labels_near_ones_and_blank_images_are_counted(tmp_path: Path) -> None:
    near = face(0)
    near[0, 0] ^= 1
    grey = encoded(np.full((SIDE, SIDE), 128, np.uint8))
    more = {"dog/copy.png": image(0), "cat/near.png": encoded(near), "cat/grey.png": grey}
    lines = told(tmp_path / "faces", drawn(cat=6, dog=6) | more)
    assert the_one(lines, "copies").endswith(", 1 under two labels; 1 group of near copies, 0 across usages")
    assert the_one(lines, "  to keep near copies").endswith(
        "set split.group_by to near_duplicates in the protocols"
    )
    assert the_one(lines, "blank") == "blank images: 1"


def test_images_are_described_by_size_and_colour(tmp_path: Path) -> None:
    files = {f"{name}/{i}.png": image(9 * k + i, side=60) for k, name in enumerate("ab") for i in range(6)}
    files["a/colour.png"], files["b/colour.png"] = (image(seed, "RGB", side=60) for seed in (30, 31))
    files["a/small.png"] = image(32)
    assert the_one(told(tmp_path / "large", files), "images") == (
        "images: 60 x 60 and 1 other size, 2 not grey; all become grey, 48 x 48 pixels (data.image_size)"
    )
    files = {f"{name}/{i}.png": image(9 * k + i, side=48) for k, name in enumerate("ab") for i in range(6)}
    assert the_one(told(tmp_path / "same", files), "images").endswith("all become grey, 48 x 48 pixels")


def test_people_in_several_usages_are_told_of_though_none_is_in_the_private_test(tmp_path: Path) -> None:
    files = drawn(train__cat__s1=4, train__dog__s2=4, train__dog__s3=4, val__cat__s1=4, val__dog__s4=4)
    lines = told(tmp_path / "faces", files)
    assert the_one(lines, "people") == "people: 4, named by folders usage/class/person"
    assert the_one(lines, "caution").startswith(
        "caution: people in several usages: 1; PrivateTest faces of people in Training: 0; "
    )


@pytest.mark.parametrize(("untested", "cautions"), [([], []), (["a", "b"], ["'a', 'b'"])])
def test_a_plan_is_told_with_its_division_and_its_cautions(
    untested: list[str], cautions: list[str], tmp_path: Path
) -> None:
    plan = decide(gather(write_tree(tmp_path / "faces", drawn(a=20, b=20)), "faces"))
    settings = load(TEMPLATE).model_copy(update={"budget": "full"})
    lines = tell_plan(plan, settings, untested, Path("params.yaml"))
    assert the_one(lines, "  division") == (
        "  division: at random (20% validation, 20% test); the data name no usages; copies stay together"
    )
    assert the_one(lines, "  budget").startswith("  budget: full, epochs fitted to 24 faces to train on; ")
    assert the_one(lines, "  run").endswith(" (no remedies: classes are balanced)")
    assert [
        line.split("no face of ")[1].split(" falls")[0] for line in lines if "caution" in line
    ] == cautions
    assert lines[-1].startswith("next: make ")


def test_a_plan_by_usages_is_told_without_shares(tmp_path: Path) -> None:
    files = drawn(train__a=9, train__b=9, val__a=5, val__b=5, test__a=5, test__b=5)
    plan = decide(gather(write_tree(tmp_path / "faces", files), "faces"))
    lines = tell_plan(plan, load(TEMPLATE), [], Path("params.yaml"))
    assert the_one(lines, "  division") == (
        "  division: by the data's usages: PublicTest chooses, PrivateTest reports"
    )
