"""What is said of a source: one of a thing is one, several are several."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ferflow.init.facts import gather
from ferflow.init.findings import tell_facts
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
    none = the_one(lines_of(tmp_path / "none"), "copies")
    assert none.startswith("copies: 0 exact ones of an earlier face, 0 groups of them across usages")
    assert "; 0 groups of near copies, " in none
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
