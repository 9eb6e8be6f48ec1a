"""What the report's sections show, as rows for a spreadsheet or a paper's tables."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ferflow.evaluation.evaluation import EVALUATED
from ferflow.evaluation.significance import RecallByExperiment
from ferflow.report.pairs import PairTables
from ferflow.report.results import RemedyFamily, Result, known_deviation, mean_estimate

BALANCED = "balanced accuracy"
"""In the column of classes: the mean over all of them."""
_PAIRS = (
    "first",
    "second",
    "seed",
    "faces",
    "accuracy_difference",
    "only_first_right",
    "only_second_right",
    "p",
    "p_holm",
)
_CLASSES = ("experiment", "subset", "class", "faces")
_BY_CLASS = ("precision", "recall", "f1")
_REMEDIES = ("experiment", "remedy", "against", "class", "recall", "recall_low", "recall_high")
_DIFFERENCE = ("difference", "difference_low", "difference_high")


def pairs_frame(groups: Sequence[PairTables]) -> pd.DataFrame:
    """List McNemar's test of every two experiments on the same test faces: the content of ``pairs.csv``.

    Parameters
    ----------
    groups : sequence of PairTables

    Returns
    -------
    DataFrame
        A row a pair; ``p_holm`` is corrected over the pairs of its group.
    """
    rows = [
        (
            pair.first,
            pair.second,
            group.seed,
            group.n,
            pair.difference,
            pair.only_first,
            pair.only_second,
            pair.p_value,
            pair.adjusted,
        )
        for group in groups
        for pair in group.pairs
    ]
    return pd.DataFrame(rows, columns=list(_PAIRS))


def classes_frame(results: Sequence[Result]) -> pd.DataFrame:
    """List precision, recall and F1 of every class: the content of ``classes.csv``.

    Parameters
    ----------
    results : sequence of Result

    Returns
    -------
    DataFrame
        A row for each experiment, subset (with faces) and class: means over seeds of value, low and high
        end, and the standard deviation over seeds, NaN for a single one.
    """
    rows = [
        {"experiment": result.name, "subset": subset, "class": name, **_class_figures(result, subset, name)}
        for result in results
        for subset in EVALUATED
        if result.n(subset)
        for name in result.classes
    ]
    figures = [f"{name}{end}" for name in _BY_CLASS for end in ("", "_low", "_high", "_sd")]
    return pd.DataFrame(rows, columns=[*_CLASSES, *figures])


def _class_figures(result: Result, subset: str, name: str) -> dict[str, Any]:
    figures = [evaluation.subsets[subset].per_class[name] for evaluation in result.evaluations]
    row: dict[str, Any] = {"faces": figures[0].support}
    for metric in _BY_CLASS:
        entries = [each[metric] for each in figures]
        value, low, high = mean_estimate(entries)
        row |= {metric: value, f"{metric}_low": low, f"{metric}_high": high}
        row[f"{metric}_sd"] = known_deviation(entry.value for entry in entries)
    return row


def remedies_frame(families: Sequence[tuple[RemedyFamily, RecallByExperiment]]) -> pd.DataFrame:
    """List what each remedy does to each class: the content of ``remedies.csv``.

    Parameters
    ----------
    families : sequence of (RemedyFamily, RecallByExperiment)

    Returns
    -------
    DataFrame
        A row for each experiment and class, and one for the mean over the classes: recall on the test faces,
        mean over seeds, and its difference to no remedy, with intervals over the same faces.
    """
    rows = [
        (
            result.name,
            result.remedy,
            family.results[family.baseline].name,
            name,
            *(figure[index, column] for figure in (recall.value, recall.low, recall.high)),
            *(
                figure[index, column]
                for figure in (recall.difference, recall.difference_low, recall.difference_high)
            ),
        )
        for family, recall in families
        for index, result in enumerate(family.results)
        for column, name in enumerate([*result.classes, BALANCED])
    ]
    return pd.DataFrame(rows, columns=[*_REMEDIES, *_DIFFERENCE])
