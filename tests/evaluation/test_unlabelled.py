"""Predictions for faces without labels, from every kind of source."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ferflow.errors import InputError
from ferflow.evaluation.predictions import named_probabilities
from ferflow.evaluation.unlabelled import submission
from ferflow.ingest.sources import read_unlabelled
from ferflow.models.factory import load_model, make_model
from ferflow.models.storage import load_arrays, save_arrays
from tests.ingest.drawn import face, image, text, write_tar, write_tree, write_zip

FERFLOW = Path(sys.executable).with_name("ferflow")
SIDE = 12
CLASSES = ("bright above", "bright below")


def lit(below: bool, seed: int) -> np.ndarray:
    pixels = np.random.default_rng(seed).integers(0, 100, (SIDE, SIDE))
    pixels[SIDE // 2 :] += 120 * below
    pixels[: SIDE // 2] += 120 * (not below)
    return pixels.astype(np.uint8)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Leave a trained model alone in a folder."""
    y = np.arange(60) % 2
    X = np.array([lit(bool(below), seed).ravel() for seed, below in enumerate(y)])
    path = tmp_path_factory.mktemp("models") / "lit.safetensors"
    make_model("logistic", epochs=20, learning_rate=0.05).fit(X, y).save(path, class_names=CLASSES)
    return path


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(FERFLOW), "predict", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_folder_is_predicted_by_name(model: Path, tmp_path: Path) -> None:
    for name, below in (("b, 1.png", True), ("deeper/a.png", False)):
        path = tmp_path / "faces" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(lit(below, 99)).resize((30, 30)).save(path)
    (tmp_path / "faces/notes.txt").write_text("not a face")
    done = run(model, tmp_path / "faces", tmp_path / "out.csv", "--probabilities")
    assert (done.returncode, done.stderr) == (0, "")
    table = pd.read_csv(tmp_path / "out.csv")
    assert list(table.columns) == ["id", "label", "p_bright above", "p_bright below"]
    assert dict(zip(table["id"], table["label"], strict=True)) == {
        "b, 1.png": "bright below",
        "deeper/a.png": "bright above",
    }
    np.testing.assert_allclose(table.iloc[:, 2:].sum(axis=1), 1.0, atol=1e-5)


def test_bad_input_is_one_line_and_nothing_is_overwritten(model: Path, tmp_path: Path) -> None:
    faces = tmp_path / "faces.csv"
    faces.write_text(f"pixels\n{text(face(0))}\n1 2 256 4\n")
    out = tmp_path / "out.csv"
    out.write_text("before")
    done = run(model, faces, out)
    assert done.returncode == 2
    assert done.stderr.startswith("error: faces.csv, row 1: column pixels: 4 pixels where 144")
    assert done.stderr.count("\n") == 1
    assert out.read_text() == "before"
    done = run(model, faces, faces)
    assert (done.returncode, "would overwrite" in done.stderr) == (2, True)


def test_a_model_of_an_older_ferflow_is_one_line(model: Path, tmp_path: Path) -> None:
    arrays, description = load_arrays(model)
    del description["class_names"]
    old = tmp_path / "old.safetensors"
    save_arrays(old, arrays, description)
    done = run(old, tmp_path, tmp_path / "out.csv")
    assert done.returncode == 2
    assert done.stderr == (
        f"error: {old}: holds no class names; written by an older ferflow; train it again\n"
    )


def test_a_model_of_other_things_than_faces_is_one_line(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "m.safetensors"
    make_model("softmax", epochs=1).fit(rng.normal(size=(20, 6)), np.arange(20) % 2).save(path)
    done = run(path, tmp_path, tmp_path / "out.csv")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "6 features are no square face" in done.stderr


@pytest.mark.parametrize("with_names", [False, True])
def test_probabilities_of_all_named_classes(with_names: bool, tmp_path: Path) -> None:
    X = np.array([lit(bool(i % 2), i).ravel() for i in range(20)])
    y = np.arange(20) % 2 * 2  # labels 0 and 2: the class between them was never seen
    names = ("sad", "fear", "angry")
    original = make_model("logistic", epochs=5).fit(X, np.array(names)[y] if with_names else y)
    original.save(tmp_path / "m", class_names=names)
    copy = load_model(tmp_path / "m")
    assert copy.class_names_ == names
    probabilities = named_probabilities(copy, X, copy.class_names_)
    columns = (
        original.predict_proba(X)[:, ::-1] if with_names else original.predict_proba(X)
    )  # sorted by name
    np.testing.assert_allclose(probabilities[:, [0, 2]], columns, rtol=1e-6)
    assert not probabilities[:, 1].any()


def test_a_submission_names_the_most_probable_class() -> None:
    table = submission(["x", "y"], np.array([[0.2, 0.8], [0.9, 0.1]]), ["sad", "happy"])
    assert table.to_dict("list") == {"id": ["x", "y"], "label": ["happy", "sad"]}


@pytest.mark.parametrize("end", ["", ".gz"])
def test_a_table_with_or_without_labels(tmp_path: Path, end: str) -> None:
    rows = ["emotion;PIXELS; Id", *(f"9;{text(face(i))};00{i}" for i in range(3)), ""]
    content = "\ufeff" + "\n".join(rows)
    path = tmp_path / f"test.csv{end}"
    path.write_bytes(gzip.compress(content.encode()) if end else content.encode())
    result = read_unlabelled(path, SIDE)
    assert result.ids == ["000", "001", "002"]
    np.testing.assert_array_equal(result.pixels, [face(i) for i in range(3)])


def test_rows_without_id_are_counted_and_resized(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text("pixels\n" + "\n".join(text(face(i)) for i in range(2)))
    result = read_unlabelled(path, 20)
    assert result.ids == ["0", "1"]
    assert result.pixels.shape == (2, 20, 20)


def test_archives_of_images_or_of_a_table(tmp_path: Path) -> None:
    files = {"b.png": image(1), "a/c.png": image(2), "__MACOSX/b.png": b"", "readme.txt": b"hello"}
    for path in (write_zip(tmp_path / "faces.zip", files), write_tar(tmp_path / "faces.tgz", files)):
        result = read_unlabelled(path, SIDE)
        assert result.ids == ["a/c.png", "b.png"]
        np.testing.assert_array_equal(result.pixels, [face(2), face(1)])
    table = {"test.csv": f"id,pixels\n7,{text(face(3))}\n".encode()}
    result = read_unlabelled(write_zip(tmp_path / "table.zip", table), SIDE)
    assert result.ids == ["7"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,label\n1,sad\n", "no column 'pixels'"),
        ("pixels\n", "no rows"),
        ("pixels,Pixels\n1,1\n", "two columns"),
        ("", "the file is empty"),
        ("pixels\n1 2 3\n", "make no square"),
        ("id,pixels\n1,2,3\n", "not a readable CSV"),
        ("pixels\0\n", "binary data"),
    ],
)
def test_bad_tables_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "test.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_unlabelled(path, SIDE)


def test_other_bad_sources_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "faces.txt").write_text("")
    (tmp_path / "utf16.csv").write_bytes("pixels\n".encode("utf-16"))
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"pixels\n" + text(face(0)).encode())[:-30])
    write_tree(tmp_path / "bad", {"x.png": b"no image"})
    write_zip(tmp_path / "evil.zip", {"../x.png": image()})
    for name, message in {
        "nothing.csv": "no such file",
        "empty": "no image",
        "faces.txt": "not a kind of source",
        "utf16.csv": "binary data",
        "cut.csv.gz": "cut short",
        "bad": "x.png: not a JPEG",
        "evil.zip": "leads out of the archive",
    }.items():
        with pytest.raises(InputError, match=message):
            read_unlabelled(tmp_path / name, SIDE)
