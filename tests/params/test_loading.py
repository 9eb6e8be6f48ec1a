"""params.yaml is validated strictly, and says in one line what is wrong and where."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.serialize._yaml import YAMLFileCorruptedError, parse_yaml

from ferflow.errors import InputError
from ferflow.machine import Device
from ferflow.models.hyperparameters import hyperparameters
from ferflow.models.schemas import CNN
from ferflow.params import load
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


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").mkdir()
    with pytest.raises(InputError, match=r"params\.yaml: cannot be read \(Is a directory\)"):
        load(tmp_path / "params.yaml")


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


def test_hyperparameters_join_model_budget_and_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    params = load(REPOSITORY / "params.yaml")
    arguments = hyperparameters(params, "cnn", seed=3, epoch_faces=2000, device=Device("cpu", "bfloat16"))
    assert arguments["random_state"] == 3
    assert (arguments["epochs"], arguments["epoch_faces"]) == (7, 2000)
    assert (arguments["device"], arguments["precision"]) == ("cpu", "bfloat16")
    assert arguments["widths"] == [16, 32, 64, 128]
    monkeypatch.delattr("ferflow.models.hyperparameters.resolve_device")  # nobody asks PyTorch for nothing
    flat = hyperparameters(params, "kmeans", seed=0, epoch_faces=2000)
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
    assert refusal("data: [", tmp_path).startswith("not valid YAML: line 2: did not find expected")
    assert refusal("budget quick\nseeds: [0]\n", tmp_path).startswith("not valid YAML: line 2: ")
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


@pytest.mark.parametrize(
    ("layout", "group", "message"),
    [
        ("person", "person", "layout: 'person' does not name the levels of folders, 'class' among them"),
        ("class/who/who", "who", "layout: 'class/who/who' does not name the levels"),
        ("class//who", "who", "layout: 'class//who' does not name the levels"),
        ("class/*", "person", "group: 'person' is none of the levels of data.layout"),
        ("class/person", "class", "group: 'class' is none of the levels"),
    ],
)
def test_levels_of_folders(
    layout: str, group: str, message: str, content: dict[str, Any], tmp_path: Path
) -> None:
    content["data"] |= {"layout": layout, "group": group}
    assert message in refusal(content, tmp_path)
    content["data"] |= {"layout": "usage/*/person/class/*", "group": "person"}
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(content))
    assert load(tmp_path / "good.yaml").data.group == "person"


@pytest.mark.parametrize(
    ("experiment", "key", "value", "message"),
    [
        ("logistic", "momentum", 1.5, "input should be less than 1, found 1.5"),
        ("logistic", "learning_rate", 0, "input should be greater than 0, found 0"),
        ("logistic", "batch_size", 0.5, "input should be a valid integer, found 0.5"),
        ("logistic", "l2", -1, "input should be greater than or equal to 0, found -1"),
        ("cnn", "dropout", 1.5, "input should be less than 1, found 1.5"),
        ("cnn", "members", 0, "input should be greater than or equal to 1, found 0"),
        ("cnn", "jitter", 2.7, "input should be a valid integer, found 2.7"),
        ("cnn-focal", "learning_rate", -1, "input should be greater than 0, found -1"),
    ],
)
def test_values_of_a_sweep_are_such_as_the_model_takes(
    content: dict[str, Any], tmp_path: Path, experiment: str, key: str, value: float, message: str
) -> None:
    content["sweeps"] = {experiment: {key: [value]}}
    assert refusal(content, tmp_path) == f"sweeps.{experiment}.{key}: {message}"


@pytest.mark.parametrize(("experiment", "key"), [("cnn", "networks"), ("logistic", "standardize")])
def test_a_sweep_varies_numbers_that_the_file_may_set(
    content: dict[str, Any], tmp_path: Path, experiment: str, key: str
) -> None:
    content["sweeps"] = {experiment: {key: [1]}}
    assert f"has no number '{key}'" in refusal(content, tmp_path)


def test_a_sweep_of_a_model_with_sections_and_whole_numbers(content: dict[str, Any], tmp_path: Path) -> None:
    content["sweeps"] = {
        "cnn-3min-retrained": {"jitter": [0, 2.0], "dropout": [0, 0.5]},
        "kmeans": {"n_clusters": [7]},
    }
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(content))
    assert load(path).sweeps["cnn-3min-retrained"]["jitter"] == [0, 2]


def test_faces_too_small_for_a_network_that_is_trained(content: dict[str, Any], tmp_path: Path) -> None:
    content["data"]["image_size"] = 8
    assert refusal(content, tmp_path) == (
        "experiments.cnn.model: widths [16, 32, 64, 128] halve a face 4 times, and image_size 8 allows 3; "
        "give fewer widths, or a greater image_size"
    )
    content["protocols"]["seven"]["image_size"] = 15  # of the other networks' protocols
    content["run"] = ["logistic", "cnn"]
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(content))
    params = load(path)
    assert (params.image_size_of("cnn"), params.image_size_of("logistic")) == (15, 8)


def test_a_network_too_deep_for_its_faces(content: dict[str, Any], tmp_path: Path) -> None:
    model = content["experiments"]["cnn"]["model"]
    model["widths"] = [4, 4, 4, 4, 4, 4]
    assert "halve a face 6 times, and image_size 48 allows 5" in refusal(content, tmp_path)
    model |= {"widths": [4, 4, 4, 4, 4], "first_side": 16}
    assert "halve a face 5 times, and first_side 16 allows 4" in refusal(content, tmp_path)
    content["sweeps"] = {"cnn": {"first_side": [40, 20]}}
    model["first_side"] = 40
    assert refusal(content, tmp_path).startswith("sweeps.cnn.first_side: widths [4, 4, 4, 4, 4] halve a face")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("budget: quick\nthreads: 1\nbudget: full\n", "lines 1 and 3: 'budget' stands twice; keep one"),
        ("run:\n- a\nexperiments:\n  a: {}\n  a: {}\n", "lines 4 and 5: 'experiments.a' stands twice"),
        ("run:\n- {a: 1,\n   'a': 2}\n", "lines 2 and 3: 'run.a' stands twice"),
    ],
)
def test_a_key_that_stands_twice_is_refused_as_dvc_refuses_it(
    tmp_path: Path, text: str, message: str
) -> None:
    assert refusal(text, tmp_path).startswith(message)
    with pytest.raises(YAMLFileCorruptedError):
        parse_yaml(text, "params.yaml")


def test_a_batch_norm_is_not_given_a_single_face(content: dict[str, Any], tmp_path: Path) -> None:
    models = content["experiments"]["dnn-weighted"]["model"], content["experiments"]["cnn"]["model"]
    models[0]["batch_size"] = 2  # of an odd number of faces, the last step has one
    message = "experiments.dnn-weighted.model.batch_size: input should be greater than or equal to 3, found 2"
    assert refusal(content, tmp_path) == message
    models[0]["batch_size"], models[1]["batch_size"] = 3, 1  # a CNN's norms see many pixels of each face
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    load(tmp_path / "params.yaml")
