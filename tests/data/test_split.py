from typing import Any

import numpy as np
import pandas as pd
import pytest

from ferflow import paths
from ferflow.data.draw import draw_samples
from ferflow.data.samples import Samples
from ferflow.data.split import assign_subsets
from ferflow.errors import InputError
from ferflow.params import Balance, Protocol, Split

TRAIN, PUBLIC, PRIVATE = "Training", "PublicTest", "PrivateTest"


def faces_table(*faces: tuple[str, str, str]) -> pd.DataFrame:
    """Faces given as (label, usage, fingerprint)."""
    table = pd.DataFrame(faces, columns=["label", "usage", "fingerprint"])
    table.insert(0, "face", np.arange(len(table), dtype=np.int32))
    return table


def crowd(n: int = 400, repeats: int = 60, usage: str = "") -> pd.DataFrame:
    """Two classes, 4 to 1, in which ``repeats`` faces are copies of another."""
    rng = np.random.default_rng(0)
    originals = rng.integers(n // 5, size=repeats) * 5 + np.arange(repeats) % 5  # of the same label
    marks = [f"{originals[index] if index < repeats else index:016x}" for index in range(n)]
    return faces_table(*[("happy" if i % 5 else "fear", usage, mark) for i, mark in enumerate(marks)])


def samples_of(faces: pd.DataFrame, balance: Balance | None = None, **split: Any) -> Samples:
    return draw_samples(faces, Protocol(balance=balance or Balance(), split=Split(**split)), "p")


def split_of(faces: pd.DataFrame, balance: Balance | None = None, **split: Any) -> pd.DataFrame:
    return samples_of(faces, balance, **split).table


OFFICIAL = faces_table(
    ("fear", TRAIN, "a"),
    ("happy", TRAIN, "b"),
    ("happy", TRAIN, "b"),  # twice in one subset: no leak
    ("happy", TRAIN, "c"),  # also in PrivateTest
    ("fear", PUBLIC, "d"),
    ("fear", PUBLIC, "e"),  # also in PrivateTest
    ("happy", PRIVATE, "c"),
    ("fear", PRIVATE, "e"),
    ("fear", PRIVATE, "f"),
    ("happy", PRIVATE, "f"),  # two labels, one subset
)


def test_usages_become_sides_and_copies_stay_on_the_most_protected() -> None:
    split = split_of(OFFICIAL)
    assert list(split["subset"]) == [*["train"] * 3, "dropped", "validation", "dropped", *["test"] * 4]
    assert list(split["clean"]) == [False] * 8 + [True] * 2
    assert not split["leaky"].any()


def test_without_a_validation_share_all_that_is_not_training_is_test() -> None:
    split = split_of(OFFICIAL, group_by="none", validation=0.0)
    assert list(split["subset"]) == ["train"] * 4 + ["test"] * 6
    assert samples_of(OFFICIAL, group_by="none", validation=0.0).followed == "test"
    assert samples_of(OFFICIAL).followed == "validation"


def test_an_unstratified_draw_takes_its_share_of_all_rows() -> None:
    faces = crowd(1000, repeats=0)
    split = split_of(faces, by="random", group_by="none", stratify=False, validation=0.0, test=0.123)
    assert (split["subset"] == "test").sum() == 123
    shares = [
        split_of(faces, by="random", group_by="none", stratify=stratify, test=0.1)
        .merge(faces, on="face")
        .query("subset == 'test'")["label"]
        .eq("fear")
        .sum()
        for stratify in (True, False)
    ]
    assert shares[0] == 20  # a tenth of each class, where a plain shuffle gives what it gives
    assert shares[1] != 20


def test_ungrouped_nothing_is_dropped_and_the_leak_is_marked() -> None:
    split = split_of(OFFICIAL, group_by="none")
    assert list(split["subset"]) == ["train"] * 4 + ["validation"] * 2 + ["test"] * 4
    assert list(np.flatnonzero(split["clean"])) == [8, 9]
    assert split["leaky"].any()
    assert list(np.flatnonzero(split["leaky"])) == [3, 5, 6, 7]


def test_near_duplicates_stay_on_the_most_protected_where_a_protocol_says_so() -> None:
    faces = faces_table(
        ("fear", TRAIN, "a"),
        ("fear", TRAIN, "b"),
        ("happy", TRAIN, "c"),  # also in PrivateTest
        ("happy", TRAIN, "d"),
        ("happy", TRAIN, "e"),
        ("happy", PUBLIC, "f"),  # resembles d
        ("fear", PUBLIC, "g"),  # resembles a
        ("happy", PRIVATE, "c"),
        ("fear", PRIVATE, "h"),  # resembles a and g
        ("happy", PRIVATE, "i"),
    ).assign(resembles=[0, 1, 2, 3, 4, 3, 0, 2, 0, 9])
    split = split_of(faces, group_by="near_duplicates")
    assert list(zip(split["subset"], split["reason"], strict=True)) == [
        ("dropped", "a near duplicate is in test"),
        ("train", ""),
        ("dropped", "the same face, pixel for pixel, is in test"),
        ("dropped", "a near duplicate is in validation"),
        ("train", ""),
        ("validation", ""),
        ("dropped", "a near duplicate is in test"),
        *[("test", "")] * 3,
    ]
    assert list(split["clean"]) == [False] * 9 + [True]
    assert not split["leaky"].any()
    assert list(split_of(faces)["clean"]) == [False] * 8 + [True] * 2


def test_near_duplicates_are_drawn_together() -> None:
    faces = crowd(repeats=0)
    pairs = faces.assign(resembles=faces["face"] // 10 * 10 + faces["face"] % 5)  # of the same label
    drawn = split_of(pairs, by="random", group_by="near_duplicates", test=0.2).merge(pairs)
    assert drawn.groupby("resembles")["subset"].nunique().max() == 1
    parted = split_of(pairs, by="random", test=0.2).merge(pairs)
    assert parted.groupby("resembles")["subset"].nunique().max() > 1


def test_clean_remembers_the_faces_that_undersampling_left_out() -> None:
    plain = split_of(OFFICIAL).set_index("face")["clean"]
    fewer = split_of(OFFICIAL, Balance(method="undersample")).set_index("face")["clean"]
    assert plain[plain].index.equals(fewer[fewer].index)


def test_copies_go_where_their_face_goes() -> None:
    split = split_of(crowd(), Balance(method="augment"), by="random")
    assert (split.loc[split["copy"] > 0, "subset"] == "train").all()
    assert not split["leaky"].any()


def test_random_shares_are_stratified_and_grouped() -> None:
    faces = crowd()
    split = split_of(faces, by="random", validation=0.2, test=0.1)
    table = split.merge(faces)
    share = pd.crosstab(table["label"], table["subset"], normalize="index")
    assert np.allclose(share[["test", "validation", "train"]], [0.1, 0.2, 0.7], atol=0.03)
    assert table.groupby("fingerprint")["subset"].nunique().max() == 1
    assert (split["clean"] == (split["subset"] == "test")).all()


def test_random_ungrouped_divides_copies() -> None:
    split = split_of(crowd(), by="random", group_by="none")
    assert split["leaky"].any()
    assert split["subset"].value_counts().to_dict() == {"train": 320, "validation": 40, "test": 40}


def test_the_seed_decides() -> None:
    faces = crowd()
    one, again, other = (split_of(faces, by="random", seed=seed) for seed in (1, 1, 2))
    assert one.equals(again)
    assert not one.equals(other)


def test_resampled_first_then_divided_is_leaky_only_when_ungrouped() -> None:
    balance = Balance(method="oversample", scope="all")
    published = split_of(crowd(repeats=0), balance, by="random", group_by="none")
    assert published.groupby("face")["subset"].nunique().max() > 1
    assert published["leaky"].any()
    sound = split_of(crowd(repeats=0), balance, by="random")
    assert sound.groupby("face")["subset"].nunique().max() == 1
    assert not sound["leaky"].any()


def test_validation_is_taken_from_training_where_there_is_no_public_test() -> None:
    faces = crowd(usage=TRAIN)
    faces.loc[300:, "usage"] = PRIVATE
    split = split_of(faces, validation=0.2)
    table = split.merge(faces)
    assert (table.loc[table["usage"] == PRIVATE, "subset"] == "test").all()
    training = table[(table["usage"] == TRAIN) & (table["subset"] != "dropped")]
    assert abs((training["subset"] == "validation").mean() - 0.2) < 0.03
    assert set(training["subset"]) == {"train", "validation"}
    assert not split["leaky"].any()
    loose = split_of(faces, validation=0.2, group_by="none")
    assert (loose["subset"] == "validation").sum() == 60


@pytest.mark.parametrize("seed", range(4))
def test_validation_is_a_share_of_what_is_left_beside_the_copies_of_test_faces(seed: int) -> None:
    training = [("happy", TRAIN, f"{face}") for face in range(100)]
    test = [("happy", PRIVATE, f"{face}") for face in range(50)]
    split = split_of(faces_table(*training, *test, ("fear", TRAIN, "x"), ("fear", PRIVATE, "y")), seed=seed)
    assert (split["subset"] == "dropped").sum() == 50
    assert (split["subset"] == "validation").sum() == 5  # a tenth of the other 50


def test_auto_draws_where_a_face_has_no_usage() -> None:
    faces = crowd()
    faces.loc[:5, "usage"] = TRAIN
    assert np.array_equal(assign_subsets(faces, Split(), "p"), assign_subsets(faces, Split(by="random"), "p"))
    with pytest.raises(InputError, match="394 of 400 faces have none"):
        assign_subsets(faces, Split(by="usage"), "p")


def test_types() -> None:
    split = split_of(OFFICIAL)
    assert list(split.columns) == [
        *("face", "copy", "transform", "seed", "weight"),
        "subset",
        "reason",
        "clean",
        "leaky",
    ]
    assert split["clean"].dtype == bool
    assert split["leaky"].dtype == bool
    assert paths.split("cnn").as_posix() == "results/experiments/cnn/split.parquet"


def test_a_class_absent_from_train() -> None:
    faces = OFFICIAL[OFFICIAL["fingerprint"] != "a"]
    with pytest.raises(InputError, match="protocol 'p': class 'fear' is absent from train"):
        split_of(faces)


@pytest.mark.parametrize(("usage", "subset"), [(PRIVATE, "test"), (TRAIN, "train")])
def test_an_empty_subset(usage: str, subset: str) -> None:
    with pytest.raises(InputError, match=f"protocol 'p': the {subset} subset is empty"):
        split_of(OFFICIAL[OFFICIAL["usage"] != usage])


def test_faces_that_all_resemble_each_other_cannot_be_divided() -> None:
    alike = crowd(repeats=0).assign(resembles=0)
    with pytest.raises(InputError, match="so that fewer faces are kept together"):
        split_of(alike, by="random", group_by="near_duplicates")


def test_no_face_left_for_validation() -> None:
    faces = faces_table(("fear", TRAIN, "a"), ("happy", TRAIN, "b"), ("happy", PRIVATE, "c"))
    with pytest.raises(InputError, match="the validation subset is empty"):
        split_of(faces)


def test_the_leak_check_fails_on_rows_that_stand_on_two_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(faces: pd.DataFrame, split: Split, name: str) -> np.ndarray:
        return assign_subsets(faces, split.model_copy(update={"group_by": "none"}), name)

    monkeypatch.setattr("ferflow.data.draw.assign_subsets", careless)
    with pytest.raises(
        InputError, match="4 faces stand in two subsets of the split, the first with fingerprint c"
    ):
        split_of(OFFICIAL)


def crowd_of_people(people: int, per_class: int = 4, usage: str = "") -> pd.DataFrame:
    """Faces of three classes by each person; one class is shown by the last person alone."""
    rows = [
        (label, usage, f"{person}-{label}-{i}", f"p{person}")
        for person in range(people)
        for label in ("fear", "happy", *(["wink"] if person == people - 1 else []))
        for i in range(per_class + person % 3)
    ]
    table = faces_table(*[row[:3] for row in rows])
    return table.assign(group=[row[3] for row in rows])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("people", [3, 7, 40])
def test_a_drawn_split_parts_no_person(people: int, seed: int) -> None:
    faces = crowd_of_people(people)
    split = split_of(faces, by="random", validation=0.2, test=0.2, seed=seed).merge(faces, on="face")
    assert set(split["subset"]) == {"train", "validation", "test"}
    assert split.groupby("group")["subset"].nunique().max() == 1
    assert set(split.loc[split["label"] == "wink", "subset"]) == {"train"}  # shown by one person only
    if people == 40:
        shares = split["subset"].value_counts(normalize=True)
        assert np.allclose(shares[["test", "validation"]], 0.2, atol=0.03)


def test_another_seed_puts_other_people_to_the_test() -> None:
    faces = crowd_of_people(40)
    one, again, other = (split_of(faces, by="random", seed=seed) for seed in (1, 1, 2))
    assert one.equals(again)
    assert not one["subset"].equals(other["subset"])


def test_people_who_share_a_copy_stay_together() -> None:
    faces = crowd_of_people(12)
    faces.loc[[0, len(faces) - 1], "fingerprint"] = "shared"
    split = split_of(faces, by="random", validation=0.2, test=0.2).merge(faces, on="face")
    assert split[split["group"].isin(["p0", "p11"])]["subset"].nunique() == 1


def test_people_whom_the_usages_part_stay_where_they_are_but_validation_parts_none() -> None:
    faces = crowd_of_people(12, usage=TRAIN)
    faces.loc[faces.index[::6], "usage"] = PRIVATE
    split = split_of(faces).merge(faces, on="face")
    assert (split.loc[split["usage"] == PRIVATE, "subset"] == "test").all()
    assert not split["subset"].eq("dropped").any()
    drawn = split[split["usage"] == TRAIN]
    assert set(drawn["subset"]) == {"train", "validation"}
    assert drawn.groupby("group")["subset"].nunique().max() == 1


def test_where_nobody_is_named_a_split_is_what_it_was() -> None:
    faces = crowd()
    named = faces.assign(group="")
    pd.testing.assert_frame_equal(split_of(faces, by="random"), split_of(named, by="random"))


def test_a_drawn_division_that_parts_people_is_leaky_though_no_face_has_a_copy() -> None:
    faces = crowd_of_people(12)
    samples = samples_of(faces, by="random", group_by="none")
    assert samples.table.merge(faces, on="face").groupby("group")["subset"].nunique().max() > 1
    assert samples.leaky
    assert not samples_of(faces, by="random").leaky
    assert not samples_of(faces.assign(group=""), by="random", group_by="none").leaky
    parted_by_usage = faces.assign(usage=np.resize([TRAIN, TRAIN, PUBLIC, PRIVATE], len(faces)))
    parted_by_usage.loc[parted_by_usage["label"] == "wink", "usage"] = TRAIN
    assert not samples_of(parted_by_usage, group_by="none").leaky  # the data's doing: a caution says so
