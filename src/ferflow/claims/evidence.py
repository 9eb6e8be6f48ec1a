"""Our figures, read from what the stages wrote."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import pandas as pd

from ferflow import paths
from ferflow.claims.schema import (
    FromClass,
    FromClusters,
    FromConfusion,
    FromCost,
    FromHistory,
    FromMetrics,
    Reading,
)
from ferflow.content import Content, Estimate
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import Evaluation, SubsetFigures
from ferflow.evaluation.over_seeds import deviation_over_seeds, mean_interval, mean_over_seeds
from ferflow.studies.clusters.figures import ClusterFigures

_ERRORS = {"error": "accuracy", "balanced_error": "balanced_accuracy"}


@dataclass(frozen=True)
class Evidence:
    """What the stages wrote, as far as claims read it.

    Attributes
    ----------
    evaluations : experiment -> the evaluation of each seed
    histories : experiment -> ``history.csv`` of each seed
    clusters : figures of the k-means study, None where it was not made
    repeated_splits : name -> ``results/experiments/<name>/repeated_splits.csv``
    no_verdict : why figures here say nothing about FER-2013 at full budget; empty if they do
    """

    evaluations: Mapping[str, Sequence[Evaluation]]
    histories: Mapping[str, Sequence[pd.DataFrame]]
    clusters: ClusterFigures | None = None
    repeated_splits: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    no_verdict: str = ""


@dataclass(frozen=True)
class Measured:
    """A figure of ours: mean over seeds, deviation over seeds and bootstrap interval where there are any."""

    value: float
    deviation: float = math.nan
    low: float = math.nan
    high: float = math.nan


class NotReachedError(Exception):
    """An iteration that the training did not come to."""


@singledispatch
def read(reading: Reading, evidence: Evidence) -> Measured:
    """Read a figure of ours, as the mean over seeds.

    Raises
    ------
    NotReachedError
        If the training did not come to the iteration, or such clusters were not asked for.
    InputError
        If the files do not hold what the claim names.
    """
    raise TypeError(f"no way to read {reading!r}")


@read.register
def _(reading: FromHistory, evidence: Evidence) -> Measured:
    name = reading.experiment
    pairs = zip(evidence.histories[name], evidence.evaluations[name], strict=True)
    return _over_seeds([_history_figure(reading, table, run) for table, run in pairs])


@read.register
def _(reading: FromMetrics, evidence: Evidence) -> Measured:
    metric = _ERRORS.get(reading.metric, reading.metric)
    figure = _intervals(evidence, reading.experiment, reading.subset, lambda subset: subset.metrics[metric])
    if metric == reading.metric:
        return figure
    return Measured(1 - figure.value, figure.deviation, 1 - figure.high, 1 - figure.low)


@read.register
def _(reading: FromClass, evidence: Evidence) -> Measured:
    _class_index(evidence, reading.experiment, reading.of)
    return _intervals(
        evidence,
        reading.experiment,
        reading.subset,
        lambda subset: subset.per_class[reading.of][reading.metric],
    )


@read.register
def _(reading: FromConfusion, evidence: Evidence) -> Measured:
    row = _class_index(evidence, reading.experiment, reading.label)
    column = _class_index(evidence, reading.experiment, reading.predicted)
    runs = evidence.evaluations[reading.experiment]
    return _over_seeds([run.subsets[reading.subset].confusion[row][column] for run in runs])


@read.register
def _(reading: FromCost, evidence: Evidence) -> Measured:
    return Measured(float(evidence.evaluations[reading.experiment][0].cost[reading.cost]))


@read.register
def _(reading: FromClusters, evidence: Evidence) -> Measured:
    figure = _at(evidence.clusters, reading.path)
    if isinstance(figure, Estimate):
        return Measured(figure.value, math.nan, figure.low, figure.high)
    if not isinstance(figure, (int, float)):
        raise InputError(f"{paths.CLUSTER_FIGURES}: '{reading.path}' is no number")
    return Measured(float(figure))


def leaves(figures: ClusterFigures | None, path: str) -> list[float]:
    """List all numbers with a meaning below a dotted path, in the order they stand there."""

    def numbers(value: Any) -> Iterator[float]:
        if isinstance(value, (Content, Mapping)):
            for item in dict(value).values():
                yield from numbers(item)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for item in value:
                yield from numbers(item)
        elif isinstance(value, (int, float)) and not math.isnan(value):
            yield float(value)

    return list(numbers(_at(figures, path)))


def _at(figures: ClusterFigures | None, path: str) -> Any:
    value: Any = figures
    for key in path.split("."):
        inside = dict(value) if isinstance(value, (Content, Mapping)) else {}
        if key not in inside:
            raise NotReachedError(f"clusters.json holds no {path}")  # other clusters were asked for
        value = inside[key]
    return value


def _history_figure(reading: FromHistory, table: pd.DataFrame, run: Evaluation) -> float:
    last = int(table["epoch"].max())
    epoch = last if reading.iteration == "last" else reading.iteration + 1
    rows = table[table["epoch"] == epoch]
    if rows.empty:
        raise NotReachedError(f"{reading.experiment}: no figures of epoch {epoch:,}; the last is {last:,}")
    row = rows.iloc[0]
    if reading.figure == "train_loss":
        return float(row["train_loss"])
    if reading.figure == "cost":
        return float(row["validation_loss"]) * run.subsets[run.subsets.followed].n
    accuracy = float(row["validation_accuracy"])
    return accuracy if reading.figure == "accuracy" else 1 - accuracy


def _intervals(
    evidence: Evidence,
    experiment: str,
    subset: str,
    estimate_of: Callable[[SubsetFigures], Estimate],
) -> Measured:
    estimates = [estimate_of(run.subsets[subset]) for run in evidence.evaluations[experiment]]
    value, low, high = mean_interval(estimates)
    return Measured(value, deviation_over_seeds(estimate.value for estimate in estimates), low, high)


def _class_index(evidence: Evidence, experiment: str, name: str) -> int:
    classes = evidence.evaluations[experiment][0].classes
    if name not in classes:
        raise InputError(f"{paths.CLAIMS}: {experiment} has no class '{name}', but {', '.join(classes)}")
    return classes.index(name)


def _over_seeds(values: Sequence[float]) -> Measured:
    return Measured(mean_over_seeds(values), deviation_over_seeds(values))
