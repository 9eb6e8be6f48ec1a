"""Samples: one way to draw them; the protocol travels with them; a subset becomes pixels and targets."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ferflow.data.draw import divide, draw_samples, make_balance, select
from ferflow.data.faces import FER_CLASSES, Faces, face_table, make_faces
from ferflow.data.samples import (
    RenderedRows,
    Samples,
    class_prior,
    inputs_and_targets,
    load_samples,
    rows_and_targets,
    save_samples,
)
from ferflow.data.scratch import BLOCK
from ferflow.errors import InputError
from ferflow.files import write_parquet
from ferflow.params import Balance, Protocol, Split
from ferflow.studies.repeated_splits import with_seeds_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def faces() -> Faces:
    rng = np.random.default_rng(0)
    label = np.repeat([0, 0, 0, 1, 2], 30).astype(np.int16)
    usage = np.tile(["Training"] * 8 + ["PublicTest", "PrivateTest"], 15)
    pixels = rng.integers(0, 256, size=(150, 8, 8)).astype(np.uint8)
    return make_faces(pixels, label, usage, FER_CLASSES[:3], [f"row {i}" for i in range(150)])


def through_file(faces: Faces, protocol: Protocol, path: Path) -> Samples:
    """Draw samples as the stages do."""
    selection = select(face_table(faces), protocol, "p")
    save_samples(path, divide(selection, make_balance(selection)))
    return load_samples(path)


@pytest.mark.parametrize("method", ["none", "undersample", "oversample", "augment"])
def test_an_epoch_is_counted_before_the_remedy(faces: Faces, tmp_path: Path, method: str) -> None:
    protocol = Protocol(classes=["disgust", "angry"], balance=Balance.model_validate({"method": method}))
    samples = through_file(faces, protocol, tmp_path / "split.parquet")
    assert samples.train_faces == 96  # 8 in 10 of 120
    assert samples.train_counts == (24, 72)
    assert samples.balance.method == method
    assert not samples.leaky


def test_an_epoch_of_rows_balanced_before_the_split_sees_these_rows(faces: Faces, tmp_path: Path) -> None:
    protocol = Protocol(classes=["disgust", "angry"], balance=Balance(method="repeat", scope="all"))
    samples = through_file(faces, protocol, tmp_path / "split.parquet")
    assert samples.train_faces == len(samples.subset("train")) > 96
    assert samples.train_counts == (24, 72)


@pytest.mark.parametrize(
    ("balance", "share"),
    [
        ({"method": "none"}, [0.25, 0.75]),
        ({"method": "undersample"}, [0.5, 0.5]),
        ({"method": "augment"}, [0.5, 0.5]),
        ({"method": "undersample", "per_class": 48}, [24 / 72, 48 / 72]),
    ],
)
def test_the_prior_is_of_what_is_trained_on_after_the_balance(
    faces: Faces, tmp_path: Path, balance: dict[str, Any], share: list[float]
) -> None:
    protocol = Protocol(classes=["disgust", "angry"], balance=Balance.model_validate(balance))
    samples = through_file(faces, protocol, tmp_path / "split.parquet")
    assert class_prior(faces, samples) == pytest.approx(share)


def test_a_side_without_rows_has_pixels_all_the_same(faces: Faces, tmp_path: Path) -> None:
    samples = through_file(faces, Protocol(split=Split(validation=0.0)), tmp_path / "split.parquet")
    X, y = inputs_and_targets(faces, samples, "validation")
    assert X.shape == (0, 64)
    assert len(y) == 0
    assert samples.followed == "test"


def test_a_protocol_may_have_another_image_size(faces: Faces, tmp_path: Path) -> None:
    samples = through_file(faces, Protocol(image_size=10), tmp_path / "split.parquet")
    X, _ = inputs_and_targets(faces, samples, samples.followed)
    assert X.shape[1] == 100
    expected = Image.fromarray(faces.pixels[samples.subset("validation")["face"].iloc[0]]).resize((10, 10), 2)
    np.testing.assert_array_equal(X[0].reshape(10, 10), np.asarray(expected))


def test_targets_follow_the_protocol_and_pixels_the_faces(faces: Faces, tmp_path: Path) -> None:
    protocol = Protocol(classes=["disgust", "angry"])
    samples = through_file(faces, protocol, tmp_path / "split.parquet")
    X, y = inputs_and_targets(faces, samples, "test")
    assert samples.classes == ("disgust", "angry")
    assert X.shape == (12, 64)
    assert X.dtype == np.uint8
    names = np.array(faces.classes)[faces.label[samples.subset("test")["face"]]]
    assert list(np.array(samples.classes)[y]) == list(names)
    np.testing.assert_array_equal(X, faces.pixels[samples.subset("test")["face"]].reshape(12, -1))


def test_copies_are_transformed_and_test_faces_are_not(faces: Faces, tmp_path: Path) -> None:
    samples = through_file(faces, Protocol(balance=Balance(method="augment")), tmp_path / "split.parquet")
    X, y = inputs_and_targets(faces, samples, "train")
    assert len(np.unique(np.bincount(y))) == 1
    copies = (samples.subset("train")["copy"] > 0).to_numpy()
    originals = faces.pixels[samples.subset("train")["face"]].reshape(len(X), -1)
    np.testing.assert_array_equal(X[~copies], originals[~copies])
    assert (X[copies] != originals[copies]).any(axis=1).all()
    assert (samples.subset("test")["transform"] == "none").all()


def test_a_sample_looks_the_same_whatever_others_are_rendered_with_it(faces: Faces, tmp_path: Path) -> None:
    protocol = Protocol(balance=Balance(method="augment"), image_size=10)
    samples = through_file(faces, protocol, tmp_path / "split.parquet")
    rows, y = rows_and_targets(faces, samples, "train")
    X, target = inputs_and_targets(faces, samples, "train")
    assert rows.shape == X.shape == (len(y), 100)
    np.testing.assert_array_equal(y, target)
    index = np.random.default_rng(0).permutation(len(y))[:40]
    np.testing.assert_array_equal(rows.rows(index), X[index])


def test_copies_are_made_as_strongly_as_the_balance_says(faces: Faces, tmp_path: Path) -> None:
    change = []
    for noise in (0.0, 60.0):
        balance = Balance(method="augment", transforms=["noise"], noise=noise)
        samples = through_file(faces, Protocol(balance=balance), tmp_path / "split.parquet")
        X, _ = inputs_and_targets(faces, samples, "train")
        table = samples.subset("train")
        originals = faces.pixels[table["face"]].reshape(len(X), -1).astype(int)
        change.append(abs(X - originals)[(table["copy"] > 0).to_numpy()].mean())
    assert change[0] == 0
    assert change[1] > 20  # clipped to 0..255, where the default is 8


def test_all_samples_at_once_are_those_of_each_block() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (BLOCK + 100, 2, 2)).astype(np.uint8)
    face = np.random.default_rng(1).permutation(len(pixels))
    table = pd.DataFrame({"face": face, "transform": "none", "seed": 0})
    rows = np.asarray(RenderedRows(pixels, table, Balance(), None))
    np.testing.assert_array_equal(rows, pixels[face].reshape(-1, 4))


def test_a_leak_is_remembered(faces: Faces, tmp_path: Path) -> None:
    pixels = faces.pixels.copy()
    pixels[faces.usage == "PrivateTest"] = pixels[faces.usage == "Training"][:15]
    copies = make_faces(pixels, faces.label, faces.usage, faces.classes, faces.origin)
    protocol = Protocol(split=Split(group_by="none"))
    assert through_file(copies, protocol, tmp_path / "split.parquet").leaky
    assert not through_file(faces, protocol, tmp_path / "split.parquet").leaky


def test_unknown_subset(faces: Faces, tmp_path: Path) -> None:
    samples = through_file(faces, Protocol(), tmp_path / "split.parquet")
    with pytest.raises(ValueError, match="no subset"):
        inputs_and_targets(faces, samples, "training")


@pytest.mark.parametrize("scope", ["train", "all"])
@pytest.mark.parametrize("method", ["none", "undersample", "repeat", "augment"])
def test_in_memory_and_through_files_the_samples_are_the_same(
    faces: Faces, tmp_path: Path, method: str, scope: str
) -> None:
    balance = Balance.model_validate({"method": method, "scope": scope})
    protocol = with_seeds_of(Protocol(classes=["disgust", "angry"], balance=balance), 3)
    samples = draw_samples(face_table(faces), protocol, "p")
    from_file = through_file(faces, protocol, tmp_path / "split.parquet")
    assert samples.table.equals(from_file.table)
    assert (
        samples.train_faces == from_file.train_faces
    )  # of scope `all` a repeated split once counted faces, not samples
    assert samples == dataclasses.replace(from_file, table=samples.table)


def test_subsets_are_assigned_in_one_module_only() -> None:
    sources = (*(ROOT / "src").rglob("*.py"), *(ROOT / "workflow").rglob("*.py"))
    naming = {path.name for path in sources if "assign_subsets(" in path.read_text()}
    assert naming == {"split.py", "draw.py"}  # where it is defined, and where it is called


def test_a_file_of_an_older_ferflow(tmp_path: Path) -> None:
    write_parquet(tmp_path / "split.parquet", pd.DataFrame({"face": [1]}), {"protocol": "{}"})
    with pytest.raises(InputError, match="another version of ferflow: remove it and run the split"):
        load_samples(tmp_path / "split.parquet")
