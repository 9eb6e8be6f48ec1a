"""The comparison as a table, for a page and a spreadsheet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ferflow.evaluation.metrics import METRICS
from ferflow.report.results import Result
from ferflow.report.wording import interval, number, short_count

MAIN = ("balanced_accuracy", "macro_f1", "accuracy")
PROBABILITY = ("log_loss", "ece", "roc_auc", "average_precision")
SIDES = ("official", "clean")
COSTS = {"parameters": "", "macs": "", "training_macs": "", "model_bytes": "B"}


@dataclass(frozen=True)
class Cell:
    """A cell of a sortable table: what is read first, what smaller beneath it, and what it sorts by."""

    text: str
    small: str = ""
    sort: float | str = ""


@dataclass(frozen=True)
class Reference:
    """A line of the comparison that no experiment measured."""

    name: str
    note: str
    values: dict[str, str]
    numbers: dict[str, float]


def comparison_cells(result: Result) -> dict[str, Cell]:
    """Cells of one experiment; keys are ``<side>.<metric>`` and the names of costs."""
    cells = {}
    for side in SIDES:
        for metric in METRICS:
            entry = result.interval(side, metric)
            small = interval(entry, metric)
            deviation = result.deviation(side, metric)
            if math.isfinite(deviation):
                small += f" · ± {number(deviation, metric)}"
            sort = "" if math.isnan(entry[0]) else round(entry[0], 6)
            cells[f"{side}.{metric}"] = Cell(number(entry[0], metric), small, sort)
    for name, unit in COSTS.items():
        value = getattr(result.cost, name)
        cells[name] = Cell(f"{short_count(value)}{unit}", "", value)
    return cells


def references(group: Sequence[Result], *, human: bool) -> list[Reference]:
    """Lines to read a comparison against: chance, the largest class, and (for FER's seven) people.

    Chance is what uniform guessing is expected to score; both depend on how many test faces each class has,
    so experiments tested on other faces get lines of their own.
    """
    lines: list[Reference] = []
    by_support: dict[tuple[int, ...], list[str]] = {}
    for result in group:
        support = tuple(result.evaluations[0].sides.official.counts().sum(axis=1).tolist())
        protocols = by_support.setdefault(support, [])
        if result.protocol not in protocols:
            protocols.append(result.protocol)
    for support, protocols in by_support.items():
        where = "" if len(by_support) == 1 else f"on {', '.join(protocols)}"
        lines += _computed(np.array(support, dtype=float), group[0].classes, where)
    if human:
        lines.append(
            Reference(
                "human",
                "on FER-2013; Goodfellow et al. (2013), published, not measured here",
                {"accuracy": "65 ± 5"},
                {"accuracy": 0.65},
            )
        )
    return lines


def _computed(support: np.ndarray, classes: Sequence[str], where: str) -> list[Reference]:
    share, k = support / support.sum(), int((support > 0).sum())
    largest = float(share.max())
    chance = {
        "balanced_accuracy": 1 / len(classes),
        "macro_f1": float(np.sum(2 * share / len(classes) / (share + 1 / len(classes)))) / k,
        "accuracy": 1 / len(classes),
        "log_loss": float(np.log(len(classes))),
        "roc_auc": 0.5,
    }
    majority = {
        "balanced_accuracy": 1 / k,
        "macro_f1": 2 * largest / (1 + largest) / k,
        "accuracy": largest,
        "roc_auc": 0.5,
    }
    return [
        Reference(name, note, {m: number(v, m) for m, v in values.items()}, values)
        for name, note, values in (
            ("chance", where or "guessing each class equally often", chance),
            ("majority class", where or f"always {classes[int(share.argmax())]}", majority),
        )
    ]


def comparison_frame(results: Sequence[Result]) -> pd.DataFrame:
    """All numbers, one line per experiment: the content of comparison.csv."""
    return pd.DataFrame([_frame_row(result) for result in results])


def _frame_row(result: Result) -> dict[str, Any]:
    row: dict[str, Any] = {
        "experiment": result.name,
        "protocol": result.protocol,
        "classes": len(result.classes),
        "model": result.model,
        "remedy": result.remedy,
        "leaky": result.leaky,
        "seeds": len(result.seeds),
    }
    for side in SIDES:
        row[f"{side}_n"] = result.n(side)
        for metric in METRICS:
            value, low, high = result.interval(side, metric)
            row |= {
                f"{side}_{metric}": value,
                f"{side}_{metric}_low": low,
                f"{side}_{metric}_high": high,
                f"{side}_{metric}_sd": result.deviation(side, metric),
            }
    return row | {name: getattr(result.cost, name) for name in COSTS}
