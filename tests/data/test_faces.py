"""Faces: fingerprints, canonical order, storage."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ferflow.data.faces import (
    FER_CLASSES,
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


def test_names_in_the_source_decide_nothing_but_between_copies() -> None:
    plain = some_faces()
    renamed = make_faces(
        plain.pixels, plain.label, plain.usage, CLASSES, [f"{99 - index}.png" for index in range(12)]
    )
    np.testing.assert_array_equal(renamed.pixels, plain.pixels)
    assert content_digest(renamed) == content_digest(plain)
    copies = np.zeros((6, 4, 4), dtype=np.uint8)
    shown = [("b", "1"), ("a", "2"), ("b", "0"), ("a", "0"), ("", "3"), ("a", "1")]
    for order in (shown, shown[::-1]):
        groups, origins = zip(*order, strict=True)
        faces = make_faces(copies, np.zeros(6, np.int16), ["Training"] * 6, CLASSES, origins, groups)
        assert list(zip(faces.group.tolist(), faces.origin.tolist(), strict=True)) == sorted(shown)


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


def test_digest_sees_pixels_their_shape_and_the_classes() -> None:
    faces = some_faces()
    others = (
        replace(faces, fingerprint=fingerprints(255 - faces.pixels)),
        replace(faces, pixels=faces.pixels.reshape(12, 4, 9)),
        replace(faces, classes=("angry", "disgust", "sad")),
    )
    assert len({content_digest(f) for f in (faces, *others)}) == 4


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


def test_people_are_kept_though_not_all_faces_have_a_name(tmp_path: Path) -> None:
    plain = some_faces()
    group = np.array(["anna", ""] * 6)
    faces = make_faces(plain.pixels, plain.label, plain.usage, CLASSES, plain.origin, group)
    files = tmp_path / "f.npy", tmp_path / "f.parquet"
    save_faces(faces, *files, tmp_path / "o.parquet")
    assert sorted(faces.group.tolist()) == sorted(group)
    np.testing.assert_array_equal(load_faces(*files).group, faces.group)


def test_class_order() -> None:
    assert order_classes(["happy", "angry", "happy"]) == ("angry", "happy")
    assert order_classes(["wink", "happy", "angry"]) == ("angry", "happy", "wink")
    more = ("amused", "bored", "calm", "proud", "shy", "tired")
    assert order_classes([*more[::-1], *FER_CLASSES[::-1]]) == (*FER_CLASSES, *more)


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    save_faces(some_faces(), tmp_path / "f.npy", tmp_path / "f.parquet", tmp_path / "o.parquet")
    np.save(tmp_path / "f.npy", np.zeros((3, 6, 6), dtype=np.uint8))
    with pytest.raises(InputError, match="holds 3 faces"):
        load_faces(tmp_path / "f.npy", tmp_path / "f.parquet")
    for other in (np.zeros((12, 6, 6)), np.zeros((12, 36), dtype=np.uint8), np.zeros((12, 0, 6), np.uint8)):
        np.save(tmp_path / "f.npy", other)
        with pytest.raises(InputError, match="an array of something else than faces"):
            load_faces(tmp_path / "f.npy", tmp_path / "f.parquet")
    (tmp_path / "f.npy").write_text("no array")
    with pytest.raises(InputError, match="not a NumPy array"):
        load_faces(tmp_path / "f.npy", tmp_path / "f.parquet")
    (tmp_path / "f.npy").unlink()
    with pytest.raises(InputError, match="no such file"):
        load_faces(tmp_path / "f.npy", tmp_path / "f.parquet")
