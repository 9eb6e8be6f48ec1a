"""params.yaml is validated strictly, and says in one line what is wrong and where."""

import copy
import json
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
import yaml

from ferflow.engines.stages import jobs
from ferflow.errors import InputError
from ferflow.machine import Device
from ferflow.models.hyperparameters import hyperparameters
from ferflow.models.schemas import CNN
from ferflow.params import load
from ferflow.params.editing import preset_lines, set_values, use_preset
from ferflow.remedies.focal import Focal

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def content() -> dict[str, Any]:
    return yaml.safe_load((REPOSITORY / "params.yaml").read_text())


def refusal(content: Any, folder: Path) -> str:
    path = folder / "params.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    with pytest.raises(InputError) as caught:
        load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_default_file_is_valid_and_whole() -> None:
    params = load(REPOSITORY / "params.yaml")
    assert params.on_sample
    model = params.experiment("cnn-focal").model
    assert isinstance(model, CNN)
    assert isinstance(model.loss, Focal)
    assert params.epochs_for("cnn") == 7
    assert params.epochs_for("kmeans") is None
    assert params.protocol("seven-augment").balance.method == "augment"


def test_unknown_key_names_the_nearest(content: dict[str, Any], tmp_path: Path) -> None:
    content["data"]["imagesize"] = 48
    assert refusal(content, tmp_path) == "unknown key 'data.imagesize'; did you mean 'image_size'?"


def test_unknown_section(content: dict[str, Any], tmp_path: Path) -> None:
    content["seed"] = 3
    assert refusal(content, tmp_path) == "unknown key 'seed'; did you mean 'seeds'?"


def test_misspelt_section_is_not_called_missing(content: dict[str, Any], tmp_path: Path) -> None:
    content["budgett"] = content.pop("budget")
    assert refusal(content, tmp_path) == "unknown key 'budgett'; did you mean 'budget'?"


def test_unknown_key_of_a_model(content: dict[str, Any], tmp_path: Path) -> None:
    content["experiments"]["cnn"]["model"]["dropuot"] = 0.1
    assert (
        refusal(content, tmp_path) == "unknown key 'experiments.cnn.model.dropuot'; did you mean 'dropout'?"
    )


def test_unknown_key_of_a_protocol(content: dict[str, Any], tmp_path: Path) -> None:
    content["protocols"]["seven"]["split"]["groupby"] = "none"
    assert (
        refusal(content, tmp_path) == "unknown key 'protocols.seven.split.groupby'; did you mean 'group_by'?"
    )


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("data", "image_size", "48", "data.image_size: input should be a valid integer, found '48'"),
        ("data", "image_size", 2, "data.image_size: input should be greater than or equal to 8, found 2"),
        (
            "data",
            "on_bad_face",
            "ignore",
            "data.on_bad_face: input should be 'fail' or 'skip', found 'ignore'",
        ),
        ("evaluate", "confidence", 95, "evaluate.confidence: input should be less than 1, found 95"),
        ("tracking", "enabled", "yes please", "tracking.enabled: input should be a valid boolean"),
    ],
)
def test_wrong_values(
    content: dict[str, Any], tmp_path: Path, section: str, key: str, value: Any, message: str
) -> None:
    content[section][key] = value
    assert refusal(content, tmp_path).startswith(message)


def test_missing_key(content: dict[str, Any], tmp_path: Path) -> None:
    del content["data"]["path"]
    assert refusal(content, tmp_path) == "'data.path' is missing"


def test_experiment_of_unknown_protocol(content: dict[str, Any], tmp_path: Path) -> None:
    content["experiments"]["cnn"]["protocol"] = "sevne"
    text = refusal(content, tmp_path)
    assert text == "experiments.cnn.protocol: no protocol is called 'sevne'; did you mean 'seven'?"


def test_experiment_of_unknown_model(content: dict[str, Any], tmp_path: Path) -> None:
    content["experiments"]["cnn"]["model"]["name"] = "cnnn"
    complaint = refusal(content, tmp_path)
    assert complaint == "experiments.cnn.model.name: no model is called 'cnnn'; did you mean 'cnn'?"


def test_seed_named_twice(content: dict[str, Any], tmp_path: Path) -> None:
    content["seeds"] = [1, 2, 1]
    assert refusal(content, tmp_path) == "seeds: names 1 twice"


def test_no_share_left_for_train(content: dict[str, Any], tmp_path: Path) -> None:
    content["protocols"]["seven"]["split"] |= {"validation": 0.5, "test": 0.6}
    assert refusal(content, tmp_path).startswith("protocols.seven.split: validation and test together")


def test_epochs_for_a_model_that_has_none(content: dict[str, Any], tmp_path: Path) -> None:
    content["experiments"]["kmeans"]["epochs"] = {"quick": 1, "full": 2}
    assert refusal(content, tmp_path) == (
        "experiments.kmeans: kmeans is not trained in epochs; leave 'epochs' out"
    )


def test_epochs_of_an_experiment_come_before_those_of_its_model(
    content: dict[str, Any], tmp_path: Path
) -> None:
    del content["experiments"]["logistic"]["epochs"]
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(content | {"budget": "full"}))
    params = load(path)
    assert params.epochs_for("logistic-as-published") == 120_000
    assert params.epochs_for("logistic") == 100


def test_hyperparameters_join_model_budget_and_seed() -> None:
    params = load(REPOSITORY / "params.yaml")
    arguments = hyperparameters(params, "cnn", seed=3, epoch_faces=2000, device=Device("cpu", "bfloat16"))
    assert arguments["random_state"] == 3
    assert (arguments["epochs"], arguments["epoch_faces"]) == (7, 2000)
    assert (arguments["device"], arguments["precision"]) == ("cpu", "bfloat16")
    assert arguments["widths"] == [16, 32, 64, 128]
    flat = hyperparameters(params, "kmeans", seed=0, epoch_faces=2000, device=Device("cpu", "bfloat16"))
    assert not {"epochs", "epoch_faces", "precision", "device"} & set(flat)


def test_what_the_core_leaves_out_is_named() -> None:
    params = load(REPOSITORY / "params.yaml")
    assert "efficientnet-focal" in params.left_out
    assert not set(params.left_out) & set(params.run)
    assert set(params.left_out) | set(params.run) == set(params.experiments)
    assert params.run == params.presets["core"]


def test_unknown_key_of_an_optional_section(content: dict[str, Any], tmp_path: Path) -> None:
    content["experiments"]["cnn"]["epochs"] = {"quik": 3, "full": 9}
    complaint = refusal(content, tmp_path)
    assert complaint == "unknown key 'experiments.cnn.epochs.quik'; did you mean 'quick'?"


@pytest.mark.parametrize(
    ("section", "value", "message"),
    [
        (
            "explain",
            ["cnn-wieghted"],
            "explain: no experiment is called 'cnn-wieghted'; did you mean 'cnn-we",
        ),
        ("explain", ["logistic"], "explain: 'logistic' is no network (logistic); only networks have filters"),
        (
            "labels",
            {"experiment": "cnnn"},
            "labels.experiment: no experiment is called 'cnnn'; did you mean 'cnn'",
        ),
        ("labels", {"votes": ""}, "labels.votes: string should have at least 1 character, found ''"),
        ("labels", {"vote": "x.csv"}, "unknown key 'labels.vote'; did you mean 'votes'?"),
        (
            "sweeps",
            {"logistic": {"l3": [1.0]}},
            "sweeps.logistic: logistic has no number 'l3'; did you mean 'l2'?",
        ),
        (
            "sweeps",
            {"logisitc": {"l2": [1.0]}},
            "sweeps: no experiment is called 'logisitc'; did you mean 'logistic'?",
        ),
        (
            "repeated_splits",
            {"logistic": {"against": "sotfmax", "repetitions": 9}},
            "repeated_splits.logistic.against: no experiment is called 'sotfmax'",
        ),
        (
            "repeated_splits",
            {"logistic": {"against": "logistic", "repetitions": 9}},
            "repeated_splits.logistic.against: names the experiment itself",
        ),
        ("run", ["cnnn"], "run: no experiment is called 'cnnn'; did you mean 'cnn'?"),
        ("presets", {"mine": ["cnnn"]}, "presets.mine: no experiment is called 'cnnn'"),
    ],
)
def test_studies_name_experiments(
    content: dict[str, Any], tmp_path: Path, section: str, value: Any, message: str
) -> None:
    assert refusal(content | {section: value}, tmp_path).startswith(message)


def test_rows_per_class_are_for_undersampling(content: dict[str, Any], tmp_path: Path) -> None:
    content["protocols"]["seven-oversample"]["balance"]["per_class"] = 500
    assert "per_class is for method undersample, not for oversample" in refusal(content, tmp_path)


def test_name_that_is_no_file_name(content: dict[str, Any], tmp_path: Path) -> None:
    content["experiments"]["../cnn"] = copy.deepcopy(content["experiments"]["cnn"])
    assert "should match pattern" in refusal(content, tmp_path)


def test_no_yaml(tmp_path: Path) -> None:
    assert refusal("data: [", tmp_path).startswith("not valid YAML")
    assert refusal("just words", tmp_path).startswith("expected sections")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "params.yaml")


def test_unknown_names_asked_for() -> None:
    params = load(REPOSITORY / "params.yaml")
    with pytest.raises(InputError, match="no experiment is called 'cnn-focus'; did you mean 'cnn-focal'"):
        params.experiment("cnn-focus")
    with pytest.raises(InputError, match="no protocol is called 'x'; known: pair"):
        params.protocol("x")


@pytest.mark.parametrize(
    ("key", "successor"),
    [("catalogue", "'run' lists"), ("epochs", "experiments.<name>"), ("redraws", "splits")],
)
def test_an_old_file_gets_one_line_that_names_the_new_key(
    content: dict[str, Any], tmp_path: Path, key: str, successor: str
) -> None:
    complaint = refusal(content | {key: {}}, tmp_path)
    assert complaint.startswith(f"'{key}' is of ferflow 0.1")
    assert successor in complaint


def test_a_repeated_value_is_refused_with_its_line(tmp_path: Path) -> None:
    complaint = refusal("protocols:\n  pair: &pair {classes: all}\n  other: *pair\n", tmp_path)
    assert complaint.startswith("line 3: '*pair' repeats another value")


# ---- as DVC writes it


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the default file in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "params.yaml"
    path.write_text((REPOSITORY / "params.yaml").read_text())
    return path


def test_the_default_file_is_as_dvc_writes_it(file: Path) -> None:
    from dvc.utils.serialize import modify_yaml

    before = file.read_text()
    with modify_yaml(file):
        pass
    assert file.read_text() == before


def test_setting_a_value_changes_its_line_alone(file: Path) -> None:
    before = file.read_text().splitlines()
    assert set_values(["experiments.cnn.model.dropout=0.4"]) == ["experiments.cnn.model.dropout: 0.4"]
    after = file.read_text().splitlines()
    assert len(after) == len(before)
    assert [line for line, old in zip(after, before, strict=True) if line != old] == ["      dropout: 0.4"]


VALUES = {
    "data.image_size": 32,
    "sample.faces": 500,
    "audit.near_duplicates": 2,
    "budget": "full",
    "seeds": "[0,1]",
    "threads": 2,
    "precision": "bfloat16",
    "device": "cpu",
    "run": "[cnn]",
    "presets.core": "[cnn]",
    "protocols.pair.balance.method": "oversample",
    "protocols.seven-augment.balance.noise": 4.0,
    "protocols.seven.split.group_by": "none",
    "experiments.cnn.protocol": "seven-augment",
    "experiments.cnn.model.widths": "[4,8]",
    "experiments.cnn.model.dropout": 0.4,
    "experiments.cnn.class_weight": "balanced",
    "experiments.cnn.epochs.quick": 3,
    "experiments.cnn-focal.model.loss.gamma": 1.0,
    "experiments.logistic.model.l2": 0.5,
    "experiments.kmeans.model.n_clusters": 9,
    "sweeps.logistic-oversample.l2": "[0.1]",
    "repeated_splits.logistic-undersample.repetitions": 5,
    "clusters.keep.clusters": 8,
    "explain": "[cnn]",
    "labels.experiment": "softmax",
    "labels.votes": "fer2013new.csv",
    "evaluate.resamples": 500,
}


def values_of(key: str) -> list[Any]:
    """List what the jobs of the present file depend on as the value of a key."""
    settings, values = load(), []
    for job in jobs(settings):
        for part, value in json.loads(job.parameters(settings)).items():
            if key == part or key.startswith(f"{part}."):
                values.append(reduce(getitem, key.removeprefix(part).split(".")[1:], value))
    return values


@pytest.mark.parametrize("key", VALUES)
def test_what_is_set_is_seen_by_a_stage(file: Path, key: str) -> None:
    new_value = yaml.safe_load(str(VALUES[key]))
    before = values_of(key)
    assert before
    assert new_value not in before
    set_values([f"{key}={VALUES[key]}"])
    assert new_value in values_of(key)


@pytest.mark.parametrize("assignment", ["explain=[]", "presets.core=[]"])
def test_what_may_be_empty_can_be_emptied(file: Path, assignment: str) -> None:
    key = assignment.partition("=")[0]
    set_values([assignment])  # DVC's writer joins a comment beside the key with the next line
    settings = load()
    assert (settings.presets["core"] if key == "presets.core" else settings.explain) == []


def leaves(content: Any, key: str = "") -> Iterator[str]:
    if not isinstance(content, dict):
        yield key
        return
    for name, part in content.items():
        yield from leaves(part, f"{key}.{name}" if key else name)


def test_every_value_of_the_file_is_a_part_of_some_stage(content: dict[str, Any], tmp_path: Path) -> None:
    """All but where figures are sent to: of experiments and protocols, when all are run."""
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(content | {"run": list(content["experiments"])}))
    settings = load(path)
    parts = {part for job in jobs(settings) for part in job.keys(settings)}
    keys = list(leaves(content))
    assert len(keys) > 300
    lost = [key for key in keys if not any(key == part or key.startswith(f"{part}.") for part in parts)]
    assert {key.partition(".")[0] for key in lost} == {"tracking"}


def test_what_cannot_be_set_leaves_the_file_alone(file: Path) -> None:
    before = file.read_text()
    with pytest.raises(InputError, match="needs a plus before it"):
        set_values(["experiments.softmax.model.momentum=0.5"])
    with pytest.raises(InputError, match=r"params\.yaml: unknown key 'experiments.cnn.model.emma'"):
        set_values(["+experiments.cnn.model.emma=0.5"])
    with pytest.raises(InputError, match="budget"):
        set_values(["budget=half"])
    assert file.read_text() == before
    set_values(["+experiments.softmax.model.momentum=0.5"])
    assert load().experiment("softmax").model.model_dump()["momentum"] == 0.5


def test_a_preset_is_written_into_run(file: Path) -> None:
    assert use_preset("transfer").startswith("run: [efficientnet")
    assert load().run == load().presets["transfer"]
    assert any(line.startswith("core: logistic") for line in preset_lines())
    with pytest.raises(InputError, match="no preset is called 'al'"):
        use_preset("al")


def test_adjustments_are_registered_and_are_none_of_the_studies(
    content: dict[str, Any], tmp_path: Path
) -> None:
    content["experiments"]["logistic-oversample"]["adjustment"] = "threshold"
    assert "no adjustment is called 'threshold'; did you mean 'thresholds'" in refusal(content, tmp_path)
    content["experiments"]["logistic-oversample"]["adjustment"] = "thresholds"
    assert refusal(content, tmp_path).startswith(
        "studies look at models as trained, but 'logistic-oversample'"
    )


def test_clusters_have_two_folds_or_more(content: dict[str, Any], tmp_path: Path) -> None:
    content["clusters"]["folds"] = 1
    assert refusal(content, tmp_path).startswith("clusters.folds: input should be greater than or equal to 2")
    del content["clusters"]["folds"]
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(content))
    assert load(path).clusters.folds == 5
