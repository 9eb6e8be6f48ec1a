"""What holds between the sections of params.yaml, at the very edge, and what they come to."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from ferflow.errors import InputError
from ferflow.params import Params, load

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def content() -> dict[str, Any]:
    return yaml.safe_load((REPOSITORY / "params.yaml").read_text())


def loaded(content: dict[str, Any], folder: Path) -> Params:
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump(content))
    return load(path)


def test_epochs_are_those_of_the_budget(content: dict[str, Any], tmp_path: Path) -> None:
    content["experiments"]["cnn"]["epochs"] = {"quick": 3, "full": 9}
    content["experiments"]["logistic"].pop("epochs")
    quick, full = (loaded(content | {"budget": budget}, tmp_path) for budget in ("quick", "full"))
    assert [params.epochs_for("cnn") for params in (quick, full)] == [3, 9]
    assert [params.epochs_for("logistic") for params in (quick, full)] == [30, 100]  # the model's own


@pytest.mark.parametrize(("test", "is_valid"), [(0.5, False), (0.4999, True)])
def test_a_share_of_nothing_is_no_train(
    content: dict[str, Any], tmp_path: Path, test: float, is_valid: bool
) -> None:
    content["protocols"]["seven"]["split"] |= {"validation": 0.5, "test": test}
    if is_valid:
        assert loaded(content, tmp_path).protocol("seven").split.test == test
    else:
        with pytest.raises(InputError, match="must leave a share for train"):
            loaded(content, tmp_path)


@pytest.mark.parametrize("section", ["run", "explain", "presets.mine"])
def test_an_experiment_is_named_once_in_each_list(
    content: dict[str, Any], tmp_path: Path, section: str
) -> None:
    first, _, inner = section.partition(".")
    content[first] = {inner: ["cnn", "cnn"]} if inner else ["cnn", "cnn"]
    with pytest.raises(InputError, match=rf"{section}: names cnn twice"):
        loaded(content, tmp_path)


def test_what_is_repeated_is_an_experiment_too(content: dict[str, Any], tmp_path: Path) -> None:
    content["repeated_splits"] = {"logisitc": {"against": "softmax", "repetitions": 3}}
    with pytest.raises(InputError, match="repeated_splits: no experiment is called 'logisitc'; did you mean"):
        loaded(content, tmp_path)


@pytest.mark.parametrize(
    ("section", "value"),
    [
        ("sweeps", {"adjusted": {"dropout": [0.1]}}),
        ("repeated_splits", {"adjusted": {"against": "cnn", "repetitions": 3}}),
        ("repeated_splits", {"cnn": {"against": "adjusted", "repetitions": 3}}),
        ("explain", ["adjusted"]),
    ],
)
def test_no_study_takes_a_model_with_an_adjustment(
    content: dict[str, Any], tmp_path: Path, section: str, value: Any
) -> None:
    adjusted = copy.deepcopy(content["experiments"]["cnn"]) | {"adjustment": "thresholds"}
    content["experiments"]["adjusted"] = adjusted
    loaded(content, tmp_path)  # by itself it is an experiment like any other
    with pytest.raises(InputError, match="models as trained, but 'adjusted' has an adjustment"):
        loaded(content | {section: value}, tmp_path)


def test_of_several_networks_none_is_explained(content: dict[str, Any], tmp_path: Path) -> None:
    several = copy.deepcopy(content["experiments"]["cnn"])
    several["model"]["members"] = 2
    content["experiments"]["several"] = several
    with pytest.raises(InputError, match="explain: 'several' is several networks"):
        loaded(content | {"explain": ["several"]}, tmp_path)


def test_what_is_trained_for_a_study_alone_is_trained_too(content: dict[str, Any], tmp_path: Path) -> None:
    content |= {
        "run": ["cnn", "softmax"],
        "sweeps": {"logistic": {"l2": [0.1]}},
        "repeated_splits": {"softmax": {"against": "softmax-weighted", "repetitions": 3}},
    }
    assert loaded(content, tmp_path).trained == ["cnn", "softmax", "logistic", "softmax-weighted"]


@pytest.mark.parametrize("study", ["sweeps", "repeated_splits"])
def test_faces_are_held_against_the_networks_of_studies_too(
    content: dict[str, Any], tmp_path: Path, study: str
) -> None:
    deep = copy.deepcopy(content["experiments"]["cnn"])
    deep["model"]["widths"] = [4] * 6
    content["experiments"]["deep"] = deep
    loaded(content, tmp_path)  # as long as nobody trains it
    content["sweeps"] = {"deep": {"dropout": [0.1]}} if study == "sweeps" else {}
    against = {"against": "deep", "repetitions": 3}
    content["repeated_splits"] = {"cnn": against} if study == "repeated_splits" else {}
    with pytest.raises(InputError, match=r"experiments\.deep\.model: .*image_size 48 allows 5"):
        loaded(content, tmp_path)


def test_a_sweep_is_held_against_the_faces_of_its_own_protocol(
    content: dict[str, Any], tmp_path: Path
) -> None:
    content["protocols"]["seven"]["image_size"] = 64
    content["experiments"]["cnn"]["model"]["widths"] = [4] * 6  # 64 halves six times, 48 five times
    content["run"], content["repeated_splits"], content["explain"] = ["cnn"], {}, []
    content["sweeps"] = {"cnn": {"dropout": [0.1]}}
    assert loaded(content, tmp_path).image_size_of("cnn") == 64


def test_explained_are_those_that_are_run_in_their_order(content: dict[str, Any], tmp_path: Path) -> None:
    content |= {"run": ["softmax", "cnn-focal", "cnn"], "explain": ["cnn", "cnn-weighted", "cnn-focal"]}
    assert loaded(content, tmp_path).explained == ["cnn-focal", "cnn"]


@pytest.mark.parametrize("path", ["data/{faces}.csv", "data/faces}.csv", "data/{faces.csv"])
def test_a_path_with_a_brace_of_either_kind_is_refused(
    content: dict[str, Any], tmp_path: Path, path: str
) -> None:
    content["data"]["path"] = path
    with pytest.raises(InputError, match=r"data\.path: braces in the path are wildcards to Snakemake"):
        loaded(content, tmp_path)


@pytest.mark.parametrize("group", ["class", "usage", "*"])
def test_a_person_is_neither_class_nor_usage(content: dict[str, Any], tmp_path: Path, group: str) -> None:
    content["data"] |= {"layout": "usage/*/class", "group": group}
    with pytest.raises(InputError, match=r"is none of the levels of data\.layout that may name a person"):
        loaded(content, tmp_path)
    content["data"] |= {"layout": None, "group": "person_id"}  # a column of a table
    assert loaded(content, tmp_path).data.group == "person_id"
