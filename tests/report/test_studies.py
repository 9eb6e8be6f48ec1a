"""Sweeps and repeated splits, of whatever model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ferflow import paths
from ferflow.errors import InputError
from ferflow.evaluation.paired_values import Comparison
from ferflow.params import Params
from ferflow.report import wording
from ferflow.report.context import ReportContext, Section
from ferflow.report.sections import sweeps
from ferflow.report.sections.repeated_splits import repeated_splits_part, splits_sentence
from ferflow.report.sections.studies import studies
from ferflow.report.sections.sweeps import sweep_sentence
from tests.fabricated import draw_faces
from tests.fabricated_studies import write_repeated_splits, write_sweep
from tests.report.test_cautions import LEARNT, result
from tests.report.test_linear import NAMES, folder, page_of, result_of, settings_of

__all__ = ["folder"]  # the fixture

PAIR = ("logistic-undersample", "logistic-oversample")


def section_of(settings: Params, folder: Path, *names: str) -> Section:
    results = [result_of(settings, name) for name in names]
    return studies(ReportContext(settings, results, draw_faces(700), folder, "sample faces"))


def test_the_whole_section(folder: Path) -> None:
    settings = settings_of(*NAMES)
    write_sweep("logistic-oversample")
    write_repeated_splits(*PAIR)
    section = section_of(settings, folder, *NAMES)
    page = page_of(settings, section.content, folder, section.id)
    assert section.empty == ""
    assert "Left out" not in page
    assert [entry["key"] for entry in section.content["sweeps"]] == ["learning rate", "L2"]
    assert "logistic-undersample against logistic-oversample, drawn" in page
    assert {path.name for path in (folder / "figures").iterdir()} == {
        "sweep-logistic-oversample-learning_rate.png",
        "sweep-logistic-oversample-l2.png",
        "repeated-splits-logistic-undersample.png",
    }


def test_a_sweep_is_shown_where_nothing_is_logistic_regression(folder: Path) -> None:
    settings = settings_of("softmax").model_copy(update={"sweeps": {"softmax": {"l2": [0.3, 30.0]}}})
    write_sweep("softmax")
    section = section_of(settings, folder, "softmax")
    page = page_of(settings, section.content, folder, section.id)
    assert section.empty == ""
    assert "<strong>softmax, learning rate</strong>: Diverges at 5." in page
    assert (folder / "figures/sweep-softmax-learning_rate.png").stat().st_size > 5000


def test_a_sweep_says_which_faces_its_curves_follow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []
    monkeypatch.setattr(sweeps, "sweep", lambda *_, note, **__: notes.append(note))
    monkeypatch.setattr(sweeps, "save", lambda *_: None)
    write_sweep("cnn")
    settings = settings_of("cnn").model_copy(update={"sweeps": {"cnn": {}}})
    followed = result(LEARNT)
    (evaluation,) = followed.evaluations
    nobody = evaluation.subsets.validation.model_copy(update={"n": 0})
    subsets = evaluation.subsets.model_copy(update={"validation": nobody})
    without = result(LEARNT, evaluations=[evaluation.model_copy(update={"subsets": subsets})])
    for each in (followed, without):
        sweeps.sweeps_part(settings, {"cnn": each}, folder, "mine")
    assert set(notes) == {
        "mine · protocol p · 100 validation faces",
        "mine · protocol p · 100 test faces",
    }


@pytest.mark.parametrize(
    ("name", "said", "unsaid"),
    [
        ("logistic", "final validation loss", "test faces."),
        ("logistic-as-published", "final test loss", "No test face was used."),
    ],
)
def test_a_sweep_over_test_faces_does_not_say_that_none_was_used(
    folder: Path, name: str, said: str, unsaid: str
) -> None:
    settings = settings_of(name).model_copy(update={"sweeps": {name: {"l2": [0.3, 30.0]}}})
    write_sweep(name)
    section = section_of(settings, folder, name)
    caption = page_of(settings, section.content, folder, section.id).partition("<figcaption>")[2]
    assert said in caption
    assert unsaid not in caption


def test_studies_of_experiments_that_were_not_run_are_named(folder: Path) -> None:
    settings = settings_of(*NAMES)
    section = section_of(settings, folder, "logistic")
    page = page_of(settings, section.content, folder, section.id)
    left_out = (
        "sweep of logistic-oversample; repeated splits of logistic-undersample against logistic-oversample"
    )
    assert section.empty == ""
    assert f"does not name their experiments: {left_out}." in page
    assert "Settings swept" not in page


def test_nothing_to_show(folder: Path) -> None:
    settings = settings_of("logistic", studies=False)
    assert (
        section_of(settings, folder, "logistic").empty == "params.yaml names no sweep and no repeated splits."
    )


def test_a_study_that_was_not_run(folder: Path) -> None:
    with pytest.raises(InputError, match=r"results/experiments/logistic-oversample/sweep\.csv: no such file"):
        section_of(settings_of(*NAMES), folder, *NAMES)


def test_sentence_of_a_sweep() -> None:
    rows = pd.DataFrame(
        {
            "value": [0.001, 0.1, 9.0],
            "epoch": 1,
            "train_loss": [0.68, 0.3, np.nan],
            "validation_loss": [0.69, 0.5, np.nan],
            "validation_balanced_accuracy": [0.5, 0.7, 0.6],
            "untrained_loss": np.log(2),
            "diverged": [False, False, True],
        }
    )
    assert sweep_sentence(rows, 2, "validation") == (
        "Diverges at 9. Under-fits at 0.001: the training loss, too, stays near that of guessing. "
        "Lowest final validation loss at 0.1; highest balanced accuracy at 0.1 (70.0%)."
    )
    assert sweep_sentence(rows[1:2], 2, "validation").startswith("No value diverges. Lowest")
    assert sweep_sentence(rows[2:], 2, "validation") == "Diverges at 9."
    assert sweep_sentence(rows[2:].assign(train_loss=0.7), 2, "validation") == "Learns nothing at 9."
    assert sweep_sentence(rows.assign(train_loss=[0.68, 0.3, 0.7]), 2, "validation").startswith(
        "Learns nothing at 9. Under-fi"
    )


def test_a_training_loss_under_fits_by_its_own_measure() -> None:
    rows = pd.DataFrame(
        {
            "value": [0.001, 0.1],
            "epoch": 1,
            "train_loss": [10.0, 3.0],  # LDAM: nearer to 10.9 than to 3, and all of it above ln(7)
            "validation_loss": [1.94, 1.2],
            "validation_balanced_accuracy": [0.2, 0.5],
            "untrained_loss": 10.9,
            "diverged": False,
        }
    )
    assert "Under-fits at 0.001: " in sweep_sentence(rows, 7, "validation")
    assert "Under-fits" not in sweep_sentence(rows.assign(train_loss=[3.5, 3.0]), 7, "validation")
    focal = rows.assign(train_loss=[1.35, 0.9], untrained_loss=1.43)  # ln(7) would take 1.35 for half-way
    assert "Under-fits at 0.001: " in sweep_sentence(focal, 7, "validation")


@pytest.mark.parametrize(
    ("p_means", "p_deviations", "ending"),
    [
        (0.2, 0.0004, "do not differ beyond chance (p = 0.200); a varies more from draw to draw"),
        (0.01, 0.5, "differ (p = 0.010); neither is shown to vary more than the other (p = 0.500)"),
        (0.2, 0.5, "do not differ beyond chance (p = 0.200); nor is one shown to vary more"),
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
