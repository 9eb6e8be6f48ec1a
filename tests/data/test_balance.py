from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ferflow import paths
from ferflow.data.draw import make_balance, select
from ferflow.errors import InputError
from ferflow.params import Balance, Protocol, Split

CLASSES = ("angry", "disgust", "happy")


def faces_table(training: tuple[int, ...] = (30, 6, 50), other: int = 5) -> pd.DataFrame:
    """Faces of three classes, each with a fingerprint of its own."""
    rows = []
    for usage, counts in {
        "Training": training,
        "PublicTest": (other,) * 3,
        "PrivateTest": (other,) * 3,
    }.items():
        rows += [(label, usage) for label, n in zip(CLASSES, counts, strict=True) for _ in range(n)]
    table = pd.DataFrame(rows, columns=["label", "usage"])
    table.insert(0, "face", np.arange(len(table), dtype=np.int32))
    table["fingerprint"] = [f"{face:016x}" for face in table["face"]]
    return table


def balanced(faces: pd.DataFrame, split: Split | None = None, **balance: Any) -> pd.DataFrame:
    return make_balance(select(faces, Protocol(balance=Balance(**balance), split=split or Split()), "p"))


def counts(faces: pd.DataFrame, rows: pd.DataFrame, *usages: str) -> dict[str, int]:
    labels = faces.set_index("face").loc[rows["face"]]
    return dict(Counter(labels.loc[labels["usage"].isin(usages), "label"]))


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("none", {"angry": 30, "disgust": 6, "happy": 50}),
        ("undersample", dict.fromkeys(CLASSES, 6)),
        ("oversample", dict.fromkeys(CLASSES, 50)),
        ("augment", dict.fromkeys(CLASSES, 50)),
    ],
)
def test_scope_train_changes_the_training_rows_only(method: str, expected: dict[str, int]) -> None:
    faces = faces_table()
    rows = balanced(faces, method=method)
    assert counts(faces, rows, "Training") == expected
    assert counts(faces, rows, "PublicTest", "PrivateTest") == dict.fromkeys(CLASSES, 10)


def test_repeat_copies_every_face_alike() -> None:
    faces = faces_table(training=(30, 7, 65), other=0)
    rows = balanced(faces, Split(by="random", group_by="none"), method="repeat", scope="all")
    assert counts(faces, rows, "Training") == {"angry": 60, "disgust": 63, "happy": 65}  # 2, 9 and 1 of each
    assert rows.groupby("face").size().isin([1, 2, 9]).all()


def test_undersampling_to_a_number_keeps_classes_that_have_fewer() -> None:
    faces = faces_table()
    rows = balanced(faces, method="undersample", per_class=20)
    assert counts(faces, rows, "Training") == {"angry": 20, "disgust": 6, "happy": 20}
    assert rows["face"].is_unique


def test_a_protocol_may_take_some_faces_of_each_class_only() -> None:
    faces = faces_table()
    selection = select(faces, Protocol(faces_per_class=20), "p").faces
    assert dict(Counter(selection["label"])) == {"angry": 20, "disgust": 16, "happy": 20}
    assert selection["face"].is_monotonic_increasing
    other = select(faces, Protocol(faces_per_class=20, balance=Balance(seed=1)), "p").faces
    assert set(other["face"]) != set(selection["face"])


def test_scope_all_balances_everything() -> None:
    faces = faces_table()
    rows = balanced(faces, method="oversample", scope="all")
    assert counts(faces, rows, "Training", "PublicTest", "PrivateTest") == dict.fromkeys(CLASSES, 60)


def test_scope_train_asks_the_split_which_faces_are_trained_on() -> None:
    faces = faces_table(other=0).assign(usage="")
    split = Split(by="random", validation=0.2, test=0.2)
    rows = balanced(faces, split, method="undersample")
    assert counts(faces, rows, "") == {
        "angry": 4 + 12,
        "disgust": 4 + 2,
        "happy": 4 + 20,
    }  # of disgust's six faces four are trained on


def test_columns_and_their_types() -> None:
    rows = balanced(faces_table(), method="augment")
    assert rows.dtypes.astype(str).to_dict() == {
        "face": "int32",
        "copy": "int16",
        "transform": "str",
        "seed": "int64",
        "weight": "float32",
    }
    assert not rows.duplicated(["face", "copy"]).any()
    assert rows.sort_values(["face", "copy"]).index.equals(rows.index)
    assert (rows["weight"] == 1).all()


def test_each_face_stands_there_itself_before_its_copies() -> None:
    faces = faces_table()
    rows = balanced(faces, method="oversample")
    assert sorted(rows.loc[rows["copy"] == 0, "face"]) == list(faces["face"])
    assert (rows["transform"] == "none").all()
    assert (rows["seed"] == 0).all()


def test_augment_transforms_copies_and_flips_every_second() -> None:
    rows = balanced(faces_table((400, 20, 400)), method="augment", transforms=["noise", "flip", "rotate"])
    original = rows["copy"] == 0
    assert (rows.loc[original, "transform"] == "none").all()
    counts_by_name = rows.loc[~original, "transform"].value_counts()
    assert set(counts_by_name.index) == {"noise+rotate", "noise+flip+rotate"}
    assert 0.4 < counts_by_name["noise+rotate"] / counts_by_name.sum() < 0.6
    assert rows.loc[~original, "seed"].is_unique
    assert (rows["seed"] >= 0).all()


def test_a_copy_left_without_a_transform_is_a_plain_copy() -> None:
    faces = faces_table()
    flips = balanced(faces, method="augment", transforms=["flip"])
    assert set(flips["transform"]) == {"none", "flip"}
    nothing = balanced(faces, method="augment", transforms=[])
    assert set(nothing["transform"]) == {"none"}


def test_augment_repeats_the_very_faces_that_oversample_does() -> None:
    faces = faces_table()
    columns = ["face", "copy"]
    assert balanced(faces, method="augment")[columns].equals(balanced(faces, method="oversample")[columns])


def test_the_seed_decides() -> None:
    faces = faces_table()
    for method in ("undersample", "oversample", "augment"):
        first = balanced(faces, method=method, seed=3)
        assert first.equals(balanced(faces, method=method, seed=3))
        assert not first.equals(balanced(faces, method=method, seed=4))


def test_a_copy_keeps_its_seed_when_other_faces_join() -> None:
    faces = faces_table()
    fewer = faces[faces["face"] != 0]
    one, other = (
        balanced(table, method="augment").set_index(["face", "copy"])["seed"] for table in (faces, fewer)
    )
    common = one.index.intersection(other.index)
    assert one[common].equals(other[common])
    assert (one[common] != 0).any()


def test_another_seed_transforms_a_copy_otherwise() -> None:
    faces = faces_table()
    one, other = (
        balanced(faces, method="augment", seed=seed).set_index(["face", "copy"])["seed"] for seed in (0, 1)
    )
    copies = one.index.intersection(other.index)
    copies = copies[copies.get_level_values("copy") > 0]
    assert len(copies) > 10
    assert (one[copies] != other[copies]).all()


def test_one_class_to_train_on_is_left_as_it_is() -> None:
    faces = faces_table((10, 0, 0))
    assert len(balanced(faces, method="undersample")) == len(faces)


def test_faces_of_other_classes_are_absent() -> None:
    faces = faces_table()
    protocol = Protocol(classes=["happy", "angry"])
    rows = make_balance(select(faces, protocol, "p"))
    assert set(counts(faces, rows, "Training", "PublicTest", "PrivateTest")) == {"happy", "angry"}
    assert set(select(faces, protocol, "p").faces["label"]) == {"happy", "angry"}


def test_classes_keep_the_order_they_are_listed_in() -> None:
    faces = faces_table()
    assert select(faces, Protocol(classes=["happy", "angry"]), "p").classes == ("happy", "angry")
    assert select(faces, Protocol(), "p").classes == ("angry", "disgust", "happy")


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["angry", "disgusted"], "protocol 'p': .*'disgusted'; did you mean 'disgust'"),
        (["angry", "xyz"], "known: angry, disgust, happy"),
        (["angry", "angry"], "named twice"),
    ],
)
def test_classes_that_do_not_fit_the_data(classes: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_balance(select(faces_table(), Protocol(classes=classes), "p"))


def test_data_of_one_class() -> None:
    faces = faces_table().assign(label="happy")
    with pytest.raises(InputError, match=r"one class only \('happy'\)"):
        make_balance(select(faces, Protocol(), "p"))


def test_path() -> None:
    assert paths.balance("pair").as_posix() == "results/experiments/pair/balance.parquet"
