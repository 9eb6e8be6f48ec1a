"""The metrics of a run, named so that the few that matter come first.

MLflow's charts put metrics without a prefix last and the other sections in the order of their names; its page
that compares opens on the metric that was logged first. So ``test/`` holds what a result is, with the ends of
its intervals; then come ``test_clean/``, ``test_other/``, ``test_recall/``, ``training/`` (the curves),
``validation/`` and ``work/`` (what it costs).
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ferflow.content import Estimate
from ferflow.evaluation.evaluation import METRICS, Evaluation

#: Of all test faces; where imbalance is the question, accuracy comes last.
HEADLINE = ("balanced_accuracy", "macro_f1", "rarest_recall", "accuracy")
_NO_CURVES = ("epoch", "lr")  # lr is a setting, and 0 at the end of every cosine
_NO_COST = ("threads",)  # a tag


def final_metrics(evaluation: Evaluation, rarest: str, timings: Mapping[str, Any]) -> dict[str, float]:
    """Name what was measured at the end.

    Parameters
    ----------
    evaluation : Evaluation
    rarest : str
        The class with the fewest faces.
    timings : mapping
        Name -> value of what was measured of the machine.

    Returns
    -------
    dict of str to float
        ``test/macro_f1`` with ``test/macro_f1_low`` and ``_high``, ``validation/macro_f1``,
        ``work/parameters`` ...; only numbers that have a meaning, what matters first.
    """
    official = evaluation.subsets.official
    estimates = {name: headline(evaluation, rarest, name) for name in HEADLINE}
    metrics: dict[str, Any] = {}
    for name, estimate in estimates.items():
        ends = {f"test/{name}_low": estimate.low, f"test/{name}_high": estimate.high}
        metrics |= {f"test/{name}": estimate.value} | ends
    for name in METRICS:
        if name not in HEADLINE:
            metrics[f"test_other/{name}"] = official.metrics[name].value
        metrics[f"test_clean/{name}"] = evaluation.subsets.clean.metrics[name].value
        metrics[f"validation/{name}"] = evaluation.subsets.validation.metrics[name].value
    metrics |= {f"test_recall/{name}": figures.recall.value for name, figures in official.per_class.items()}
    costs = {**evaluation.cost.model_dump(), **timings}
    metrics |= {f"work/{name}": value for name, value in costs.items() if name not in _NO_COST}
    return _numbers(metrics)


def headline(evaluation: Evaluation, rarest: str, name: str) -> Estimate:
    """Look up one of :data:`HEADLINE`."""
    official = evaluation.subsets.official
    return official.per_class[rarest].recall if name == "rarest_recall" else official.metrics[name]


def curve_points(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, float, int]]:
    """Name the points of training's curves.

    Parameters
    ----------
    rows : iterable of mapping
        ``epoch`` and figures.

    Returns
    -------
    list of (name, value, epoch)
    """
    return [
        (f"training/{name}", value, int(row["epoch"]))
        for row in rows
        for name, value in _numbers(row).items()
        if name not in _NO_CURVES
    ]


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Leave out what is no number, and NaN, which MLflow draws as an empty chart."""
    return {
        name: float(value)
        for name, value in metrics.items()
        if isinstance(value, (int, float)) and math.isfinite(value)
    }
