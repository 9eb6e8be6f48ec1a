"""Wrong labels: ranked, held against votes, the stage and its section from end to end."""

import copy
import dataclasses
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.figure import Figure

from ferflow import params, paths
from ferflow.data.faces import FER_CLASSES, load_faces
from ferflow.engines.stages import Job
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import read_evaluation, write_evaluation
from ferflow.files import read_parquet
from ferflow.params import Evaluate
from ferflow.plots.labels import labelled_faces
from ferflow.plots.style import save
from ferflow.report.build import render
from ferflow.report.context import ReportContext
from ferflow.report.results import read_results
from ferflow.report.sections.labels import labels
from ferflow.studies.labels.figures import LabelFigures, read_labels, write_labels
from ferflow.studies.labels.ranking import accuracy_of, agreement_of, precision_at, precisions, rank_labels
from ferflow.studies.labels.study import HeldOutFaces, examine, out_of_sample
from ferflow.studies.labels.votes import (
    CATEGORIES,
    check_classes,
    majorities,
    majority_of_faces,
    read_votes,
)
from tests.fabricated import fabricate
from tests.fabricated_studies import write_votes
from tests.vouching import vouch_for_inputs

REPOSITORY = Path(__file__).parents[2]
BOOTSTRAP = Evaluate(resamples=200, confidence=0.95, seed=0)
REAL_VOTES = Path(__file__).parents[3] / "shared" / "data" / "fer2013new.csv"


def planted(n: int = 400, wrong: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels of a model that is fairly sure of the truth; the labels of ``wrong`` faces are another class."""
    rng = np.random.default_rng(0)
    truth = np.arange(n) % 4
    logits = rng.normal(0, 0.5, (n, 4))
    logits[np.arange(n), truth] += 2.5
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    planted_faces = rng.choice(n, wrong, replace=False)
    labels = truth.copy()
    labels[planted_faces] = (truth[planted_faces] + 1 + planted_faces % 3) % 4
    return labels, probabilities.astype(np.float32), planted_faces


def test_planted_errors_come_first() -> None:
    labels, probabilities, wrong = planted()
    suspicion = rank_labels(labels, probabilities)
    assert sorted(suspicion.order) == list(range(400))
    assert set(suspicion.order[:12]) == set(wrong)
    count = suspicion.suspicious.sum()
    assert 9 <= count <= 15
    assert suspicion.suspicious[wrong].sum() >= 9
    assert suspicion.suspicious[suspicion.order[:count]].all()
    confidence = probabilities[np.arange(400), labels][suspicion.order]
    assert (np.diff(confidence[:count]) >= 0).all()
    assert (np.diff(confidence[count:]) >= 0).all()


def test_right_labels_and_missing_classes_are_no_errors(recwarn: pytest.WarningsRecorder) -> None:
    sure = np.full((9, 3), 0.05, dtype=np.float32)
    sure[:, 1] = 0.9
    assert not rank_labels(np.ones(9, dtype=int), sure).suspicious.any()
    sure[0] = [0.9, 0.05, 0.05]
    assert not rank_labels(np.array([0] + [1] * 8), sure).suspicious.any()
    assert not recwarn.list


def test_precision_by_hand() -> None:
    disputed = np.array([True, True, False, True, *[False] * 56])
    four = precision_at(disputed, 4, 0.95)
    assert (four.k, four.disputed, four.share.value) == (4, 3, 0.75)
    # Wilson: (p + z2/2n +- z sqrt(p q / n + z2/4n2)) / (1 + z2/n)
    z, p, n = 1.959964, 0.75, 4
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert four.share.low == pytest.approx((middle - half) / (1 + z**2 / n), abs=1e-6)
    assert four.share.high == pytest.approx((middle + half) / (1 + z**2 / n), abs=1e-6)


def test_precision_is_given_where_there_are_so_many_faces() -> None:
    labels, probabilities, wrong = planted()
    disputed = np.isin(np.arange(400), wrong[:9])
    suspicion = rank_labels(labels, probabilities)
    lines = precisions(suspicion, disputed, 0.95)
    assert [line.k for line in lines] == [int(suspicion.suspicious.sum()), 50, 200]  # 500 are not there
    assert [line.disputed for line in lines][1:] == [9, 9]


def test_accuracy_where_votes_confirm_and_where_not() -> None:
    correct = np.array([True] * 60 + [False] * 20 + [True] * 5 + [False] * 15)
    disputed = np.arange(100) >= 80
    agreement = agreement_of(correct, disputed, BOOTSTRAP)
    assert (agreement.confirmed.faces, agreement.confirmed.accuracy.value) == (80, 0.75)
    assert (agreement.disputed.faces, agreement.disputed.accuracy.value) == (20, 0.25)
    assert 0.6 < agreement.confirmed.accuracy.low < 0.75 < agreement.confirmed.accuracy.high < 0.9
    assert accuracy_of(correct[:0], BOOTSTRAP).faces == 0


def test_what_was_trained_on_is_not_judged() -> None:
    table = pd.DataFrame(
        {
            "face": [1, 2, 3, 3, 4],
            "subset": ["validation", *["test"] * 4],
            "clean": [True, False, True, True, True],
        }
    )
    assert list(out_of_sample(table, leaky=False)["face"]) == [2, 3, 4]
    assert list(out_of_sample(table, leaky=True)["face"]) == [3, 4]
    nothing = HeldOutFaces(
        np.array([], dtype=int), np.array([], dtype=int), np.empty((0, 4), np.float32), "abcd"
    )
    assert examine(nothing, BOOTSTRAP, with_ranking=True) == LabelFigures()


# ---- votes


def lines_of_votes() -> list[str]:
    return [
        "Usage,Image name," + ",".join(CATEGORIES),
        "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0",
        "PublicTest,,0,0,0,0,0,0,0,0,0,10",
        "PrivateTest,fer0000002.png,0,5,5,0,0,0,0,0,0,0",
        "PrivateTest,fer0000003.png,0,1,1,0,1,0,0,6,0,0",
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fer2013new.csv"
    path.write_text("\n".join(lines_of_votes()) + "\n")
    return path


def test_majorities(file: Path) -> None:
    votes = read_votes(file)
    assert list(votes.majority) == ["neutral", "no face", "tie", "contempt"]
    assert list(majorities(np.array([[0, 6, 0, 0, 0, 0, 0, 0, 4, 0]]))) == ["happy"]


def test_faces_are_joined_by_row_or_by_name(file: Path) -> None:
    votes = read_votes(file)
    by_row = majority_of_faces(votes, ["row 4", "row 1"], ["PrivateTest", ""])
    assert list(by_row) == ["contempt", "neutral"]
    by_name = majority_of_faces(votes, ["x.zip/Training/angry/fer0000000.png", "fer0000003.jpg"], ["", ""])
    assert list(by_name) == ["neutral", "contempt"]


@pytest.mark.parametrize(
    ("origin", "usage", "said"),
    [
        ("row 5", "", "4 rows, none for the face at 'row 5'; give the votes on the same fer2013.csv"),
        ("row 0", "", "4 rows, none for the face at 'row 0'"),
        (
            "row 2",
            "Training",
            "row 2, column Usage: PublicTest, but the face at 'row 2' is of Training; these",
        ),
        (
            "train/happy/Training_1.jpg",
            "",
            "no row for the face at 'train/happy/Training_1.jpg'; votes are joined by",
        ),
    ],
)
def test_faces_without_votes_are_named(file: Path, origin: str, usage: str, said: str) -> None:
    assert said in refusal(lambda: majority_of_faces(read_votes(file), [origin], [usage]))


def test_other_classes_have_no_votes(file: Path) -> None:
    check_classes(read_votes(file), FER_CLASSES)
    said = refusal(lambda: check_classes(read_votes(file), ["happy", "bored"]))
    assert "FER+ has no votes for the class 'bored'" in said


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "text", "said"),
    [
        (
            2,
            "Training,fer0000001.png,4,0,x,1,3,2,0,0,0,0",
            "row 2, column surprise: 'x' is no number of votes",
        ),
        (
            2,
            "Training,fer0000001.png,4,0,-1,1,3,2,0,0,0,0",
            "row 2, column surprise: '-1' is no number of votes",
        ),
        (2, "Training,fer0000001.png,4,0,1", "row 2: 5 columns instead of 12"),
        (3, "", "row 3: 0 columns instead of 12"),
        (3, "Train,fer0000001.png,4,0,1,1,3,1,0,0,0,0", "row 3, column Usage: 'Train' is none of Training, "),
        (3, "Tra\0ning,fer0000001.png,4,0,1,1,3,1,0,0,0,0", r"row 3, column Usage: 'Tra\x00ning' is none of"),
        (4, "PrivateTest,fer0000003.png,0,0,0,0,0,0,0,0,0,0", "row 4: nobody voted"),
        (0, "emotion,pixels,Usage", "line 1: no column is called 'Image name'"),
        (0, lines_of_votes()[0].replace("fear", "anger"), "line 1: two columns are called 'anger'"),
    ],
)
def test_a_faulty_file_is_refused_with_row_and_column(file: Path, line: int, text: str, said: str) -> None:
    lines = lines_of_votes()
    lines[line] = text
    file.write_text("\n".join(lines))
    message = refusal(lambda: read_votes(file))
    assert message.startswith(f"{file}, {said}")
    assert "github.com/microsoft/FERPlus" in message


def test_a_file_that_is_none_is_refused(file: Path) -> None:
    assert "there is no file" in refusal(lambda: read_votes(file.parent))
    file.write_bytes(b"\xff\xfe\x00PNG")
    assert "not a CSV in UTF-8" in refusal(lambda: read_votes(file))
    file.write_text("")
    assert "line 1: no column is called 'Usage'" in refusal(lambda: read_votes(file))
    file.write_text(lines_of_votes()[0])
    assert "no rows after the header" in refusal(lambda: read_votes(file))


@pytest.mark.skipif(not REAL_VOTES.is_file(), reason="the real votes are not here")
def test_the_real_votes_are_read() -> None:
    votes = read_votes(REAL_VOTES)
    assert len(votes.majority) == 35887
    assert votes.majority[0] == "neutral"
    assert (votes.majority == "no face").sum() > 170


# ---- the picture


def picture(n: int, lines: int) -> Figure:
    faces = np.random.default_rng(0).integers(0, 256, (n, 24, 24)).astype(np.uint8)
    return labelled_faces(
        faces, [["surprise", "taken for surprise 1.00", "FER+: contempt"][:lines]] * n, title="t"
    )


@pytest.mark.parametrize(("n", "lines"), [(24, 3), (3, 2)])
def test_the_picture_is_whole_and_the_same_each_time(tmp_path: Path, n: int, lines: int) -> None:
    for name in ("a.png", "b.png"):
        save(picture(n, lines), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    figure = picture(n, lines)
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert -0.01 < box.x0 < box.x1 < width + 0.01
    assert -0.01 < box.y0 < box.y1 < height + 0.01


# ---- stage and section


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labels")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        fabricate(REPOSITORY / "params.yaml", n=600, seeds=(0,), experiments=("cnn", "softmax", "logistic"))
    return folder


@pytest.fixture
def run(small_run: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(small_run)
    before = Path("params.yaml").read_text()
    yield small_run
    Path("params.yaml").write_text(before)


def set_labels(**changes: str | None) -> params.Params:
    content = yaml.safe_load(Path("params.yaml").read_text())
    content["labels"] |= changes
    Path("params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return params.load()


def stage(
    experiment: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str]:
    vouch_for_inputs(Job("labels", experiment))
    monkeypatch.setattr(sys, "argv", ["labels.py", "--experiment", experiment])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(REPOSITORY / "workflow/scripts/labels.py"), run_name="__main__")
    assert isinstance(caught.value.code, int)
    return caught.value.code, capsys.readouterr().err


def section(**changes: Any) -> str:
    """Make a page of this section alone, perhaps of another content."""
    settings = params.load()
    folder = Path("page")
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    context = ReportContext(settings, read_results(settings), load_faces(), folder, "sample faces")
    made = labels(context)
    made = dataclasses.replace(made, content={**made.content, **changes})
    return render(context, [made]).partition('<section id="labels"')[2]


def names_in(experiment: str) -> list[str]:
    return sorted(path.name for path in paths.label_study(experiment).iterdir())


def test_without_votes_labels_are_ranked_and_the_page_says_how_to_give_votes(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("cnn", "softmax", "logistic"):
        assert stage(name, capsys, monkeypatch) == (0, "")
    assert names_in("cnn") == ["labels.json", "mistakes.png"]
    assert names_in("softmax") == names_in("logistic") == ["labels.json"]
    assert read_labels("softmax") == LabelFigures()
    before = (paths.label_study("cnn") / "labels.json").read_bytes()
    figures = read_labels("cnn")
    write_labels(paths.label_study("cnn"), figures)
    assert (paths.label_study("cnn") / "labels.json").read_bytes() == before
    ranking = figures.ranking
    assert ranking is not None
    assert figures.agreement is None
    assert ranking.base is None
    sure = [face.probability for face in ranking.confident_mistakes]
    assert sure == sorted(sure, reverse=True)
    assert len(sure) == min(24, ranking.mistakes)
    assert all(face.label != face.predicted for face in ranking.confident_mistakes)
    assert sum(line.suspicious for line in ranking.by_class) == len(ranking.suspicious)
    html = section()
    assert "labels.votes=fer2013new.csv" in html
    assert f"The {len(sure)} most confident mistakes" in html
    assert "disputed" not in html
    one = ranking.model_copy(update={"confident_mistakes": ranking.confident_mistakes[:1]})
    assert "The most confident mistake: the label" in section(ranking=one)
    assert f"mistaken about {ranking.mistakes} of {ranking.faces} test" in html


def test_an_experiment_of_two_classes_may_be_named(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_labels(experiment="logistic")
    assert stage("logistic", capsys, monkeypatch) == (0, "")
    ranking = read_labels("logistic").ranking
    assert ranking is not None
    assert [line.label for line in ranking.by_class] == ["angry", "disgust"]
    assert f"mistaken about {ranking.mistakes} of {ranking.faces} test" in section()


def test_with_votes_suspicion_is_checked_for_every_experiment_of_all_classes(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stage("cnn", capsys, monkeypatch) == (0, "")
    ranking = read_labels("cnn").ranking
    assert ranking is not None
    wrong = {face.face for face in ranking.suspicious[::2]}
    write_votes(Path("votes.csv"), wrong)
    set_labels(votes="votes.csv")
    for name in ("cnn", "softmax", "logistic"):
        assert stage(name, capsys, monkeypatch) == (0, "")
    figures = read_labels("cnn")
    assert figures.ranking is not None
    assert figures.ranking.base is not None
    assert figures.ranking.base.disputed == len(wrong)
    every = next(line for line in figures.ranking.precision if line.k == len(ranking.suspicious))
    assert every.disputed == len(wrong)
    assert {face.majority for face in figures.ranking.suspicious[::2]} == {"contempt"}
    assert figures.agreement is not None
    predictions = read_parquet(paths.training("softmax", 0) / "predictions.parquet").query("subset == 'test'")
    right = predictions.filter(like="p_").to_numpy().argmax(axis=1) == predictions["label"]
    other = read_labels("softmax")
    assert other.ranking is None
    assert other.agreement is not None
    assert other.agreement.disputed.faces == len(wrong)
    assert other.agreement.confirmed.accuracy.value == pytest.approx(
        right[~predictions["face"].isin(wrong)].mean()
    )
    assert read_labels("logistic") == LabelFigures()
    html = section()
    assert "labels.votes=" not in html
    assert f"all {len(ranking.suspicious)} suspicious" in html
    assert "Where FER+ confirms the label, cnn recognises" in html
    assert "softmax</th>" not in html.partition("By class")[2]
    assert 'min-width:7.5rem">softmax</th>' in html.partition("By class")[0]
    assert "<td>contempt</td>" in html


def test_a_faulty_file_of_votes_is_one_line(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_labels(votes="nowhere.csv")
    code, error = stage("cnn", capsys, monkeypatch)
    assert code == 2
    assert error.startswith("error: params.yaml: labels.votes: there is no file nowhere.csv")
    assert error.count("\n") == 1


def test_votes_on_faces_of_other_usages_are_refused(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_votes(Path("votes.csv"), set())
    votes = Path("votes.csv").read_text()
    Path("votes.csv").write_text(votes.replace("PrivateTest", "Training"))
    set_labels(votes="votes.csv")
    code, error = stage("cnn", capsys, monkeypatch)
    assert code == 2
    assert "is of PrivateTest; these are votes on other faces" in error


@pytest.mark.parametrize("name", [None, "left-out"])
def test_without_an_experiment_the_section_is_a_line(run: Path, name: str | None) -> None:
    content = yaml.safe_load(Path("params.yaml").read_text())
    content["experiments"]["left-out"] = copy.deepcopy(content["experiments"]["cnn"])
    Path("params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    set_labels(experiment=name)
    assert "No labels are examined: labels.experiment in params.yaml names none of" in section()


def test_an_experiment_that_was_trained_on_all_it_is_tested_on_is_not_examined(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluation = read_evaluation("cnn", 0)
    file = paths.training("cnn", 0) / "predictions.parquet"
    before, table = file.read_bytes(), read_parquet(file)
    write_evaluation(evaluation.model_copy(update={"leaky": True}))
    table.assign(clean=False).to_parquet(file)
    try:
        assert stage("cnn", capsys, monkeypatch) == (0, "")
        assert read_labels("cnn") == LabelFigures()
        assert "trained on all of its test faces" in section()
    finally:
        file.write_bytes(before)
        write_evaluation(evaluation)
