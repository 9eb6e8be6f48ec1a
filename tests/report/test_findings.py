"""What the head of the report says of remedies."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ferflow.evaluation.significance import RecallByExperiment, holm
from ferflow.params import Evaluate
from ferflow.report.findings import best_of, compare_recall, remedy_for_the_rarest
from ferflow.report.pairs import pair_tables
from ferflow.report.results import RemedyFamily
from ferflow.report.wording import remedy_names
from tests.report.test_cautions import CONSTANT, LEARNT, result

CLASSES = ("angry", "happy")  # five faces of the first, two of the second


def family(*remedies: tuple[str, str]) -> RemedyFamily:
    faces = pd.DataFrame({"subset": "test", "label": [0] * 5 + [1] * 2, "p_angry": 1.0, "p_happy": 0.0})
    pairs: Any = [("cnn", "none"), *remedies]
    return RemedyFamily(
        [result(LEARNT, name=name, remedy=remedy, predictions=[faces]) for name, remedy in pairs], baseline=0
    )


def recall(*differences: tuple[float, float]) -> RecallByExperiment:
    """Make a comparison by what happy and angry gain under each remedy."""
    gains = np.array(
        [(0.0, 0.0, 0.0), *((angry, happy, (angry + happy) / 2) for happy, angry in differences)]
    )
    value = 0.4 + gains
    return RecallByExperiment(value, value - 0.01, value + 0.01, gains, gains - 0.01, gains + 0.01)


def test_of_remedies_that_lift_alike_the_one_that_costs_less_is_named_first() -> None:
    sentence = remedy_for_the_rarest(
        family(("a", "undersample"), ("b", "class weights"), ("c", "oversample")),
        recall((0.5, -0.2), (0.5 + 1e-12, 0.0), (0.4, 0.1)),
    )
    assert sentence == (
        "For the CNN, the remedy that raises the recall of happy most is class weights (and equally "
        "undersampling): from 40.0% to 90.0% (+50.0 points, +49.0 to +51.0; two test faces). No other class "
        "loses more than chance would explain; balanced accuracy changes by +25.0 points."
    )


GAINS = "For the CNN, the remedy that raises the recall of happy most is undersampling: from 40.0% to "


@pytest.mark.parametrize(
    ("happy", "angry", "sentence"),
    [
        pytest.param(
            0.3,
            -0.1,
            f"{GAINS}70.0% (+30.0 points, +29.0 to +31.0; two test faces). The recall of angry falls by 10.0 "
            "points; balanced accuracy changes by +10.0 points.",
            id="at a cost",
        ),
        pytest.param(
            0.02,
            -0.1,
            f"{GAINS}42.0% (+2.0 points, +1.0 to +3.0; two test faces). The recall of angry falls by 10.0 "
            "points; balanced accuracy changes by \N{MINUS SIGN}4.0 points.",
            id="at more than it is worth",
        ),
        pytest.param(
            0.3,
            -0.004,
            f"{GAINS}70.0% (+30.0 points, +29.0 to +31.0; two test faces). No other class loses more than "
            "chance would explain; balanced accuracy changes by +14.8 points.",
            id="at no cost",
        ),
        pytest.param(
            0.006,
            0.0,
            f"{GAINS}40.6% (+0.6 points, \N{MINUS SIGN}0.4 to +1.6; two test faces), a gain that may be "
            "chance. No other class loses more than chance would explain; balanced accuracy changes by +0.3 "
            "points.",
            id="by chance",
        ),
        pytest.param(
            -0.1,
            0.2,
            "No remedy raises the CNN's recall of happy (two test faces) above 40.0%.",
            id="not at all",
        ),
    ],
)
def test_what_a_remedy_does_for_the_rarest_class(happy: float, angry: float, sentence: str) -> None:
    assert remedy_for_the_rarest(family(("a", "undersample")), recall((happy, angry))) == sentence


def test_of_the_classes_that_pay_the_one_that_pays_most_is_named() -> None:
    classes = ("angry", "fear", "happy")
    faces = pd.DataFrame(
        {
            "subset": "test",
            "label": [0] * 5 + [1] * 4 + [2] * 2,
            "p_angry": 1.0,
            "p_fear": 0.0,
            "p_happy": 0.0,
        }
    )
    confusion = [[5, 0, 0], [4, 0, 0], [2, 0, 0]]
    results = [
        result(confusion, classes=classes, remedy=remedy, predictions=[faces])
        for remedy in ("none", "undersample")
    ]
    gains = np.array([[0.0] * 4, [-0.1, -0.2, 0.4, 0.1 / 3]])
    compared = RecallByExperiment(0.4 + gains, 0.39 + gains, 0.41 + gains, gains, gains - 0.01, gains + 0.01)
    assert remedy_for_the_rarest(RemedyFamily(results, 0), compared) == (
        f"{GAINS}80.0% (+40.0 points, +39.0 to +41.0; two test faces). The recall of fear falls by 20.0 "
        "points; balanced accuracy changes by +3.3 points."
    )


def test_a_sure_loss_is_named_though_a_greater_one_may_be_chance() -> None:
    classes = ("angry", "fear", "happy")
    faces = pd.DataFrame(
        {"subset": "test", "label": [0] * 5 + [1] * 4 + [2], "p_angry": 1.0, "p_fear": 0.0, "p_happy": 0.0}
    )
    results = [
        result([[5, 0, 0], [4, 0, 0], [1, 0, 0]], classes=classes, remedy=remedy, predictions=[faces])
        for remedy in ("none", "undersample")
    ]
    gains = np.array([[0.0] * 4, [-0.1, -0.2, 0.4, 0.1 / 3]])
    either_way = np.array([0.01, 0.3, 0.01, 0.01])
    compared = RecallByExperiment(
        0.4 + gains, 0.39 + gains, 0.41 + gains, gains, gains - either_way, gains + either_way
    )
    assert "The recall of angry falls by 10.0 points" in remedy_for_the_rarest(
        RemedyFamily(results, 0), compared
    )


def test_an_experiment_without_a_remedy_is_none_though_it_does_best() -> None:
    sentence = remedy_for_the_rarest(
        family(("longer", "none"), ("a", "undersample")), recall((0.5, 0.0), (0.3, -0.1))
    )
    assert sentence.startswith(f"{GAINS}70.0%")


def test_no_other_class_pays_where_none_has_test_faces() -> None:
    unpaid = recall((0.3, 0.0))
    unpaid.difference[:, 0] = unpaid.difference_high[:, 0] = np.nan
    assert remedy_for_the_rarest(family(("a", "undersample")), unpaid).endswith(
        "(+30.0 points, +29.0 to +31.0; two test faces). No other class has test faces; balanced accuracy "
        "changes by +15.0 points."
    )


def test_the_best_experiment_or_that_none_is() -> None:
    better, worse = result(LEARNT, name="a"), result(LEARNT, low=0.6, name="b")
    assert best_of([worse, better]) == (
        "With two classes, a is best on the validation faces: on 100 test faces, balanced accuracy 80.0% "
        "(70.0 to 90.0), macro-F1 80.0%, accuracy 80.0%."
    )
    (evaluation,) = better.evaluations
    subsets = evaluation.subsets.model_copy(update={"validation": worse.evaluations[0].subsets.validation})
    better_on_test = result(
        LEARNT, name="c", evaluations=[evaluation.model_copy(update={"subsets": subsets})]
    )
    modest = result(LEARNT, low=0.65, name="d")
    assert "d is best on the validation faces" in best_of([better_on_test, modest])
    nobody = subsets.model_copy(update={"validation": subsets.validation.model_copy(update={"n": 0})})
    held_out = result(LEARNT, name="e", evaluations=[evaluation.model_copy(update={"subsets": nobody})])
    assert "e is best on the 100 test faces themselves" in best_of([held_out, modest])
    assert best_of([better]).startswith("With two classes, a is the only experiment: on 100 test faces, ")
    leaky = result(LEARNT, name="f", evaluations=[evaluation.model_copy(update={"leaky": True})])
    assert "a is the only sound experiment: on 100 test faces" in best_of([leaky, better])
    assert best_of([result(CONSTANT, low=0.45), result(LEARNT, low=0.5)]) == (
        "With two classes, no model does better than chance on 100 test faces: these figures do not tell "
        "models apart."
    )
    assert best_of([result(LEARNT, low=float("nan"))]) == ""


def test_remedies_of_one_name_are_told_apart_by_their_experiments() -> None:
    both = family(("plain", "focal loss"), ("balanced", "focal loss"), ("over", "oversample"))
    assert remedy_names(both.results) == [
        "no remedy",
        "focal loss (plain)",
        "focal loss (balanced)",
        "oversampling",
    ]
    sentence = remedy_for_the_rarest(both, recall((0.1, 0.0), (0.3, 0.0), (0.2, 0.0)))
    assert "the recall of happy most is focal loss (balanced): from" in sentence


def test_intervals_of_recall_are_as_wide_as_the_confidence_asked_for() -> None:
    happy = np.r_[np.zeros(20), np.ones(20)]
    faces = pd.DataFrame({"subset": "test", "label": 1, "p_angry": 1 - happy, "p_happy": happy})
    alone = RemedyFamily([result(LEARNT, predictions=[faces])], baseline=0)
    widths = []
    for confidence in (0.5, 0.95, 0.999):
        recalls = compare_recall(alone, Evaluate(resamples=500, confidence=confidence, seed=0))
        widths.append(recalls.high[0, 1] - recalls.low[0, 1])
    assert widths[0] < widths[1] < widths[2]


def test_p_values_of_pairs_are_corrected_for_how_many_there_are() -> None:
    def predicted(wrong: int) -> list[pd.DataFrame]:
        happy = np.r_[np.zeros(wrong), np.ones(40 - wrong)]
        return [pd.DataFrame({"subset": "test", "label": 1, "p_angry": 1 - happy, "p_happy": happy})]

    table = pair_tables(
        [result(LEARNT, name=name, predictions=predicted(n)) for name, n in (("a", 0), ("b", 6), ("c", 16))]
    )
    plain = [pair.p_value for pair in table.pairs]
    assert [pair.adjusted for pair in table.pairs] == list(holm(plain))
    assert table.pairs[1].adjusted == 3 * min(plain)  # a against c, the surest of three
