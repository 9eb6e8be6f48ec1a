"""What the head of the report says of remedies."""

from typing import Any

import numpy as np
import pandas as pd

from ferflow.evaluation.significance import RecallByExperiment, holm
from ferflow.report.findings import remedy_for_the_rarest
from ferflow.report.pairs import pair_tables
from ferflow.report.results import RemedyFamily
from ferflow.report.wording import remedy_names
from tests.report.test_cautions import LEARNT, result

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
    assert sentence.startswith(
        "Of the remedies for the CNN, happy gains most from class weights, as much from undersampling: its "
        "recall goes from 40.0% to 90.0% (+50.0 points, +49.0 to +51.0; two test faces)"
    )


def test_remedies_of_one_name_are_told_apart_by_their_experiments() -> None:
    both = family(("plain", "focal loss"), ("balanced", "focal loss"), ("over", "oversample"))
    assert remedy_names(both.results) == [
        "no remedy",
        "focal loss (plain)",
        "focal loss (balanced)",
        "oversampling",
    ]
    sentence = remedy_for_the_rarest(both, recall((0.1, 0.0), (0.3, 0.0), (0.2, 0.0)))
    assert "gains most from focal loss (balanced): its recall" in sentence


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
