"""What the second tab is told: the models of the last run, on one face."""

import os
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from ferflow import paths
from ferflow.content import Estimate
from ferflow.demo import comparison
from ferflow.demo.comparison import compare, last_run
from ferflow.demo.recognition import Question
from ferflow.evaluation.evaluation import write_evaluation
from ferflow.files import write_text
from ferflow.models.factory import make_model
from ferflow.predict.photos import Photo
from ferflow.predict.predictor import Predictor
from tests.cut import cut
from tests.evaluations import evaluation_of, subsets_of

ROOT = Path(__file__).parents[2]
SIDE, CLASSES = 12, ("angry", "disgust")
RUN = ("softmax", "softmax-weighted", "kmeans", "cnn")
FACE = Question(Photo("face", Image.fromarray(np.full((SIDE, SIDE), 200, np.uint8))), is_face=True)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a run of which one model is damaged, and one not yet trained."""
    monkeypatch.chdir(tmp_path)
    comparison._load.cache_clear()
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    cut(content, RUN)
    write_text(paths.PARAMS, yaml.safe_dump(content, sort_keys=False))
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    X = (rng.integers(0, 100, (40, SIDE**2)) + 120 * y[:, None]).astype(np.uint8)
    for name, weight in (("softmax", 1), ("softmax-weighted", -1)):  # the other one has learnt the contrary
        model = make_model("softmax", epochs=20, learning_rate=0.05).fit(X, y if weight > 0 else 1 - y)
        model.save(paths.model(name, 0), class_names=CLASSES)
        subsets = subsets_of([[3, 1], [1, 3]], Estimate(value=0.75, low=0.6, high=0.9), CLASSES)
        write_evaluation(evaluation_of(subsets, CLASSES, experiment=name, model="softmax"))
    write_text(paths.model("kmeans", 0), "no model")
    return tmp_path


def test_each_model_says_what_it_sees(run: Path) -> None:
    predictor = Predictor(paths.model("softmax", 0))
    models, hint = last_run()
    assert hint == ""
    assert [(m.experiment, m.model, m.accuracy) for m in models] == [
        ("kmeans", "kmeans", None),
        ("softmax", "softmax", 0.75),
        ("softmax-weighted", "softmax", 0.75),
    ]
    damaged, plain, contrary = compare(predictor, FACE)["models"]
    assert "model.safetensors: not a whole safetensors file" in damaged["error"]
    assert (plain["label"], contrary["label"]) == ("disgust", "angry")
    assert (plain["remedy"], contrary["remedy"] != "") == ("", True)
    assert sum(plain["probabilities"].values()) == pytest.approx(1)


def test_probabilities_are_adjusted_as_the_experiment_says(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = Predictor(paths.model("softmax", 0))
    (before,) = (m for m in compare(predictor, FACE)["models"] if m["experiment"] == "softmax")
    load = comparison._load

    def with_weights(path: Path, modified: int, experiment: str) -> object:
        return load(path, modified, experiment)[0], np.array([3.0, 1.0])

    monkeypatch.setattr(comparison, "_load", with_weights)
    (after,) = (m for m in compare(predictor, FACE)["models"] if m["experiment"] == "softmax")
    odds = [m["probabilities"]["angry"] / m["probabilities"]["disgust"] for m in (before, after)]
    assert odds[1] == pytest.approx(3 * odds[0], rel=1e-4)


def test_a_retrained_model_is_read_again(run: Path) -> None:
    predictor = Predictor(paths.model("softmax", 0))
    assert compare(predictor, FACE)["models"][1]["label"] == "disgust"
    paths.model("softmax-weighted", 0).replace(paths.model("softmax", 0))
    os.utime(paths.model("softmax", 0), (2e9, 2e9))
    assert compare(predictor, FACE)["models"][1]["label"] == "angry"


def test_without_models_a_sentence_says_how_to_get_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "There is no params.yaml" in last_run()[1]
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    models, hint = last_run()
    assert (models, "run `make`" in hint) == ([], True)
    (tmp_path / "params.yaml").write_text("runs: 3")
    assert last_run()[1].startswith("params.yaml: ")
