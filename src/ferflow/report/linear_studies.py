"""The studies of the linear models, each with its figures: sweeps, thresholds, repeated splits, descents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ferflow import paths
from ferflow.evaluation.paired_values import compare
from ferflow.evaluation.predictions import select_side
from ferflow.evaluation.thresholds import DEFAULT, Counts, best_threshold, count_at, rarer_class
from ferflow.plots.linear import descents, redraws, sweep, thresholds
from ferflow.report.context import ReportContext
from ferflow.report.linear_sentences import end_sentence, redraw_sentence, sweep_sentence
from ferflow.report.results import Result, read_csv
from ferflow.report.wording import number

_THRESHOLDS = np.linspace(0, 1, 201)  # drawn
_KEYS = {"learning_rate": "learning rate", "l2": "L2", "batch_size": "batch size"}
_ERRORS = {"Balanced error": "balanced_error", "Error": "error"}


@dataclass(frozen=True)
class SweepEntry:
    """Values of one hyperparameter of an experiment: the path of the figure and what it shows."""

    name: str
    key: str
    figure: str
    sentence: str


@dataclass(frozen=True)
class ThresholdEntry:
    """An experiment at two thresholds, the default and the best in validation; ``rows`` are cells by name."""

    result: Result
    positive: str
    figure: str
    roc_auc: str
    rows: Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class RedrawEntry:
    """Two experiments over many splits, with a sentence on each error."""

    names: Sequence[str]
    figure: str
    draws: int
    sentences: Sequence[str]


@dataclass(frozen=True)
class DescentEntry:
    """Experiments of one protocol that descend on the summed gradient; ``ends``: name and sentence."""

    protocol: str
    results: Sequence[Result]
    figure: str
    held_out: str
    ends: Sequence[tuple[str, str]]


def sweep_entries(context: ReportContext) -> list[SweepEntry]:
    """Show the sweeps of the experiments that were run, one entry a hyperparameter.

    Raises
    ------
    InputError
        If a sweep of ``params.yaml`` has not been run.
    """
    by_name = {result.name: result for result in context.results}
    return [
        _sweep_entry(context, by_name[name], str(key), rows)
        for name in context.settings.sweeps
        if name in by_name
        for key, rows in read_csv(paths.sweep(name), "sweep").groupby("key", sort=False)
    ]


def _sweep_entry(context: ReportContext, result: Result, key: str, rows: pd.DataFrame) -> SweepEntry:
    model, word = context.settings.experiment(result.name).model, _KEYS.get(key, key)
    validation = f"{result.n('validation'):,} validation faces"
    figure = sweep(
        rows.assign(key=word),
        chosen=float(getattr(model, key, np.nan)),
        chance=float(np.log(len(result.classes))),
        title=f"{result.name}: {word}",
        note=f"{context.note} · protocol {result.protocol} · {validation}",
    )
    return SweepEntry(
        result.name,
        word,
        context.draw(figure, f"sweep-{result.name}-{key}.png"),
        sweep_sentence(rows, len(result.classes)),
    )


def threshold_entries(context: ReportContext, logistic: Sequence[Result]) -> list[ThresholdEntry]:
    """Move the threshold of every experiment that has a validation side and does not leak."""
    return [
        _threshold_entry(context, result)
        for result in logistic
        if not result.leaky and result.n("validation")
    ]


def _threshold_entry(context: ReportContext, result: Result) -> ThresholdEntry:
    labels, probabilities = select_side(result.predictions[0], "validation")
    positive = rarer_class(labels)
    best = best_threshold(labels == positive, probabilities[:, positive])
    labels, probabilities = select_side(result.predictions[0], "official")
    is_positive, score = labels == positive, probabilities[:, positive]
    test = f"{len(labels):,} test faces, seed {result.seeds[0]}"
    figure = thresholds(
        [count_at(is_positive, score, threshold) for threshold in _THRESHOLDS],
        chosen=best,
        positive=result.classes[positive],
        other=result.classes[1 - positive],
        title=f"{result.name}: threshold moved",
        note=f"{context.note} · protocol {result.protocol} · {test}",
    )
    return ThresholdEntry(
        result=result,
        positive=result.classes[positive],
        figure=context.draw(figure, f"threshold-{result.name}.png"),
        roc_auc=number(result.evaluations[0].sides.official.metrics["roc_auc"].value),
        rows=[_cells(count_at(is_positive, score, threshold)) for threshold in (DEFAULT, best)],
    )


def _cells(counts: Counts) -> dict[str, str]:
    shares = {name: getattr(counts, name) for name in ("precision", "recall", "f1", "accuracy")}
    return {
        "threshold": f"{counts.threshold:.2f}",
        **{name: f"{getattr(counts, name):,}" for name in ("tp", "fn", "fp", "tn")},
        **{name: number(value, "accuracy") for name, value in shares.items()},
    }


def redraw_entries(context: ReportContext) -> list[RedrawEntry]:
    """Compare the experiments of each repeated split that were run."""
    by_name = {result.name: result for result in context.results}
    return [
        _redraw_entry(context, by_name[name], by_name[plan.against])
        for name, plan in context.settings.repeated_splits.items()
        if name in by_name and plan.against in by_name
    ]


def _redraw_entry(context: ReportContext, first: Result, second: Result) -> RedrawEntry:
    table, pair = context.evidence.redraws[first.name], [first.name, second.name]
    by_draw = {
        heading: table.pivot_table(index="repetition", columns="experiment", values=column)[pair]
        for heading, column in _ERRORS.items()
    }
    repetitions = len(table) // 2
    test = f"{table['test_faces'].median():,.0f} test faces each"
    figure = redraws(
        by_draw,
        {result.name: result.remedy for result in (first, second)},
        title=f"{first.name} against {second.name}, {repetitions} draws",
        note=f"{context.note} · random splits, grouped · {test}",
    )
    faces = table.groupby("experiment")[["train_faces", "test_faces"]].mean()
    # Of the two, the one with fewer training faces: the other's copies tell nothing new.
    ratio = float((faces["test_faces"] / faces["train_faces"]).max())
    sentences = [
        redraw_sentence(
            heading, pair, compare(*(errors[name].to_numpy() for name in pair), test_to_train=ratio)
        )
        for heading, errors in by_draw.items()
    ]
    return RedrawEntry(pair, context.draw(figure, f"redraws-{first.name}.png"), repetitions, sentences)


def descent_entries(context: ReportContext, logistic: Sequence[Result]) -> list[DescentEntry]:
    """Group what descends on the summed gradient, as the published systems do, by protocol."""
    groups: dict[str, list[Result]] = {}
    for result in logistic:
        if getattr(context.settings.experiment(result.name).model, "gradient", "mean") == "sum":
            groups.setdefault(result.protocol, []).append(result)
    return [_descent_entry(context, protocol, group) for protocol, group in groups.items()]


def _descent_entry(context: ReportContext, protocol: str, group: Sequence[Result]) -> DescentEntry:
    first = group[0]
    held_out = "validation" if first.n("validation") else "test"
    figure = descents(
        {result.name: result.histories[0] for result in group},
        held_out=held_out,
        title=f"{' against '.join(first.classes)}, protocol {protocol}",
        note=f"{context.note} · seed {first.seeds[0]}" + (" · leaky" if first.leaky else ""),
    )
    return DescentEntry(
        protocol,
        group,
        context.draw(figure, f"descent-{protocol}.png"),
        held_out,
        [(result.name, end_sentence(result.histories[0])) for result in group],
    )
