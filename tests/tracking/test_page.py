"""What a reader of MLflow's page meets: a table for each set of test faces, who won it, and no clutter."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferflow.content import Estimate
from ferflow.data.faces import FER_CLASSES
from ferflow.evaluation.evaluation import write_evaluation
from ferflow.files import write_json
from ferflow.models.factory import make_model
from ferflow.params import Params
from ferflow.tracking import publish as tracking
from ferflow.tracking.identity import settings as all_settings
from ferflow.tracking.settings import effective
from tests.evaluations import evaluation_of, subsets_of
from tests.tracking.finished import SIDE, client_of, finish, runs, softmax_only, whole_params

SEVEN, PAIR = "ferflow-seven on sample faces", "ferflow-pair on sample faces"


@pytest.fixture
def three(finished: Params) -> Params:
    """Finish three experiments: two remedies of seven classes, and two classes, with the highest score."""
    whole = whole_params()
    for name, classes, score in (
        ("softmax", FER_CLASSES, 0.3),
        ("softmax-weighted", FER_CLASSES, 0.4),
        ("logistic", ("angry", "disgust"), 0.9),
    ):
        _finish(name, classes, score)
    names = ["softmax", "softmax-weighted", "logistic"]
    return whole.model_copy(
        update={"experiments": {name: whole.experiments[name] for name in names}, "run": names}
    )


def _finish(name: str, classes: tuple[str, ...], score: float) -> None:
    folder = Path("results/experiments") / name / "0"
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    X = rng.integers(0, 256, (35, SIDE * SIDE), dtype=np.uint8)
    model = make_model(name.partition("-")[0], epochs=2, random_state=0).fit(X, np.arange(35) % len(classes))
    model.save(folder / "model.safetensors", class_names=classes)
    (folder / "history.csv").write_text("epoch,lr,train_loss,validation_loss\n1,0.1,1.5,\n2,0,1.25,\n")
    write_json(folder / "metrics.json", {"validation": {"macro_f1": score}})
    estimate = Estimate(value=score, low=score - 0.1, high=score + 0.1)
    subsets = subsets_of(np.eye(len(classes), dtype=int).tolist(), estimate, classes)
    write_evaluation(evaluation_of(subsets, classes, experiment=name, protocol="seven"))


def _tables() -> dict[str, Any]:
    return {each.name: each for each in client_of(Path("mlflow.db")).search_experiments()}


def test_each_table_holds_what_was_tested_on_the_same_faces_and_hides_none(three: Params) -> None:
    tracking.publish(three)
    tables = _tables()
    assert set(tables) == {"Default", SEVEN, PAIR, "ferflow-reports"}
    client = client_of(Path("mlflow.db"))
    for name, members in ((SEVEN, {"softmax", "softmax-weighted"}), (PAIR, {"logistic"})):
        listed = client.search_runs([tables[name].experiment_id])
        assert {run.data.tags["experiment"] for run in listed} == members
        assert not any("mlflow.parentRunId" in run.data.tags for run in listed)


def test_the_winner_is_tagged_and_the_text_says_why(three: Params) -> None:
    tracking.publish(three)
    winners = {name for name, run in runs().items() if run.data.tags.get("winner") == "yes"}
    assert winners == {"softmax-weighted seed 0", "logistic seed 0"}
    note = _tables()[SEVEN].tags["mlflow.note.content"]
    assert note.startswith(
        "**softmax-weighted seed 0** is the best of 2, chosen by macro-F1 on the 7 validation faces: 0.400 "
        "(next: softmax seed 0, 0.300). The same model without class weights: softmax seed 0, 0.300."
    )
    assert "balanced accuracy 0.400 (0.300 to 0.500)" in note
    assert "| 2 | softmax seed 0 | none | 0.300 |" in note
    _finish("softmax", FER_CLASSES, 0.5)
    tracking.publish(three)
    after = runs()
    assert after["softmax seed 0"].data.tags["winner"] == "yes"
    former = after["softmax-weighted seed 0"].data.tags
    assert not {"winner", "mlflow.note.content"} & set(former)


def test_the_view_of_the_best_names_metrics_and_tags_that_are_there(three: Params) -> None:
    tracking.publish(three)
    view = json.loads(_tables()[SEVEN].tags["mlflow.sharedViewState.best"])
    assert view["orderByKey"] == "metrics.`validation/macro_f1`"
    data = runs()["softmax-weighted seed 0"].data
    present = {f"metrics.`{name}`" for name in data.metrics} | {f"tags.`{name}`" for name in data.tags}
    assert set(view["selectedColumns"]) <= present
    assert data.tags["remedy"] == "class weights"
    assert (data.tags["model"], data.tags["budget"], data.tags["leaky"]) == ("softmax", "quick", "no")


def test_metrics_are_numbers_with_a_meaning(finished: Params) -> None:
    history = "epoch,lr,train_loss,validation_loss\n1,0.1,1.5,\n2,0,1.25,\n"
    Path("results/experiments/softmax/0/history.csv").write_text(history)
    tracking.publish(finished)
    metrics = runs()["softmax seed 0"].data.metrics
    assert [name for name in metrics if name.startswith("training/")] == ["training/train_loss"]
    assert (metrics["test/macro_f1_low"], metrics["test/macro_f1_high"]) == (0.4, 0.6)
    assert metrics["test/rarest_recall"] == 0.5


def test_models_and_files_have_names(finished: Params) -> None:
    finish(epochs=2, seed=1)
    tracking.publish(finished.model_copy(update={"seeds": [0, 1]}))
    client = client_of(Path("mlflow.db"))
    table = _tables()[SEVEN].experiment_id
    models = client.search_logged_models([table])
    assert {model.name for model in models} == {"softmax-seed-0", "softmax-seed-1"}
    run = runs()["softmax seed 0"].info.run_id
    assert {file.path for file in client.list_artifacts(run)} >= {"figures", "history.csv", "evaluation.json"}


def test_only_settings_that_change_something_are_listed() -> None:
    whole = whole_params()
    plain = effective(all_settings(whole, "cnn", 0), {"Training"})
    assert [name for name in plain if name.startswith("balance.")] == ["balance.method"]
    assert None not in plain.values()
    augmented = effective(all_settings(whole, "cnn-augment", 0), {"Training"})
    assert augmented["balance.transforms"] == "noise 8.0, shift 4, flip, rotate 10.0"
    lbfgs = effective(all_settings(whole, "happy-fear-lbfgs", 0), {"Training"})
    assert not {"model.learning_rate", "model.batch_size", "model.pixel_scale"} & set(lbfgs)
    assert lbfgs["model.l2"] == 0.1
    capped = effective(all_settings(whole, "efficientnet-undersample-as-published", 0), {"Training"})
    assert (capped["balance.per_class"], capped["balance.scope"]) == (500, "all")


@pytest.mark.parametrize(
    ("usages", "listed"),
    [
        ({"Training", "PublicTest", "PrivateTest"}, set()),
        ({"Training", "PrivateTest"}, {"split.validation", "split.stratify", "split.seed"}),
        ({"Training", ""}, {"split.validation", "split.test", "split.stratify", "split.seed"}),
    ],
)
def test_a_share_that_the_data_set_gives_itself_is_not_listed(usages: set[str], listed: set[str]) -> None:
    settings = effective(all_settings(softmax_only(), "softmax", 0), usages)
    assert {name for name in settings if name.startswith("split.")} == listed | {"split.by", "split.group_by"}
