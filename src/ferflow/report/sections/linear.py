"""The section on linear models: thresholds, two classes or more, slow descents."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ferflow.evaluation.predictions import select_subset
from ferflow.evaluation.thresholds import DEFAULT, Counts, best_threshold, count_at, rarer_class
from ferflow.params import Params
from ferflow.plots.linear import descents, thresholds
from ferflow.plots.style import save
from ferflow.report.context import ReportContext, Section
from ferflow.report.registry import register_section
from ferflow.report.results import Result
from ferflow.report.sections.stopping import stopping_part
from ferflow.report.wording import FACES_OF, count_name, number, percent, points, remedy_name

_STEPS = np.linspace(0, 1, 201)  # thresholds drawn


@register_section(place=50)
def linear(context: ReportContext) -> Section:
    """Tell what can be seen on linear models.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    content = linear_section(context.settings, context.results, context.folder, context.note)
    nothing = "No experiment tells two classes apart by logistic regression."
    return Section("linear", "Logistic regression", content, empty="" if content["linear"] else nothing)


def linear_section(settings: Params, results: Sequence[Result], folder: Path, note: str) -> dict[str, Any]:
    """Gather what the page says of the linear models, and draw its figures into ``folder/figures``.

    Parameters
    ----------
    settings : Params
    results : sequence of Result
        Of all experiments.
    folder : Path
        Of the report.
    note : str
        What the figures are measured on.

    Returns
    -------
    dict
        ``linear``: None where no two classes were told apart by logistic regression; else its parts.
    """
    models = [result for result in results if settings.experiment(result.name).model.is_linear]
    logistic = [result for result in models if len(result.classes) == 2]
    if not logistic:
        return {"linear": None}
    softmax = [result for result in models if len(result.classes) > 2]
    return {
        "linear": {
            "thresholds": _thresholds(logistic, folder, note),
            "without_validation": [result.name for result in logistic if not result.n("validation")],
            "lifts": _lifts([*logistic, *softmax]),
            "lift_heading": _lift_heading([*logistic, *softmax]),
            "lift_sentence": _lift_sentence(settings, logistic, softmax),
            "descents": _descents(settings, logistic, folder, note),
            "stopping": stopping_part(settings, logistic, folder, note),
        }
    }


def _thresholds(logistic: Sequence[Result], folder: Path, note: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for result in logistic:
        if result.leaky or not result.n("validation"):
            continue
        labels, probabilities = select_subset(result.predictions[0], "validation")
        positive = rarer_class(labels)
        best = best_threshold(labels == positive, probabilities[:, positive])
        labels, probabilities = select_subset(result.predictions[0], "official")
        is_positive, score = labels == positive, probabilities[:, positive]
        figure = f"figures/threshold-{result.name}.png"
        drawing = thresholds(
            [count_at(is_positive, score, step) for step in _STEPS],
            best=best,
            positive=result.classes[positive],
            other=result.classes[1 - positive],
            title=f"{result.name}: moving the threshold",
            note=f"{note} · protocol {result.protocol} · {len(labels):,} test faces, seed {result.seeds[0]}",
        )
        save(drawing, folder / figure)
        entries.append(
            {
                "result": result,
                "positive": result.classes[positive],
                "figure": figure,
                "roc_auc": number(result.evaluations[0].subsets.official.metrics.roc_auc.value),
                "rows": [_cells(count_at(is_positive, score, at)) for at in (DEFAULT, best)],
            }
        )
    return entries


def _cells(counts: Counts) -> dict[str, str]:
    shares = {name: getattr(counts, name) for name in ("precision", "recall", "f1", "accuracy")}
    return {
        "threshold": f"{counts.threshold:.2f}",
        **{name: f"{getattr(counts, name):,}" for name in ("tp", "fn", "fp", "tn")},
        **{name: percent(value) for name, value in shares.items()},
    }


def _lifts(results: Sequence[Result]) -> list[dict[str, Any]]:
    return [
        {
            "result": result,
            "chance": percent(1 / len(result.classes)),
            "accuracy": percent(result.interval("official", "accuracy")[0]),
            "balanced": percent(score),
            "times": f"{score * len(result.classes):.2f}",
            "way": points(_way(score, len(result.classes))).lstrip("+"),
            "parameters": f"{result.cost.parameters:,}",
        }
        for result in results
        for score in [result.interval("official", "balanced_accuracy")[0]]
    ]


def _way(balanced_accuracy: float, classes: int) -> float:
    """Share of the way from chance to certainty."""
    return (balanced_accuracy - 1 / classes) / (1 - 1 / classes)


def _lift_heading(results: Sequence[Result]) -> str:
    counts = sorted({len(result.classes) for result in results})
    return ", ".join(count_name(count, "class") for count in counts).capitalize()


def _lift_sentence(settings: Params, logistic: Sequence[Result], softmax: Sequence[Result]) -> str:
    firsts = [
        next((r for r in group if r.remedy == "none" and not r.leaky), None) for group in (logistic, softmax)
    ]
    two, seven = firsts
    if two is None or seven is None:
        return ""
    parts = []
    for result in (two, seven):
        value, k = result.interval("official", "balanced_accuracy")[0], len(result.classes)
        parts.append(
            f"{result.name} tells {count_name(k, 'class')} apart with a balanced accuracy of "
            f"{percent(value)}%, where chance gives {percent(1 / k)}%: "
            f"{value * k:.2f} times chance, {points(value - 1 / k)} points from it"
        )
    sizes = {settings.image_size_of(result.name) for result in (two, seven)}
    pixels = "the same pixels" if len(sizes) == 1 else "pixels, but of faces of different sizes"
    return f"{'; '.join(parts)}. Both have {remedy_name('none')} and use linear scores of {pixels}."


def _descents(settings: Params, logistic: Sequence[Result], folder: Path, note: str) -> list[dict[str, Any]]:
    """Group what descends on the summed gradient, as the published systems do, by protocol."""
    groups: dict[str, list[Result]] = {}
    for result in logistic:
        if getattr(settings.experiment(result.name).model, "gradient", "mean") == "sum":
            groups.setdefault(result.protocol, []).append(result)
    entries: list[dict[str, Any]] = []
    for protocol, group in groups.items():
        held_out = FACES_OF[group[0].followed]
        figure = f"figures/descent-{protocol}.png"
        drawing = descents(
            {result.name: result.histories[0] for result in group},
            held_out=held_out,
            title=f"{' against '.join(group[0].classes)}, protocol {protocol}",
            note=f"{note} · seed {group[0].seeds[0]}" + (" · leaky" if group[0].leaky else ""),
        )
        save(drawing, folder / figure)
        entries.append(
            {
                "protocol": protocol,
                "results": group,
                "figure": figure,
                "held_out": held_out,
                "ends": [(result.name, _end(result.histories[0])) for result in group],
            }
        )
    return entries


def _end(history: pd.DataFrame) -> str:
    last = history.iloc[-1]
    error = percent(1 - last["validation_accuracy"])
    return (
        f"after {last['epoch']:,.0f} iterations: cost {last['train_loss']:.4f} in training and "
        f"{last['validation_loss']:.4f} held out, error {error}%"
    )
