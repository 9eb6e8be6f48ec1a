"""What the report's sections show, as rows for a spreadsheet or a paper's tables."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ferflow.content import Estimate
from ferflow.evaluation.evaluation import EVALUATED, METRICS
from ferflow.evaluation.over_seeds import deviation_over_seeds, mean_interval
from ferflow.evaluation.significance import RecallByExperiment
from ferflow.report.pairs import PairTables
from ferflow.report.results import RemedyFamily, Result
from ferflow.report.tables import COSTS

BALANCED = "balanced accuracy"
"""In the column of classes: the mean over all of them."""
_BY_CLASS = ("precision", "recall", "f1")
_PAIRS = ["first", "second", "seed", "faces", "accuracy_difference"]
_PAIRS += ["only_first_right", "only_second_right", "p", "p_holm"]
_REMEDIES = ["experiment", "remedy", "against", "class", "recall", "recall_low", "recall_high"]
_REMEDIES += ["difference", "difference_low", "difference_high"]


def comparison_frame(results: Sequence[Result]) -> pd.DataFrame:
    """List all numbers of every experiment: the content of ``comparison.csv``.

    Parameters
    ----------
    results : sequence of Result

    Returns
    -------
    DataFrame
        A row an experiment: means over seeds of value, low and high end of each metric on each subset, and
        the standard deviation over seeds, NaN for a single one.
    """
    return pd.DataFrame([_comparison_row(result) for result in results])


def _comparison_row(result: Result) -> dict[str, Any]:
    row: dict[str, Any] = {
        "experiment": result.name,
        "protocol": result.protocol,
        "classes": len(result.classes),
        "model": result.model,
        "remedy": result.remedy,
        "leaky": result.leaky,
        "seeds": len(result.seeds),
    }
    for subset in EVALUATED:
        row[f"{subset}_n"] = result.n(subset)
        for metric in METRICS:
            entries = [each.subsets[subset].metrics[metric] for each in result.evaluations]
            row |= _over_seeds(f"{subset}_{metric}", entries)
    return row | {name: result.cost[name] for name in COSTS}


def _over_seeds(name: str, entries: Sequence[Estimate]) -> dict[str, float]:
    """Name the columns of one figure after it: its mean, ends and deviation over seeds."""
    value, low, high = mean_interval(entries)
    deviation = deviation_over_seeds(entry.value for entry in entries)
    return {name: value, f"{name}_low": low, f"{name}_high": high, f"{name}_sd": deviation}


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
    return pd.DataFrame(
        [
            _class_row(result, subset, name)
            for result in results
            for subset in EVALUATED
            if result.n(subset)
            for name in result.classes
        ]
    )


def _class_row(result: Result, subset: str, name: str) -> dict[str, Any]:
    figures = [evaluation.subsets[subset].per_class[name] for evaluation in result.evaluations]
    row: dict[str, Any] = {"experiment": result.name, "subset": subset, "class": name}
    row["faces"] = figures[0].support
    for metric in _BY_CLASS:
        row |= _over_seeds(metric, [each[metric] for each in figures])
    return row


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
    return pd.DataFrame(rows, columns=_PAIRS)


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
    rows = []
    for family, recall in families:
        against = family.results[family.baseline].name
        values = (recall.value, recall.low, recall.high)
        differences = (recall.difference, recall.difference_low, recall.difference_high)
        for index, result in enumerate(family.results):
            for column, name in enumerate([*result.classes, BALANCED]):
                figures = (each[index, column] for each in (*values, *differences))
                rows.append((result.name, result.remedy, against, name, *figures))
    return pd.DataFrame(rows, columns=_REMEDIES)
