"""What is decided for sources of all sorts; tests/cli/test_init.py writes and loads it."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from ferflow.errors import InputError
from ferflow.init.command import TEMPLATE
from ferflow.init.facts import Facts, gather, typical_side
from ferflow.init.parameters import batch_for, decide, divide, epochs_for
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


def test_copies_do_not_count_as_faces_of_a_class(tmp_path: Path) -> None:
    files = {f"a/{i}.png": image(i) for i in range(9)} | {f"b/{i}.png": image(99) for i in range(9)}
    with pytest.raises(InputError, match=r"too few different faces to train and test on \('b' 1; a class"):
        gather(write_tree(tmp_path / "faces", files), "faces")


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
