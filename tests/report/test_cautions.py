"""Figures that mean little are said to."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ferflow.content import Estimate
from ferflow.evaluation.cautions import is_above_chance, only_class, optimizer_steps, scarce_classes
from ferflow.params import Balance, Protocol, Split
from ferflow.report.cautions import (
    alike_sentence,
    caution_sentences,
    cautions_of,
    people_sentence,
    resampled_sentence,
)
from ferflow.report.findings import best_of
from ferflow.report.results import Result
from tests.evaluations import COST, evaluation_of, subsets_of

LEARNT = [[40, 10], [5, 45]]
CONSTANT = [[0, 50], [0, 50]]


def result(
    confusion: list[list[int]],
    low: float = 0.7,
    classes: tuple[str, ...] = ("angry", "happy"),
    **changes: Any,
) -> Result:
    """Make the result of one seed, by its confusion matrix."""
    subsets = subsets_of(confusion, Estimate(value=low + 0.1, low=low, high=low + 0.2), classes)
    cost = COST.model_copy(update={"macs": 10, "training_macs": 3 * 10 * 640 * 5})
    about: dict[str, Any] = {
        "name": "cnn",
        "protocol": "p",
        "model": "CNN",
        "remedy": "none",
        "structure": "",
        "seeds": [0],
        "evaluations": [evaluation_of(subsets, classes, cost=cost)],
        "histories": [pd.DataFrame({"epoch": [1, 5]})],
        "predictions": [pd.DataFrame()],
    }
    return Result(**about | changes)


def test_a_model_that_has_learnt_gets_no_caution() -> None:
    assert cautions_of(result(LEARNT)) == []
    assert caution_sentences([result(LEARNT)]) == []


def test_a_constant_model_is_named_with_its_class_and_wins_no_praise() -> None:
    (caution,) = cautions_of(result(CONSTANT, low=0.45))
    assert caution.reason == "predicts one class only, happy"
    assert best_of([result(CONSTANT, low=0.45)]).startswith(
        "With two classes, no model does better than chance"
    )
    assert "cnn is best" in best_of([result(CONSTANT, low=0.45), result(LEARNT)])


def test_what_reaches_chance_is_not_above_it() -> None:
    assert cautions_of(result(LEARNT, low=0.5))[0].reason == "is not above chance (50.0% balanced accuracy)"
    assert not is_above_chance(0.5, 2)
    assert is_above_chance(float("nan"), 2)


def test_a_class_of_one_test_face_or_none_is_said_in_words() -> None:
    classes = ("angry", "fear", "happy")
    sentences = caution_sentences([result([[40, 5, 5], [0, 0, 0], [0, 0, 1]], classes=classes)])
    assert sentences == [
        "Of three classes, no test face of 51 shows fear: it has no figures.",
        "Of three classes, only one test face of 51 shows happy: figures of this class mean little.",
    ]


def test_chance_is_that_of_the_classes_that_have_test_faces() -> None:
    classes = ("angry", "fear", "happy")
    guessing = result([[20, 20, 10], [0, 0, 0], [20, 20, 10]], low=0.4, classes=classes)
    (caution,) = cautions_of(guessing)
    # Guessing among all three gets a third, which the comparison calls chance.
    assert caution.reason == "is not above always naming one of the tested classes (50.0% balanced accuracy)"
    assert "no model does better than always naming one of the tested classes on" in best_of([guessing])


@pytest.mark.parametrize(("batch_size", "steps"), [(64, 50), (32, 100), (None, None)])
def test_few_steps_are_counted_for_networks_alone(batch_size: int | None, steps: int | None) -> None:
    network = result(LEARNT, batch_size=batch_size)
    assert network.steps == steps
    assert bool(cautions_of(network)) == (steps == 50)
    assert optimizer_steps(65, 2, 64) == 4


def test_experiments_share_a_sentence_and_scarce_classes_are_counted_once() -> None:
    several = [result([[4, 1], [5, 45]], low=0.4, name=name) for name in ("a", "b", "c", "d", "e")]
    assert caution_sentences(several) == [
        "Each of a, b, c and two others is not above chance (50.0% balanced accuracy): its difference from "
        "guessing may be luck.",
        "Of two classes, only five test faces of 55 show angry: figures of this class mean little.",
    ]
    assert scarce_classes(np.array([[9, 0], [0, 10]])) == {0: 9}
    assert only_class(np.array(LEARNT)) is None


def test_many_scarce_classes_are_one_sentence() -> None:
    confusion = (5 * np.eye(12, dtype=int)).tolist()
    confusion[0][0] = 20
    sentences = caution_sentences([result(confusion, classes=tuple(f"class-{n}" for n in range(12)))])
    assert sentences == [
        "11 of the 12 classes have fewer than ten of the 75 test faces each: "
        "figures of single classes mean little."
    ]


def test_the_page_the_table_and_the_terminal_say_so(page: str) -> None:
    sentences = caution_sentences_of_run()
    assert sentences
    assert all(sentence in page for sentence in sentences)
    assert sentences[0] in Path("results/report/comparison.md").read_text()


def caution_sentences_of_run() -> list[str]:
    from ferflow import params
    from ferflow.report.results import read_results

    return caution_sentences(read_results(params.load()))


def test_people_on_both_sides_of_the_usages_are_a_caution() -> None:
    people = {"name": "person", "people": 12, "across_usages": 3, "private_test_in_training": 54}
    by_usage, drawn = Protocol(), Protocol(split=Split(by="random"))
    (sentence,) = people_sentence(people, [drawn, by_usage])
    assert sentence.startswith(
        "3 of 12 people (person) are in several usages of the data, and 54 PrivateTest"
    )
    assert people_sentence(people, [drawn]) == []
    assert people_sentence(people | {"across_usages": 0}, [by_usage]) == []
    assert people_sentence(None, [by_usage]) == []


def test_people_who_are_shown_several_times_are_a_caution() -> None:
    people = {"name": "person", "people": 12, "faces_without": 4}
    (sentence,) = alike_sentence(people, 1300)
    assert sentence.startswith("1,296 faces show 12 people (person): faces of one person are alike")
    assert alike_sentence(people, 16) == []
    assert alike_sentence(None, 1300) == []


def test_tests_of_resampled_rows_are_a_caution_where_they_are_not_leaky() -> None:
    resampled = Balance(method="oversample", scope="all")
    protocols = {
        "p": Protocol(balance=resampled),
        "q": Protocol(balance=Balance(scope="all")),
        "r": Protocol(),
    }
    one, others = result(LEARNT), [result(LEARNT, name=name, protocol=name) for name in ("q", "r")]
    (sentence,) = resampled_sentence([one, *others], protocols)
    assert sentence.startswith("cnn: tested on rows that were resampled before the split")
    assert resampled_sentence(others, protocols) == []
    (evaluation,) = one.evaluations
    leaky = result(LEARNT, evaluations=[evaluation.model_copy(update={"leaky": True})])
    assert resampled_sentence([leaky], protocols) == []
