"""Rows: the protocol travels with the split, and a side becomes pixels and targets."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ferflow.balance import make_balance, protocol_classes, select_faces
from ferflow.faces import FER_CLASSES, Faces, make_faces
from ferflow.params import Balance, Protocol, Split
from ferflow.rows import Rows, inputs_and_targets, load_rows, save_rows
from ferflow.split import make_split


@pytest.fixture
def faces() -> Faces:
    rng = np.random.default_rng(0)
    label = np.repeat([0, 0, 0, 1, 2], 30).astype(np.int16)
    usage = np.tile(["Training"] * 8 + ["PublicTest", "PrivateTest"], 15)
    pixels = rng.integers(0, 256, size=(150, 8, 8)).astype(np.uint8)
    return make_faces(pixels, label, usage, FER_CLASSES[:3], [f"row {i}" for i in range(150)])


def stored(faces: Faces, protocol: Protocol, path: Path) -> Rows:
    table = pd.DataFrame(
        {
            "face": np.arange(len(faces), dtype=np.int32),
            "label": np.array(faces.classes)[faces.label],
            "usage": faces.usage,
            "fingerprint": faces.fingerprint,
        }
    )
    chosen = select_faces(table, protocol, "p")
    split = make_split(chosen, make_balance(table, protocol, "p"), protocol, "p")
    save_rows(path, split, chosen, protocol, protocol_classes(table, protocol, "p"), "p")
    return load_rows(path)


@pytest.mark.parametrize("method", ["none", "undersample", "oversample", "augment"])
def test_an_epoch_is_counted_before_the_remedy(faces: Faces, tmp_path: Path, method: str) -> None:
    protocol = Protocol(classes=["disgust", "angry"], balance=Balance.model_validate({"method": method}))
    rows = stored(faces, protocol, tmp_path / "split.parquet")
    assert rows.train_faces == 96  # 8 in 10 of 120
    assert rows.balance.method == method
    assert not rows.leaky


def test_an_epoch_of_rows_balanced_before_the_split_sees_these_rows(faces: Faces, tmp_path: Path) -> None:
    protocol = Protocol(classes=["disgust", "angry"], balance=Balance(method="repeat", scope="all"))
    rows = stored(faces, protocol, tmp_path / "split.parquet")
    assert rows.train_faces == len(rows.side("train")) > 96


def test_a_side_without_rows_has_pixels_all_the_same(faces: Faces, tmp_path: Path) -> None:
    rows = stored(faces, Protocol(split=Split(validation=0.0)), tmp_path / "split.parquet")
    X, y = inputs_and_targets(faces, rows, "validation")
    assert X.shape == (0, 64)
    assert len(y) == 0
    assert rows.followed == "test"


def test_a_protocol_may_have_another_image_size(faces: Faces, tmp_path: Path) -> None:
    rows = stored(faces, Protocol(image_size=10), tmp_path / "split.parquet")
    X, _ = inputs_and_targets(faces, rows, rows.followed)
    assert X.shape[1] == 100
    enlarged = Image.fromarray(faces.pixels[rows.side("validation")["face"].iloc[0]]).resize((10, 10), 2)
    np.testing.assert_array_equal(X[0].reshape(10, 10), np.asarray(enlarged))


def test_targets_follow_the_protocol_and_pixels_the_faces(faces: Faces, tmp_path: Path) -> None:
    protocol = Protocol(classes=["disgust", "angry"])
    rows = stored(faces, protocol, tmp_path / "split.parquet")
    X, y = inputs_and_targets(faces, rows, "test")
    assert rows.classes == ("disgust", "angry")
    assert X.shape == (12, 64)
    assert X.dtype == np.uint8
    names = np.array(faces.classes)[faces.label[rows.side("test")["face"]]]
    assert list(np.array(rows.classes)[y]) == list(names)
    np.testing.assert_array_equal(X, faces.pixels[rows.side("test")["face"]].reshape(12, -1))


def test_copies_are_transformed_and_test_faces_are_not(faces: Faces, tmp_path: Path) -> None:
    rows = stored(faces, Protocol(balance=Balance(method="augment")), tmp_path / "split.parquet")
    X, y = inputs_and_targets(faces, rows, "train")
    assert len(np.unique(np.bincount(y))) == 1
    copies = (rows.side("train")["copy"] > 0).to_numpy()
    originals = faces.pixels[rows.side("train")["face"]].reshape(len(X), -1)
    np.testing.assert_array_equal(X[~copies], originals[~copies])
    assert (X[copies] != originals[copies]).any(axis=1).all()
    assert (rows.side("test")["transform"] == "none").all()


def test_unknown_side(faces: Faces, tmp_path: Path) -> None:
    rows = stored(faces, Protocol(), tmp_path / "split.parquet")
    with pytest.raises(ValueError, match="no side"):
        inputs_and_targets(faces, rows, "training")
