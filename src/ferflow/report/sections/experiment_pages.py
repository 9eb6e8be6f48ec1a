"""The section that tells all of each experiment in one place: a page of its own, where JavaScript runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ferflow.evaluation.evaluation import EVALUATED, METRICS
from ferflow.evaluation.over_seeds import mean_interval, mean_over_seeds
from ferflow.report.cautions import cautions_of
from ferflow.report.context import ReportContext, Section
from ferflow.report.pairs import Pair
from ferflow.report.registry import register_section
from ferflow.report.results import Result
from ferflow.report.sections.provenance import describe
from ferflow.report.tables import COSTS, Cell, comparison_cells, metric_cell
from ferflow.report.wording import METRIC_NAMES, NOTHING, SHARES, interval, name_list, number, percent

_EPOCHS = 12  # lines of a history that are shown
_CLASSES = 12  # of more, a table of counts is unreadable; the figure stands for it
_OF_A_CLASS = ("precision", "recall", "f1")


@dataclass(frozen=True)
class Against:
    """A paired test as one of its two experiments sees it: its own accuracy less the other's."""

    other: str
    difference: float
    only_this: int
    only_other: int
    pair: Pair


@register_section(place=125)
def experiments(context: ReportContext) -> Section:
    """Gather all about every experiment.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    against = paired_tests_of(context)
    pages = [
        _page(context, result, against.get(result.name, []))
        for group in context.by_classes
        for result in group
    ]
    return Section("experiments", "Experiments", {"pages": pages, "subsets": EVALUATED, "costs": COSTS})


def _page(context: ReportContext, result: Result, against: list[Against]) -> dict[str, Any]:
    history, stem = result.histories[0], f"results/experiments/{result.name}/{result.seeds[0]}"
    return {
        "result": result,
        "cautions": cautions_of(result),
        "described": describe(
            context.settings.protocol(result.protocol),
            has_usage=context.has_usage,
            has_validation=context.has_public_test,
            group=context.settings.data.group or "",
        ),
        "settings": flat_settings(result.evaluations[0].settings),
        "metrics": [
            (
                METRIC_NAMES[metric] + (", %" if metric in SHARES else ""),
                [metric_cell(result, subset, metric) for subset in EVALUATED],
            )
            for metric in METRICS
        ],
        "classes": [(name, class_cells(result, name)) for name in result.classes],
        "confusion": result.confusions[0].tolist() if len(result.classes) <= _CLASSES else None,
        "history": some_epochs(history) if len(history) > 1 else None,
        "recorded": len(history),
        "epochs": int(history["epoch"].max()),  # of a long descent, not every one is recorded
        "cells": comparison_cells(result),
        "against": against,
        "files": {kind: f"{stem}/{kind}" for kind in ("history.csv", "evaluation.json")},
    }


def paired_tests_of(context: ReportContext) -> dict[str, list[Against]]:
    """Turn each group's list of pairs into a list for each experiment.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    dict of str to list of Against
    """
    against: dict[str, list[Against]] = {}
    for table in context.pair_tables:
        for pair in table.pairs:
            first, second = pair.only_first, pair.only_second
            against.setdefault(pair.first, []).append(
                Against(pair.second, pair.difference, first, second, pair)
            )
            against.setdefault(pair.second, []).append(
                Against(pair.first, -pair.difference, second, first, pair)
            )
    return against


def flat_settings(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Write nested settings as dotted names with values, leaving out what is not set.

    Parameters
    ----------
    settings : mapping
        As ``evaluation.json`` has them.
    prefix : str, default=""
        What the names begin with.

    Returns
    -------
    list of (str, str)
    """
    lines = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            lines += flat_settings(value, f"{prefix}{key}.")
        elif value is not None:
            lines.append(
                (prefix + key, name_list(map(str, value)) if isinstance(value, list) else str(value))
            )
    return lines


def class_cells(result: Result, name: str) -> list[Cell]:
    """Write the figures of one class on the official test faces: means over the seeds.

    Parameters
    ----------
    result : Result
    name : str
        Of the class.

    Returns
    -------
    list of Cell
        Faces; precision, recall and F1 with intervals; ROC AUC; average precision.
    """
    figures = [evaluation.subsets.official.per_class[name] for evaluation in result.evaluations]
    cells = [Cell(f"{figures[0].support:,}")]
    for key in _OF_A_CLASS:
        entry = mean_interval([figure[key] for figure in figures])
        cells.append(Cell(percent(entry[0]), interval(entry, "accuracy")))
    means = (
        mean_over_seeds(getattr(figure, key) for figure in figures)
        for key in ("roc_auc", "average_precision")
    )
    return [*cells, *(Cell(number(mean)) for mean in means)]


def some_epochs(history: pd.DataFrame) -> dict[str, list[Any]]:
    """Take some epochs of a history, evenly spaced, the first and the last among them.

    Parameters
    ----------
    history : DataFrame
        As training wrote it.

    Returns
    -------
    dict
        ``head``: names of the columns; ``rows``: their cells.
    """
    places = np.unique(np.linspace(0, len(history) - 1, min(_EPOCHS, len(history))).round().astype(int))
    rows = [[_cell(value) for value in row] for row in history.iloc[places].itertuples(index=False)]
    return {"head": [str(column).replace("_", " ") for column in history.columns], "rows": rows}


def _cell(value: float) -> str:
    if not np.isfinite(value):
        return NOTHING
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) >= 1 else f"{value:.4g}"
