import dataclasses
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
import pytest
import yaml

from ferflow.evaluation.predictions import measure_subsets, prediction_table
from ferflow.params import Evaluate, Params
from ferflow.report.results import Result
from ferflow.report.sections.linear import linear_section
from tests.cut import cut
from tests.evaluations import COST, evaluation_of
from tests.fabricated import REPOSITORY

PAIR, SEVEN = ("angry", "disgust"), ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
NAMES = ("logistic", "logistic-undersample", "logistic-oversample", "softmax", "logistic-as-published")
SLOW = ("logistic-as-published", "logistic-slow")


def settings_of(*names: str, studies: bool = True) -> Params:
    content = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    cut(content, names)
    if not studies:
        content["sweeps"] = content["repeated_splits"] = {}
    return Params.model_validate(content)


def result_of(settings: Params, name: str, n: int = 160) -> Result:
    """Fabricate a result: a score that tells somewhat more than chance."""
    experiment = settings.experiment(name)
    classes, rng = (SEVEN if name == "softmax" else PAIR), np.random.default_rng(len(name))
    k, published = len(classes), name.endswith("published")
    labels = np.where(rng.random(n) < 0.6, 0, rng.integers(k, size=n))
    logits = rng.normal(0, 1, (n, k))
    logits[np.arange(n), labels] += 1.2
    logits[:, 0] += 0.8
    probabilities = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)
    subset = np.where((np.arange(n) % 2 == 0) & (not published), "validation", "test")
    rows = pd.DataFrame({"face": np.arange(n), "subset": subset, "clean": subset == "test"})
    predictions = prediction_table(rows, labels, probabilities, classes)
    subsets = measure_subsets(predictions, classes, Evaluate(resamples=100, confidence=0.95, seed=0))
    epochs = np.arange(1, 402, 20)
    history = pd.DataFrame({"epoch": epochs, "lr": 0.01, "train_loss": 0.7 - epochs / 2000})
    history["validation_loss"] = history["train_loss"] + 0.02
    history["validation_accuracy"] = history["validation_balanced_accuracy"] = 0.5 + epochs / 2000
    cost = COST.model_copy(update={"parameters": 2305, "macs": 2304})
    return Result(
        name=name,
        protocol=experiment.protocol,
        model="softmax" if name == "softmax" else "logistic",
        remedy={"u": "undersample", "o": "oversample"}.get(name[9:10], "none"),
        structure="",
        seeds=[0],
        evaluations=[evaluation_of(subsets, classes, leaky=published, cost=cost)],
        histories=[history],
        predictions=[predictions],
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report/figures").mkdir(parents=True)
    return tmp_path / "report"


def page_of(settings: Params, context: dict[str, Any], folder: Path, section: str = "linear") -> str:
    source = REPOSITORY / "src/ferflow/report/templates"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(source), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.globals["data_uri"] = lambda path: str((folder / path).stat().st_size and path)
    environment.filters["thousands"] = lambda count: f"{count:,}"
    return environment.get_template(f"sections/{section}.html").render(settings=settings, **context)


def test_the_whole_section(folder: Path) -> None:
    settings = settings_of(*NAMES)
    results = [result_of(settings, name) for name in NAMES]
    context = linear_section(settings, results, folder, "sample faces")
    page = page_of(settings, context, folder)
    linear = context["linear"]
    assert [entry["result"].name for entry in linear["thresholds"]] == list(NAMES[:3])
    assert linear["without_validation"] == ["logistic-as-published"]
    assert "Left out, since they have no validation subset: logistic-as-published" in page
    assert [row["result"].name for row in linear["lifts"]] == [*NAMES[:3], NAMES[4], NAMES[3]]
    assert linear["lift_sentence"].startswith("logistic tells two classes apart")
    assert "softmax tells seven classes apart" in page
    assert [entry["protocol"] for entry in linear["descents"]] == ["pair-as-published"]
    assert "after 401 iterations: cost 0.4995 in training and 0.5195 held out, error 29.9%" in page
    files = {path.name for path in (folder / "figures").iterdir()}
    assert files == {*(f"threshold-{name}.png" for name in NAMES[:3]), "descent-pair-as-published.png"}


def test_pixels_of_two_sizes_are_not_called_the_same(folder: Path) -> None:
    settings = settings_of("logistic", "softmax", studies=False)
    protocol = settings.experiment("softmax").protocol
    smaller = settings.protocols | {
        protocol: settings.protocols[protocol].model_copy(update={"image_size": 24})
    }
    results = [result_of(settings, name) for name in ("logistic", "softmax")]
    for each, said in (
        (settings, "linear scores of the same pixels."),
        (settings.model_copy(update={"protocols": smaller}), "pixels, but of faces of different sizes."),
    ):
        linear = linear_section(each, results, folder, "sample faces")["linear"]
        assert linear["lift_sentence"].endswith(said)


def test_figures_are_the_same_again(folder: Path) -> None:
    settings = settings_of("logistic-as-published", studies=False)
    results = [result_of(settings, "logistic-as-published")]
    figure = folder / "figures/descent-pair-as-published.png"
    linear_section(settings, results, folder, "sample faces")
    first = figure.read_bytes()
    linear_section(settings, results, folder, "sample faces")
    assert figure.read_bytes() == first


def test_the_threshold_is_chosen_without_the_test_side(folder: Path) -> None:
    settings = settings_of("logistic", studies=False)
    result = result_of(settings, "logistic")
    rows = linear_section(settings, [result], folder, "")["linear"]["thresholds"][0]["rows"]
    table = result.predictions[0]
    test = table["subset"] == "test"
    table.loc[test, ["p_angry", "p_disgust"]] = table.loc[test, ["p_disgust", "p_angry"]].to_numpy()
    swapped = dataclasses.replace(result, predictions=[table])
    other = linear_section(settings, [swapped], folder, "")["linear"]["thresholds"][0]["rows"]
    assert [row["threshold"] for row in other] == [row["threshold"] for row in rows]
    assert other[0]["recall"] != rows[0]["recall"]


def test_little_or_nothing_to_show(folder: Path) -> None:
    settings = settings_of("softmax", studies=False)
    context = linear_section(settings, [result_of(settings, "softmax")], folder, "")
    assert context == {"linear": None}
    assert "No experiment tells two classes apart" in page_of(settings, context, folder)
    settings = settings_of("logistic-as-published", studies=False)
    result = result_of(settings, "logistic-as-published")
    page = page_of(settings, linear_section(settings, [result], folder, ""), folder)
    assert "Slow descents" in page
    assert "Moving the threshold" not in page
