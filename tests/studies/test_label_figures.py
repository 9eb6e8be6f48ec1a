"""The figures of the label study, by hand: who is described how, what is counted where, which intervals."""

import numpy as np
import pytest
from scipy.stats import binomtest

from ferflow.evaluation.metrics import resample_counts
from ferflow.params import Evaluate
from ferflow.studies.labels import study
from ferflow.studies.labels.figures import ClassLabels, LabelledFace
from ferflow.studies.labels.ranking import accuracy_of, precision_at, precisions, rank_labels
from ferflow.studies.labels.study import HeldOutFaces, examine, rank
from ferflow.studies.labels.votes import CATEGORIES, majorities
from tests.studies.test_labels import planted

BOOTSTRAP = Evaluate(resamples=300, confidence=0.8, seed=3)


def four_faces() -> HeldOutFaces:
    """Two mistakes about angry faces, the second the more confident; FER+ confirms two of four labels."""
    return HeldOutFaces(
        face=np.array([40, 30, 20, 10]),
        labels=np.array([0, 0, 1, 0]),
        probabilities=np.array(
            [[0.7, 0.2, 0.1], [0.15, 0.25, 0.6], [0.2, 0.5, 0.3], [0.04, 0.9, 0.06]], dtype=np.float32
        ),
        classes=("angry", "happy", "sad"),
        majority=np.array(["angry", "sad", "happy", "tie"]),
    )


def test_a_face_is_described_by_label_prediction_and_votes() -> None:
    test = four_faces()
    assert test.disputed is not None
    assert test.disputed.tolist() == [False, True, False, True]
    (face,) = test.described(np.array([1]))
    assert face == LabelledFace(
        face=30,
        label="angry",
        predicted="sad",
        probability=float(np.float32(0.6)),
        self_confidence=float(np.float32(0.15)),
        majority="sad",
    )


def test_mistakes_are_counted_and_the_surest_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = rank(four_faces(), 0.95)
    assert figures.mistakes == 2
    assert [face.face for face in figures.confident_mistakes] == [10, 30]
    assert [(line.faces, line.disputed) for line in figures.by_class] == [(3, 2), (1, 0), (0, 0)]
    assert figures.base is not None
    assert (figures.base.k, figures.base.disputed) == (4, 2)
    monkeypatch.setattr(study, "_SHOWN", 1)
    fewer = rank(four_faces(), 0.95)
    assert (fewer.mistakes, [face.face for face in fewer.confident_mistakes]) == (2, [10])


def test_suspicious_labels_are_counted_under_the_label_and_come_most_suspicious_first() -> None:
    labels, probabilities, wrong = planted()
    disputed = np.isin(np.arange(400), wrong)
    majority = np.where(disputed, "tie", np.array(list("abcd"))[labels])
    figures = rank(HeldOutFaces(np.arange(400) + 7, labels, probabilities, tuple("abcd"), majority), 0.95)
    suspicious = rank_labels(labels, probabilities).suspicious
    assert figures.by_class == [
        ClassLabels(
            label=name,
            faces=int((labels == c).sum()),
            suspicious=int((suspicious & (labels == c)).sum()),
            disputed=int((disputed & (labels == c)).sum()),
        )
        for c, name in enumerate("abcd")
    ]
    assert figures.base == precision_at(disputed, 400, 0.95)
    assert {face.face - 7 for face in figures.suspicious} == set(np.flatnonzero(suspicious))
    confidence = [face.self_confidence for face in figures.suspicious]
    assert confidence == sorted(confidence)


def test_of_one_class_alone_the_least_probable_label_comes_first() -> None:
    probabilities = np.array([[0.6, 0.4], [0.9, 0.1], [0.2, 0.8]], dtype=np.float32)
    assert rank_labels(np.zeros(3, dtype=int), probabilities).order.tolist() == [2, 0, 1]


def test_precision_at_as_many_as_there_are_and_no_more() -> None:
    labels, probabilities, wrong = planted(200)
    disputed = np.isin(np.arange(200), wrong)
    lines = precisions(rank_labels(labels, probabilities), disputed, 0.8)
    assert [line.k for line in lines[1:]] == [50, 200]
    interval = binomtest(int(disputed.sum()), 200).proportion_ci(0.8, method="wilson")
    assert (lines[-1].share.low, lines[-1].share.high) == pytest.approx((interval.low, interval.high))


def test_the_interval_of_an_accuracy_is_of_the_resamples_that_are_asked_for() -> None:
    correct = np.arange(50) % 3 > 0
    shares = np.concatenate(list(resample_counts(50, 300, seed=3))) @ correct / 50
    estimate = accuracy_of(correct, BOOTSTRAP).accuracy
    assert [estimate.low, estimate.high] == pytest.approx(np.quantile(shares, [0.1, 0.9]))


def test_an_examination_hands_on_what_is_right_and_at_which_confidence() -> None:
    figures = examine(four_faces(), BOOTSTRAP, with_ranking=True)
    assert figures.ranking is not None
    assert figures.ranking == rank(four_faces(), 0.8)
    assert figures.agreement is not None
    assert figures.agreement.confirmed.accuracy.value == 1
    assert figures.agreement.disputed.accuracy.value == 0
    assert examine(four_faces(), BOOTSTRAP, with_ranking=False).ranking is None


def test_a_majority_for_a_column_of_fer_plus_is_for_the_class_of_fer2013() -> None:
    majority = dict(zip(CATEGORIES, majorities(np.eye(len(CATEGORIES), dtype=int)).tolist(), strict=True))
    assert majority["happiness"] == "happy"
    assert majority["sadness"] == "sad"
    assert majority["anger"] == "angry"
    for same in ("neutral", "surprise", "disgust", "fear", "contempt"):
        assert majority[same] == same
