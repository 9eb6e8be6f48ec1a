"""What is decided for sources of all sorts; tests/cli/test_init.py writes and loads it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ferflow.errors import InputError
from ferflow.init import parameters
from ferflow.init.command import TEMPLATE
from ferflow.init.facts import Facts, gather, typical_side
from ferflow.init.parameters import batch_for, decide, divide, epochs_for, fill_in
from tests.ingest.drawn import image, write_tree

ROOT = Path(__file__).parents[2]


def facts_of(folder: Path, numbers: Mapping[str, int]) -> Facts:
    """Gather a tree of as many different faces in each folder as ``numbers`` says."""
    files: dict[str, bytes] = {}
    for place, number in numbers.items():
        for index in range(number):
            files[f"{place}/{index}.png"] = image(len(files))
    return gather(write_tree(folder / "faces", files), "faces")


def test_pair_and_balance(tmp_path: Path) -> None:
    plan = decide(facts_of(tmp_path, {"happy": 30, "sad": 12, "fear": 20}))
    assert plan.pair == ["fear", "sad"]
    assert not plan.is_balanced
    assert plan.division.split.by == "random"
    assert (plan.division.split.validation, plan.division.split.test) == (0.2, 0.2)


@pytest.mark.parametrize(
    ("numbers", "by", "validation"),
    [
        ({"train/a": 20, "train/b": 20, "test/a": 5, "test/b": 5}, "auto", 0.2),
        ({"train/a": 20, "train/b": 20, "val/a": 5, "val/b": 5}, "auto", 0.0),
        ({"train/a": 20, "train/b": 20, "test/a": 5}, "random", 0.2),
        ({"train/a": 20, "test/a": 5, "test/b": 25}, "random", 0.2),
    ],
)
def test_usages_are_followed_where_they_serve(
    numbers: dict[str, int], by: str, validation: float, tmp_path: Path
) -> None:
    facts = facts_of(tmp_path, numbers)
    division = divide(facts)
    assert (division.split.by, division.split.validation) == (by, validation)
    assert decide(facts).samples().train_counts[1] > 0


@pytest.mark.parametrize(
    ("numbers", "by", "reason"),
    [
        ({"train/a": 9, "train/b": 9, "val/a": 9, "test/a": 9, "test/b": 9}, "auto", "PublicTest chooses"),
        ({"train/a": 9, "train/b": 9, "test/a": 9, "test/b": 9}, "auto", "20% of Training choose"),
        ({"train/a": 9, "train/b": 9, "val/a": 9}, "random", "there is no PrivateTest face of 'a'"),
        (
            {"train/a": 9, "train/b": 9, "val/a": 9, "val/b": 9, "test/b": 9},
            "random",
            "PrivateTest face of 'a'",
        ),
        ({"train/a": 9, "test/a": 9, "test/b": 9}, "random", "there is no Training face of 'b'"),
    ],
)
def test_the_reason_of_a_division_is_what_the_data_hold(
    numbers: dict[str, int], by: str, reason: str, tmp_path: Path
) -> None:
    division = divide(facts_of(tmp_path, numbers))
    assert division.split.by == by
    assert reason in division.reason


def test_usages_that_leave_a_class_without_faces_to_train_on_are_left_out(tmp_path: Path) -> None:
    files = {
        f"{use}/a/{i}.png": image(100 * k + i) for k, use in enumerate(("train", "test")) for i in range(9)
    }
    files |= {f"{use}/b/{i}.png": image(300 + i) for use in ("train", "test") for i in range(9)}
    facts = gather(write_tree(tmp_path / "faces", files), "faces")
    assert divide(facts).split.by == "auto"
    division = decide(facts).division
    assert (division.split.by, "the usages in the data do not serve" in division.reason) == ("random", True)


def test_a_tenth_is_tested_where_there_are_faces_and_people_enough(tmp_path: Path) -> None:
    many = facts_of(tmp_path, {"a": 100, "b": 100})
    assert divide(many).split.test == 0.1
    few_people = facts_of(tmp_path / "people", {f"{name}/p{i}": 20 for name in "ab" for i in range(5)})
    division = divide(few_people)
    assert division.split.test == 0.2
    assert division.reason.endswith("copies and people stay together")


def filled_in(facts: Facts) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(TEMPLATE.read_text())
    fill_in(content, decide(facts))
    return content


def test_what_is_filled_in_fits_the_faces(tmp_path: Path) -> None:
    content = filled_in(facts_of(tmp_path, {"a": 40, "b": 12, "c": 10}))
    assert content["data"]["on_bad_face"] == "fail"
    assert content["protocols"]["pair"]["classes"] == ["b", "c"]
    assert content["protocols"]["all"]["classes"] == "all"
    shares = {(p["split"]["validation"], p["split"]["test"]) for p in content["protocols"].values()}
    assert shares == {(0.2, 0.2)}
    assert content["clusters"]["clusters"] == [2, 3, 4, 5, 6, 7]  # of 30 faces, ten of each class
    assert (content["clusters"]["keep"]["clusters"], content["clusters"]["folds"]) == (3, 5)
    kmeans = content["experiments"]["kmeans"]["model"]  # a quarter of the 37 faces that are trained on
    assert kmeans["n_components"] == kmeans["n_clusters"] == 9


def test_epochs_are_fitted_to_the_faces_of_an_experiment_s_own_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parameters, "_FEWEST_FACES", {"quick": 60, "full": 60})
    content = filled_in(facts_of(tmp_path, {"a": 40, "b": 12, "c": 10}))
    epochs = {name: content["experiments"][name]["epochs"]["quick"] for name in ("logistic", "softmax")}
    assert epochs == {"logistic": 138, "softmax": 49}  # 30 * 60 / 13, of b and c, and 30 * 60 / 37


def test_people_are_kept_apart_in_the_study_of_clusters_too(tmp_path: Path) -> None:
    names = ("ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen")
    content = filled_in(facts_of(tmp_path, {f"{name}/p{i}": 2 for name in names for i in range(3)}))
    assert content["clusters"]["folds"] == 3
    assert content["clusters"]["clusters"] == [6]  # of 48 faces, of which the fewest people leave few
    assert content["clusters"]["keep"]["clusters"] == 6


def test_copies_do_not_count_as_faces_of_a_class(tmp_path: Path) -> None:
    files = {f"a/{i}.png": image(i) for i in range(9)} | {f"b/{i}.png": image(99) for i in range(9)}
    with pytest.raises(InputError, match=r"too few different faces to train and test on \('b' 1; a class"):
        gather(write_tree(tmp_path / "faces", files), "faces")


def test_of_many_scarce_classes_five_are_named(tmp_path: Path) -> None:
    named = r"\('a' 1, 'b' 1, 'c' 1, 'd' 1, 'e' 1"
    for classes, more in (("abcde", ";"), ("abcdefg", " and 2 classes more;")):
        with pytest.raises(InputError, match=f"{named}{more} a class needs 5"):
            facts_of(tmp_path / classes, {"z": 9} | dict.fromkeys(classes, 1))


def test_two_people_are_too_few_to_part(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, {f"{name}/p{i}": 8 for name in ("a", "b") for i in range(2)})
    assert (str(facts.layout), facts.layout.group, facts.people) == ("class/*", "", 0)
    facts = facts_of(tmp_path / "more", {f"{name}/p{i}": 8 for name in ("a", "b") for i in range(3)})
    assert facts.people == 3
    assert {"train", "validation", "test"} == set(decide(facts).samples().table["subset"])


def test_small_images_keep_their_size(tmp_path: Path) -> None:
    assert facts_of(tmp_path, {"a": 6, "b": 6}).image_size == 16  # of 12, the least that networks take
    assert typical_side({(200, 300): 5, (20, 30): 4}) == 200


@pytest.mark.parametrize(
    ("faces", "quick", "full"), [(100, 70, 200), (3000, 14, 191), (28_709, 7, 20), (300_000, 1, 2)]
)
def test_epochs_fit_the_faces(faces: int, quick: int, full: int) -> None:
    assert (epochs_for(faces, 7, "quick"), epochs_for(faces, 20, "full")) == (quick, full)


def test_batches_fit_the_faces() -> None:
    assert [batch_for(faces, 128) for faces in (50, 1100, 28_709)] == [32, 64, 128]


def test_the_template_has_the_experiments_of_the_project() -> None:
    """With protocols called ``all``, not ``seven``; nothing in it may be older than in params.yaml."""
    project = yaml.safe_load((ROOT / "params.yaml").read_text().replace("seven", "all"))
    template = yaml.safe_load(TEMPLATE.read_text())
    assert set(template) == set(project)
    assert template["claims"] is False
    for section in ("experiments", "protocols"):
        for name, content in template[section].items():
            assert content == project[section][name], name
    for name in ("evaluate", "tracking", "clusters", "labels", "run"):
        assert template[name] == project[name]
    trained = {name for preset in template["presets"].values() for name in preset}
    assert trained == set(template["experiments"])
