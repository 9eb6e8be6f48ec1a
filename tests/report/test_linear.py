import dataclasses
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
import pytest
import yaml

from ferflow import paths
from ferflow.errors import InputError
from ferflow.evaluation.paired_values import Comparison
from ferflow.evaluation.predictions import measure_subsets, prediction_table
from ferflow.params import Evaluate, Params
from ferflow.report import wording
from ferflow.report.results import Result
from ferflow.report.sections.linear import linear_section, sweep_sentence
from ferflow.report.sections.repeated_splits import repeated_splits_part, splits_sentence
from tests.cut import cut
from tests.evaluations import COST, evaluation_of
from tests.fabricated import REPOSITORY
from tests.fabricated_studies import write_repeated_splits, write_sweep

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


def write_studies() -> None:
    write_sweep("logistic-oversample")
    write_repeated_splits("logistic-undersample", "logistic-oversample")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report/figures").mkdir(parents=True)
    return tmp_path / "report"


def page_of(settings: Params, context: dict[str, Any], folder: Path) -> str:
    source = REPOSITORY / "src/ferflow/report/templates"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(source), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.globals["data_uri"] = lambda path: str((folder / path).stat().st_size and path)
    environment.filters["thousands"] = lambda count: f"{count:,}"
    return environment.get_template("sections/linear.html").render(settings=settings, **context)


def test_the_whole_section(folder: Path) -> None:
    settings = settings_of(*NAMES)
    results = [result_of(settings, name) for name in NAMES]
    write_studies()
    context = linear_section(settings, results, folder, "sample faces")
    page = page_of(settings, context, folder)
    linear = context["linear"]
    assert [entry["key"] for entry in linear["sweeps"]] == ["learning rate", "L2"]
    assert [entry["result"].name for entry in linear["thresholds"]] == list(NAMES[:3])
    assert linear["without_validation"] == ["logistic-as-published"]
    assert "so left out: logistic-as-published" in page
    assert [row["result"].name for row in linear["lifts"]] == [*NAMES[:3], NAMES[4], NAMES[3]]
    assert linear["lift_sentence"].startswith("logistic tells two classes apart")
    assert "softmax tells seven classes apart" in page
    assert [entry["protocol"] for entry in linear["descents"]] == ["pair-as-published"]
    assert "after 401 iterations cost 0.4995 in training, 0.5195 held out, error 29.9%" in page
    files = {path.name for path in (folder / "figures").iterdir()}
    assert files == {
        "sweep-logistic-oversample-learning_rate.png",
        "sweep-logistic-oversample-l2.png",
        *(f"threshold-{name}.png" for name in NAMES[:3]),
        "repeated-splits-logistic-undersample.png",
        "descent-pair-as-published.png",
    }


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
    assert "Threshold moved" not in page
    assert "Settings swept" not in page


def test_studies_of_experiments_that_were_not_run_are_named(folder: Path) -> None:
    settings = settings_of(*NAMES)
    context = linear_section(settings, [result_of(settings, "logistic")], folder, "")
    page = page_of(settings, context, folder)
    studies = (
        "sweep of logistic-oversample; repeated splits of logistic-undersample against logistic-oversample"
    )
    assert f"does not name their experiments: {studies}." in page
    assert "Settings swept" not in page


def test_a_study_that_was_not_run(folder: Path) -> None:
    settings = settings_of(*NAMES)
    with pytest.raises(InputError, match=r"results/experiments/logistic-oversample/sweep\.csv: no such file"):
        linear_section(settings, [result_of(settings, name) for name in NAMES], folder, "")


def test_sentence_of_a_sweep() -> None:
    rows = pd.DataFrame(
        {
            "value": [0.001, 0.1, 9.0],
            "epoch": 1,
            "train_loss": [0.68, 0.3, np.nan],
            "validation_loss": [0.69, 0.5, np.nan],
            "validation_balanced_accuracy": [0.5, 0.7, 0.6],
            "diverged": [False, False, True],
        }
    )
    assert sweep_sentence(rows, 2) == (
        "Diverges at 9. Under-fits at 0.001: in training too the loss stays near that of knowing nothing. "
        "Lowest validation loss in the end: 0.1; highest balanced accuracy: 0.1 (70.0%)."
    )
    assert sweep_sentence(rows[1:2], 2).startswith("No value diverges. Lowest")
    assert sweep_sentence(rows[2:], 2) == "Diverges at 9."
    assert sweep_sentence(rows[2:].assign(train_loss=0.7), 2) == "Learns nothing at 9."
    assert sweep_sentence(rows.assign(train_loss=[0.68, 0.3, 0.7]), 2).startswith(
        "Learns nothing at 9. Under-fi"
    )


@pytest.mark.parametrize(
    ("p_means", "p_deviations", "ending"),
    [
        (0.2, 0.0004, "do not differ more than chance explains (p = 0.200); a varies more from draw to draw"),
        (0.01, 0.5, "differ (p = 0.010); neither is shown to vary more than the other (p = 0.500)"),
        (0.2, 0.5, "do not differ more than chance explains (p = 0.200); nor is one shown to vary more"),
    ],
)
def test_sentence_of_repeated_splits(p_means: float, p_deviations: float, ending: str) -> None:
    comparison = Comparison((0.31, 0.3), (0.05, 0.01), p_means, p_deviations)
    sentence = splits_sentence("Error", ["a", "b"], comparison)
    assert sentence.startswith("Error: 31.0 ± 5.0% (a) against 30.0 ± 1.0% (b). The means ")
    assert ending in sentence
    assert wording.p_value(0.0004) in sentence or p_deviations > 0.001


def test_repeated_splits_are_corrected_by_test_faces_over_those_of_the_smaller_training(folder: Path) -> None:
    names = ["logistic-undersample", "logistic-oversample"]
    draws = [(190, 0.34), (210, 0.34), (190, 0.38), (210, 0.38)]  # faces trained on, error; 50 tested on
    rows = [
        [repetition, name, train_faces, 50, error, error]
        for repetition, (fewer, high) in enumerate(draws)
        for name, train_faces, error in zip(names, (fewer, 400), (high, 0.30), strict=True)
    ]
    columns = ["repetition", "experiment", "train_faces", "test_faces", "error", "balanced_error"]
    table = paths.repeated_splits(names[0])
    table.parent.mkdir(parents=True)
    pd.DataFrame(rows, columns=columns).to_csv(table, index=False)
    settings = settings_of(*names)
    results = {name: result_of(settings, name) for name in names}
    (entry,) = repeated_splits_part(settings, results, folder, "sample faces")
    # Gaps of 4, 4, 8 and 8 points have a mean of 6 and a variance of 16/3. By Nadeau and Bengio (2003)
    # t = 6 / sqrt((1/4 + 50/200) * 16/3) = 3.674: p = 0.035 with 3 degrees of freedom; a plain t test says
    # 0.014, and the ratio of the experiment with more training faces (50/400) 0.024.
    assert entry["draws"] == 4
    assert entry["sentences"] == [
        f"{heading}: 36.0 ± 2.3% (logistic-undersample) against 30.0 ± 0.0% (logistic-oversample). The means "
        "differ (p = 0.035); logistic-undersample varies more from draw to draw (p < 0.001)."
        for heading in ("Balanced error", "Error")
    ]
