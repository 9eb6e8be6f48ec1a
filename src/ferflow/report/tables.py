"""The comparison as a table, for a page, a spreadsheet and a README."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ferflow.evaluation.evaluation import EVALUATED, METRICS
from ferflow.report.markdown import markdown_table, plain_markdown
from ferflow.report.results import Result
from ferflow.report.wording import (
    NOTHING,
    interval,
    name_list,
    number,
    remedy_name,
    share_name,
    short_count,
    with_interval,
)

MAIN = ("balanced_accuracy", "macro_f1", "accuracy")
PROBABILITY = ("log_loss", "ece", "roc_auc", "average_precision")
_MARKDOWN_HEAD = (
    "experiment",
    "protocol",
    "remedy",
    "balanced accuracy",
    "macro-F1",
    "accuracy",
    "balanced accuracy, clean",
)
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
    """Write the cells of one experiment.

    Parameters
    ----------
    result : Result

    Returns
    -------
    dict of str to Cell
        By ``<subset>.<metric>`` and the names of costs.
    """
    cells = {}
    for subset in EVALUATED:
        for metric in METRICS:
            cells[f"{subset}.{metric}"] = metric_cell(result, subset, metric)
    for name, unit in COSTS.items():
        value = result.cost[name]
        cells[name] = Cell(f"{short_count(value)}{unit}", "", value)
    return cells


def metric_cell(result: Result, subset: str, metric: str) -> Cell:
    """Write a metric: its mean over seeds, with its interval and deviation beneath.

    Parameters
    ----------
    result : Result
    subset : {"validation", "official", "clean"}
    metric : str

    Returns
    -------
    Cell
    """
    entry = result.interval(subset, metric)
    small = interval(entry, metric)
    deviation = result.deviation(subset, metric)
    if math.isfinite(deviation):
        small += f" · ± {number(deviation, metric)}"
    return Cell(number(entry[0], metric), small, "" if math.isnan(entry[0]) else round(entry[0], 6))


def references(group: Sequence[Result], *, human: bool) -> list[Reference]:
    """Lines to read a comparison against: chance, the largest class, and (for FER's seven) people.

    Chance is what uniform guessing is expected to score; both depend on how many test faces each class has,
    so experiments tested on other faces get lines of their own.

    Parameters
    ----------
    group : sequence of Result
        Experiments of the same classes.
    human : bool
        Whether to add what people score.

    Returns
    -------
    list of Reference
    """
    lines: list[Reference] = []
    protocols_by_support: dict[tuple[int, ...], list[str]] = {}
    for result in group:
        support = tuple(result.confusions[0].sum(axis=1).tolist())
        protocols = protocols_by_support.setdefault(support, [])
        if result.protocol not in protocols:
            protocols.append(result.protocol)
    for support, protocols in protocols_by_support.items():
        where = "" if len(protocols_by_support) == 1 else f"on {', '.join(protocols)}"
        lines += _chance_and_majority(np.array(support, dtype=float), group[0].classes, where)
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


def _chance_and_majority(support: np.ndarray, classes: Sequence[str], where: str) -> list[Reference]:
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


def comparison_markdown(groups: Sequence[Sequence[Result]], *, on_sample: bool, confidence: float) -> str:
    """Write the main columns as Markdown, one table per set of classes.

    Parameters
    ----------
    groups : sequence of sequence of Result
        A table each.
    on_sample : bool
        Whether the faces are sample faces.
    confidence : float
        Of the intervals.

    Returns
    -------
    str
    """
    lines = ["# Comparison" + (" (sample faces)" if on_sample else ""), ""]
    if on_sample:
        lines += ["Measured on sample faces, drawn by the project: they say nothing about real faces.", ""]
    lines += [f"Percent, with {share_name(confidence)} bootstrap intervals over test faces.", ""]
    earlier: set[tuple[str, ...]] = set()
    for group in groups:
        seeds = len(group[0].seeds)
        # The same test faces, but with or without copies elsewhere as each protocol keeps copies together.
        clean = " or ".join(f"{n:,}" for n in sorted({result.n("clean") for result in group}))
        lines += [
            f"## {len(group[0].classes)} classes: {plain_markdown(name_list(group[0].classes))}"
            + (f", protocol {group[0].protocol}" if group[0].classes in earlier else ""),
            "",
            f"{group[0].n('official'):,} test faces, {clean} of them clean; seeds: {seeds}.",
            "",
        ]
        rows = []
        for result in group:
            cells = [markdown_cell(result, "official", metric) for metric in MAIN]
            cells.append(markdown_cell(result, "clean", "balanced_accuracy"))
            name = f"{result.name} (leaky)" if result.leaky else result.name
            rows.append([name, result.protocol, remedy_name(result.remedy), *cells])
        for line in references(group, human=False):
            cells = [line.values.get(metric, NOTHING) for metric in MAIN]
            rows.append([f"*{line.name}*", plain_markdown(line.note), "", *cells, ""])
        lines += [markdown_table(_MARKDOWN_HEAD, rows), ""]
        earlier.add(group[0].classes)
    return "\n".join(lines)


def markdown_cell(result: Result, subset: str, metric: str) -> str:
    """Write a metric with its deviation over seeds, where there are several, and its interval.

    Parameters
    ----------
    result : Result
    subset : {"official", "clean"}
    metric : str

    Returns
    -------
    str
    """
    return with_interval(result.interval(subset, metric), metric, result.deviation(subset, metric))
