"""What the second tab is told: the models of the last run, on one face."""

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from ferflow import params, paths
from ferflow.content import Estimate
from ferflow.data.draw import draw_samples
from ferflow.data.faces import Faces, face_table, make_faces, save_faces
from ferflow.data.samples import save_samples
from ferflow.demo import comparison
from ferflow.demo.comparison import compare, last_run
from ferflow.demo.recognition import Question
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import write_evaluation
from ferflow.files import write_text
from ferflow.models.factory import make_model
from ferflow.predict.photos import Photo
from ferflow.predict.predictor import Predictor
from ferflow.predict.results import Expression
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

    def with_weights(*key: Any) -> object:
        return load(*key)[0], np.array([3.0, 1.0])

    monkeypatch.setattr(comparison, "_load", with_weights)
    (after,) = (m for m in compare(predictor, FACE)["models"] if m["experiment"] == "softmax")
    odds = [m["probabilities"]["angry"] / m["probabilities"]["disgust"] for m in (before, after)]
    assert odds[1] == pytest.approx(3 * odds[0], rel=1e-4)


def measure(name: str, accuracy: float) -> None:
    subsets = subsets_of([[3, 1], [1, 3]], Estimate(value=accuracy, low=0.1, high=0.9), CLASSES)
    write_evaluation(evaluation_of(subsets, CLASSES, experiment=name, model="softmax", leaky=True))


def test_the_best_come_first_and_only_what_is_run_is_shown(run: Path) -> None:
    measure("softmax-weighted", 0.8)
    assert [model.experiment for model in last_run()[0]] == ["kmeans", "softmax-weighted", "softmax"]
    assert [model.leaky for model in last_run()[0]] == [False, True, False]
    measure("softmax", math.nan)  # as of a protocol without validation faces
    content = yaml.safe_load(paths.PARAMS.read_text())
    write_text(paths.PARAMS, yaml.safe_dump(content | {"run": ["cnn", "softmax"]}))
    assert [(model.experiment, model.accuracy) for model in last_run()[0]] == [("softmax", None)]
    write_text(paths.PARAMS, yaml.safe_dump(content | {"seeds": [7, 0]}))
    assert last_run()[0] == []  # of the first seed


@pytest.mark.parametrize(
    ("usages", "split", "name"),
    [
        (("Training", "PublicTest"), {}, "PublicTest"),
        (("Training", "PublicTest"), {"by": "random"}, "validation"),
        (("Training", "PublicTest"), {"validation": 0.0}, "validation"),
        (("Training", "PrivateTest"), {}, "validation"),
        (("Training", "PublicTest", ""), {}, "validation"),
    ],
)
def test_faces_that_choose_are_called_by_their_usage_where_they_have_one(
    run: Path, usages: tuple[str, ...], split: dict[str, object], name: str
) -> None:
    save(faces_of(np.arange(2 * len(usages)) % 2, np.repeat(usages, 2)))
    content = yaml.safe_load(paths.PARAMS.read_text())
    for protocol in content["protocols"].values():
        protocol["split"] |= split
    write_text(paths.PARAMS, yaml.safe_dump(content))
    assert {model.measured_on for model in last_run()[0]} == {name}


def faces_of(label: np.ndarray, usage: np.ndarray) -> Faces:
    pixels = np.random.default_rng(1).integers(0, 256, (len(label), SIDE, SIDE)).astype(np.uint8)
    return make_faces(pixels, label.astype(np.int16), usage, CLASSES, [f"row {i}" for i in range(len(label))])


def save(faces: Faces) -> None:
    save_faces(faces, paths.PIXELS, paths.FACES, paths.ORIGINS)


def test_an_adjustment_is_found_as_the_evaluation_finds_it(run: Path) -> None:
    usages = np.repeat(["Training", "PublicTest", "PrivateTest"], [40, 8, 8])
    faces = faces_of(np.repeat([0, 1, 0, 1, 0, 1], [30, 10, 4, 4, 4, 4]), usages)
    save(faces)
    content = yaml.safe_load(paths.PARAMS.read_text())
    experiment = content["experiments"]["softmax"]

    def weight_under(adjustment: str) -> np.ndarray:
        experiment["adjustment"] = adjustment
        write_text(paths.PARAMS, yaml.safe_dump(content))
        protocol = params.load().protocol_of("softmax")
        save_samples(paths.split("softmax"), draw_samples(face_table(faces), protocol, "softmax"))
        (model,) = (model for model in last_run()[0] if model.experiment == "softmax")
        return comparison._load(paths.model("softmax", 0), 0, "softmax", model.adjustment)[1]

    assert weight_under("none").tolist() == [1, 1]
    # params.yaml has changed, and the model has not.
    weight = weight_under("logit-adjustment")
    assert weight[1] / weight[0] == pytest.approx(3)  # as 30 faces of the one to 10 of the other
    content["protocols"][experiment["protocol"]]["split"]["validation"] = 0.0
    with pytest.raises(InputError, match="validation"):
        weight_under("thresholds")  # which are chosen on validation faces alone


def test_a_model_that_goes_away_meanwhile_is_an_error_of_its_own(run: Path) -> None:
    model = next(model for model in last_run()[0] if model.experiment == "softmax")
    paths.model("softmax", 0).unlink()
    answer = comparison._ask(model, FACE, Expression("face", None, None, "angry", {"angry": 1.0}))
    assert "No such file" in answer["error"]


def test_a_model_of_other_than_square_faces_is_asked_nothing(run: Path) -> None:
    X = np.random.default_rng(0).integers(0, 256, (8, SIDE * (SIDE - 1))).astype(np.uint8)
    oblong = make_model("softmax", epochs=1).fit(X, np.arange(8) % 2)
    oblong.save(paths.model("softmax", 0), class_names=CLASSES)
    answers = compare(Predictor(paths.model("softmax-weighted", 0)), FACE)["models"]
    (answer,) = (answer for answer in answers if answer["experiment"] == "softmax")
    assert answer["error"].endswith("takes no square faces")


def test_a_damaged_table_of_faces_keeps_no_model_from_the_page(run: Path) -> None:
    write_text(paths.FACES, "no table")
    assert {model.measured_on for model in last_run()[0]} == {"validation"}


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
