import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from ferflow.data.faces import save_faces
from ferflow.engines.stages import Job
from ferflow.models.factory import make_model
from ferflow.studies.sweep import COLUMNS, sweep, untrained_loss
from tests.cut import cut
from tests.fabricated import REPOSITORY, draw_faces
from tests.vouching import vouch_for_inputs

MODEL: dict[str, Any] = {"name": "logistic", "solver": "gd", "learning_rate": 0.1, "l2": 0.1, "epochs": 6}


def subset(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    X = np.clip(120 + 30 * y[:, None] + rng.normal(0, 40, (n, 9)), 0, 255)
    return X.astype(np.uint8), y


def test_each_value_is_trained_and_the_rest_left_alone() -> None:
    calls: list[tuple[str, float]] = []
    values = {"learning_rate": [0.1, 0.001], "epochs": [3.0, 2.0]}
    table = sweep(
        MODEL, values, subset(80, 0), subset(40, 1), before_training=lambda *what: calls.append(what)
    )
    assert list(table.columns) == list(COLUMNS)
    assert calls == [("epochs", 2.0), ("epochs", 3.0), ("learning_rate", 0.001), ("learning_rate", 0.1)]
    assert list(table.groupby(["key", "value"], sort=False).size()) == [2, 3, 6, 6]
    ends = table[table["key"] == "learning_rate"].groupby("value")["train_loss"].last()
    assert ends[0.1] < ends[0.001] < np.log(2)  # too small a rate under-fits
    assert not table["diverged"].any()
    again = table[(table["key"] == "epochs") & (table["value"] == 3)]["train_loss"].to_numpy()
    assert np.array_equal(again, table[table["value"] == 0.1]["train_loss"].to_numpy()[:3])


def test_a_loss_that_is_no_longer_finite_ends_the_training_and_not_the_sweep() -> None:
    hasty = MODEL | {"learning_rate": 1e6, "epochs": 20}
    table = sweep(hasty, {"l2": [1e6, 1e-9]}, subset(80, 0), subset(40, 1))
    divergence = table[table["value"] == 1e6]
    assert divergence["diverged"].all()
    assert divergence["train_loss"].isna().tolist() == [False] * (len(divergence) - 1) + [True]
    assert divergence["epoch"].is_monotonic_increasing
    assert len(table[table["value"] == 1e-9]) == 20


def test_a_network_that_diverges_does_not_end_the_sweep_either() -> None:
    model = {"name": "cnn", "widths": (4, 8), "epochs": 2, "optimizer": "sgd", "batch_size": 8}
    X, y = np.tile(subset(80, 0)[0], 9), subset(80, 0)[1]  # of 9 x 9 pixels
    table = sweep(model | {"learning_rate": 0.01}, {"learning_rate": [0.01, 1e30]}, (X, y), (X, y))
    last = table.groupby("value").tail(1)
    assert last["train_loss"].isna().tolist() == [False, True]
    assert last["epoch"].tolist() == [2, 1]


def test_a_finite_loss_above_that_of_knowing_nothing_has_diverged() -> None:
    table = sweep(MODEL, {"learning_rate": [500.0, 0.1]}, subset(80, 0), subset(40, 1))
    last = table.groupby("value").last()
    assert last["train_loss"].tolist()[1] > np.log(2)
    assert last["diverged"].to_dict() == {0.1: False, 500.0: True}


def test_figures_are_those_of_a_training_that_is_followed_by_validation() -> None:
    train, validation = subset(80, 0), subset(40, 1)
    table = sweep(MODEL, {"l2": [0.1, 0.1]}, train, validation)  # once, though it stands there twice
    history = make_model(**MODEL).fit(*train, validation=validation).history_
    for figure in COLUMNS[2:-2]:
        assert table[figure].tolist() == [epoch[figure] for epoch in history]


def test_two_classes_have_diverged_beyond_the_loss_of_guessing_between_two() -> None:
    table = sweep(MODEL, {"learning_rate": [10.0]}, subset(80, 0), subset(40, 1))
    assert np.log(2) < table["train_loss"].iloc[-1] < np.log(10)
    assert table["diverged"].all()


def test_a_loss_of_its_own_measure_is_held_against_itself() -> None:
    y = np.arange(80) % 2
    X = np.random.default_rng(0).integers(0, 60, (80, 9, 9))
    X[y == 0, :4] += 150
    X[y == 1, 5:] += 150
    faces = X.reshape(80, -1).astype(np.uint8), y
    network = {"name": "cnn", "widths": (4, 8), "epochs": 1, "optimizer": "sgd", "batch_size": 8, "jitter": 0}

    def last_of(loss: str, learning_rate: float) -> pd.Series:
        model = network | {"loss": loss, "learning_rate": learning_rate}
        return sweep(model, {"learning_rate": [learning_rate]}, faces, faces).iloc[-1]

    learnt, stuck = last_of("ldam", 0.01), last_of("focal", 1e-9)
    assert stuck["train_loss"] < np.log(2) < learnt["train_loss"]
    assert not learnt["diverged"]
    assert stuck["diverged"]


def test_loss_of_a_model_that_knows_nothing() -> None:
    y = np.repeat([0, 1, 2], [16, 16, 1])
    plain = {"loss": {"name": "cross-entropy", "label_smoothing": 0.1}}
    assert untrained_loss(MODEL, y, None) == np.log(3)
    assert untrained_loss(plain, y, np.where(y == 2, 5.0, 0.5)) == pytest.approx(np.log(3))
    focal = (1 - 1 / 3) ** 2 * np.log(3)
    assert untrained_loss({"loss": "focal"}, y, None) == pytest.approx(focal)
    taught = {"loss": "focal", "distillation": 0.7, "self_distillation": 0.5}
    assert untrained_loss(taught, y, None) == pytest.approx(0.15 * focal + 0.85 * np.log(3))
    priors = np.array([16, 16, 1]) / 33
    adjusted = {"loss": "logit-adjusted"}
    assert untrained_loss(adjusted, y, None) == pytest.approx(-(priors * np.log(priors)).sum())
    assert untrained_loss(adjusted | {"retrain": {"epochs": 2}}, y, None) == pytest.approx(np.log(3))


def test_weights_reach_the_training() -> None:
    X, y = subset(80, 0)
    weight = np.where(y == 1, 5.0, 0.2)
    plain = sweep(MODEL, {"l2": [0.1]}, (X, y), subset(40, 1))
    with_weights = sweep(MODEL, {"l2": [0.1]}, (X, y), subset(40, 1), sample_weight=weight)
    assert with_weights["train_loss"].iloc[-1] != pytest.approx(plain["train_loss"].iloc[-1])


def test_the_stage_needs_faces_and_parameters_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    content = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    cut(content, ["logistic-oversample"])
    content["sweeps"] = {"logistic-oversample": {"l2": [0.1, 0.3]}}
    Path("params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    save_faces(draw_faces(300))
    vouch_for_inputs(Job("sweep", "logistic-oversample"))
    script = REPOSITORY / "workflow/scripts/sweep.py"
    subprocess.run(
        [sys.executable, script, "--experiment", "logistic-oversample"], check=True, capture_output=True
    )
    experiment = Path("results/experiments/logistic-oversample")
    assert [path.name for path in experiment.iterdir()] == ["sweep.csv"]
    assert pd.read_csv(experiment / "sweep.csv")["value"].unique().tolist() == [0.1, 0.3]
