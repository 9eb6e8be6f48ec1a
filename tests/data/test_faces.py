"""Faces: fingerprints, canonical order, storage."""

from pathlib import Path

import numpy as np
import pytest

from ferflow.data.faces import (
    Faces,
    content_digest,
    fingerprints,
    load_faces,
    make_faces,
    order_classes,
    save_faces,
)
from ferflow.errors import InputError

CLASSES = ("angry", "disgust", "happy")


def some_faces(order: np.ndarray | None = None) -> Faces:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, size=(12, 6, 6)).astype(np.uint8)
    pixels[7] = pixels[2]
    label = np.arange(12, dtype=np.int16) % 3
    usage = np.array(["PrivateTest", "Training", "PublicTest", "Training"])[np.arange(12) % 4]
    origin = np.array([f"row {i}" for i in range(12)])
    order = np.arange(12) if order is None else order
    return make_faces(pixels[order], label[order], usage[order], CLASSES, origin[order])


def test_order_of_the_source_does_not_matter(tmp_path: Path) -> None:
    first, second = some_faces(), some_faces(np.arange(12)[::-1])
    for name, faces in (("a", first), ("b", second)):
        save_faces(
            faces, tmp_path / f"{name}.npy", tmp_path / f"{name}.parquet", tmp_path / f"{name}-o.parquet"
        )
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert content_digest(first) == content_digest(second)


def test_canonical_order() -> None:
    faces = some_faces()
    assert list(faces.usage) == ["Training"] * 6 + ["PublicTest"] * 3 + ["PrivateTest"] * 3
    assert list(faces.label[:6]) == sorted(faces.label[:6])


def test_fingerprint_is_of_the_pixels_alone() -> None:
    pixels = np.zeros((3, 4, 4), dtype=np.uint8)
    pixels[2, 0, 0] = 1
    marks = fingerprints(pixels)
    assert marks[0] == marks[1] != marks[2]
    assert all(len(mark) == 16 for mark in marks)


def test_digest_sees_label_and_usage() -> None:
    faces = some_faces()
    other_labels = Faces(**{**vars(faces), "label": (faces.label + 1) % 3})
    other_usages = Faces(**{**vars(faces), "usage": np.full(12, "Training")})
    assert len({content_digest(f) for f in (faces, other_labels, other_usages)}) == 3


def test_saved_and_loaded(tmp_path: Path) -> None:
    faces = some_faces()
    paths = tmp_path / "f.npy", tmp_path / "f.parquet"
    save_faces(faces, *paths, tmp_path / "o.parquet")
    copy = load_faces(*paths)
    np.testing.assert_array_equal(copy.pixels, faces.pixels)
    np.testing.assert_array_equal(copy.label, faces.label)
    assert copy.classes == CLASSES
    assert len(copy) == 12
    assert content_digest(copy) == content_digest(faces)


def test_class_order() -> None:
    assert order_classes(["happy", "angry", "happy"]) == ("angry", "happy")
    assert order_classes(["wink", "happy", "angry"]) == ("angry", "happy", "wink")


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    save_faces(some_faces(), tmp_path / "f.npy", tmp_path / "f.parquet", tmp_path / "o.parquet")
    np.save(tmp_path / "f.npy", np.zeros((3, 6, 6), dtype=np.uint8))
    with pytest.raises(InputError, match="holds 3 faces"):
        load_faces(tmp_path / "f.npy", tmp_path / "f.parquet")
    (tmp_path / "f.npy").write_text("no array")
    with pytest.raises(InputError, match="not a NumPy array"):
        load_faces(tmp_path / "f.npy", tmp_path / "f.parquet")
    (tmp_path / "f.npy").unlink()
    with pytest.raises(InputError, match="no such file"):
        load_faces(tmp_path / "f.npy", tmp_path / "f.parquet")
