"""params.yaml is validated strictly, and says in one line what is wrong and where."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from ferflow.errors import InputError
from ferflow.params import CNN, load

REPOSITORY = Path(__file__).parents[1]


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
    assert model.loss == "focal"
    assert params.epochs_for("cnn") == params.epochs.quick["cnn"]
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
    ("section", "key", "value", "said"),
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
    content: dict[str, Any], tmp_path: Path, section: str, key: str, value: Any, said: str
) -> None:
    content[section][key] = value
    assert refusal(content, tmp_path).startswith(said)


def test_missing_key(content: dict[str, Any], tmp_path: Path) -> None:
    del content["data"]["path"]
    assert refusal(content, tmp_path) == "'data.path' is missing"


def test_experiment_of_unknown_protocol(content: dict[str, Any], tmp_path: Path) -> None:
    content["experiments"]["cnn"]["protocol"] = "sevne"
    said = refusal(content, tmp_path)
    assert said == "experiments.cnn.protocol: no protocol is called 'sevne'; did you mean 'seven'?"


def test_experiment_of_unknown_model(content: dict[str, Any], tmp_path: Path) -> None:
    content["experiments"]["cnn"]["model"]["name"] = "cnnn"
    said = refusal(content, tmp_path)
    assert said == "experiments.cnn.model.name: no model is called 'cnnn'; did you mean 'cnn'?"


def test_seed_named_twice(content: dict[str, Any], tmp_path: Path) -> None:
    content["seeds"] = [1, 2, 1]
    assert refusal(content, tmp_path) == "seeds: [1, 2, 1] names one seed twice"


def test_no_share_left_for_train(content: dict[str, Any], tmp_path: Path) -> None:
    content["protocols"]["seven"]["split"] |= {"validation": 0.5, "test": 0.6}
    assert refusal(content, tmp_path).startswith("protocols.seven.split: validation and test together")


def test_model_without_epochs(content: dict[str, Any], tmp_path: Path) -> None:
    del content["epochs"]["full"]["cnn"]
    assert refusal(content, tmp_path) == "epochs.full: says nothing for 'cnn', which experiments.cnn trains"


def test_epochs_of_an_experiment_come_before_those_of_its_model(
    content: dict[str, Any], tmp_path: Path
) -> None:
    content["experiments"] = content["catalogue"]["all"]
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(content | {"budget": "full"}))
    params = load(path)
    assert params.epochs_for("logistic-as-published") == 8541
    assert params.epochs_for("logistic") == params.epochs.full["logistic"]
    assert params.left_out == []


def test_hyperparameters_join_model_budget_and_seed() -> None:
    params = load(REPOSITORY / "params.yaml")
    chosen = params.hyperparameters("cnn", seed=3, epoch_faces=2000)
    assert chosen["random_state"] == 3
    assert (chosen["epochs"], chosen["epoch_faces"]) == (params.epochs.quick["cnn"], 2000)
    assert chosen["precision"] == params.precision
    assert chosen["widths"] == [16, 32, 64, 128]
    flat = params.hyperparameters("kmeans", seed=0, epoch_faces=2000)
    assert not {"epochs", "epoch_faces", "precision"} & set(flat)


def test_what_the_core_leaves_out_is_named() -> None:
    params = load(REPOSITORY / "params.yaml")
    assert "efficientnet-focal" in params.left_out
    assert not set(params.left_out) & set(params.experiments)
    assert set(params.left_out) | set(params.experiments) == set(params.catalogue["all"])


def test_unknown_key_of_an_optional_section(content: dict[str, Any], tmp_path: Path) -> None:
    content["experiments"]["cnn"]["epochs"] = {"quik": 3, "full": 9}
    said = refusal(content, tmp_path)
    assert said == "unknown key 'experiments.cnn.epochs.quik'; did you mean 'quick'?"


@pytest.mark.parametrize(
    ("section", "value", "said"),
    [
        (
            "explain",
            ["cnn-wieghted"],
            "explain: no experiment is called 'cnn-wieghted'; did you mean 'cnn-we",
        ),
        ("explain", ["logistic"], "explain: 'logistic' is no network (logistic); only networks have filters"),
        ("sweeps", {"logistic": {"l3": [1.0]}}, "sweeps.logistic: logistic has no 'l3'; did you mean 'l2'?"),
        ("sweeps", {"logisitc": {}}, "sweeps: no experiment is called 'logisitc'; did you mean 'logistic'?"),
        ("redraws", {"logistic": {"against": "sotfmax", "repetitions": 9}}, "redraws: no experiment is"),
    ],
)
def test_studies_name_experiments(
    content: dict[str, Any], tmp_path: Path, section: str, value: Any, said: str
) -> None:
    assert refusal(content | {section: value}, tmp_path).startswith(said)


def test_rows_per_class_are_for_undersampling(content: dict[str, Any], tmp_path: Path) -> None:
    content["protocols"]["seven-oversample"]["balance"]["per_class"] = 500
    assert "per_class is for method undersample, not for oversample" in refusal(content, tmp_path)


def test_name_that_is_no_file_name(content: dict[str, Any], tmp_path: Path) -> None:
    content["experiments"]["../cnn"] = content["experiments"]["cnn"]
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
