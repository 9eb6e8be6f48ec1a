"""Where the label is the error: confident mistakes and suspicious labels, compared with FER+'s votes."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ferflow import paths
from ferflow.content import Estimate
from ferflow.report.context import ReportContext, Section
from ferflow.report.registry import register_section
from ferflow.report.results import Result
from ferflow.report.wording import NOTHING, interval, number, percent
from ferflow.studies.labels.figures import (
    MISTAKES,
    Accuracy,
    Agreement,
    ClassLabels,
    LabelledFace,
    Precision,
    Ranking,
    read_labels,
)

_LISTED = 20  # suspicious labels; the rest stays in labels.json
_NO_EXPERIMENT = (
    "No labels are examined: labels.experiment in params.yaml names none of the experiments shown here."
)
_NO_FACES = "No labels are examined: the experiment under labels was trained on all of its test faces."


@dataclass(frozen=True)
class Share:
    """A share as the page writes it: what it is of, how many, percent, and its interval."""

    name: str
    count: str
    value: str
    interval: str


@register_section(place=90)
def labels(context: ReportContext) -> Section:
    """Show which labels of test faces may be wrong."""
    results = [result for result in context.results if result.name == context.settings.labels.experiment]
    if not results:
        return Section("labels", "Labels", empty=_NO_EXPERIMENT)
    figures = read_labels(results[0].name)
    if figures.ranking is None:
        return Section("labels", "Labels", empty=_NO_FACES)
    content = labels_content(context, results[0], figures.ranking, figures.agreement)
    return Section("labels", "Labels", content)


def labels_content(
    context: ReportContext, result: Result, ranking: Ranking, agreement: Agreement | None
) -> dict[str, Any]:
    """Gather what the section shows; its picture is copied into the report."""
    return {
        "result": result,
        "ranking": ranking,
        "figure_path": _copy_picture(result.name, context.folder) if ranking.mistakes else "",
        "sentences": [_about_suspicion(result, ranking), *_about_votes(result, ranking, agreement)],
        "precision": _precision_lines(ranking),
        "by_class": [_class_line(line) for line in ranking.by_class],
        "listed": [_face_line(face) for face in ranking.suspicious[:_LISTED]],
        "more": max(0, len(ranking.suspicious) - _LISTED),
        "with_votes": ranking.base is not None,
        "agreement": _agreement_lines(context, result) if agreement is not None else [],
        "note": context.note,
    }


def _copy_picture(experiment: str, folder: Path) -> str:
    path = "figures/labels-mistakes.png"
    shutil.copyfile(paths.label_study(experiment) / MISTAKES, folder / path)
    return path


def _about_suspicion(result: Result, ranking: Ranking) -> str:
    count = len(ranking.suspicious)
    text = (
        f"{result.name} (seed {result.seeds[0]}) is mistaken about {ranking.mistakes:,} of {ranking.faces:,} "
        f"test faces; confident learning marks {count:,} of the labels as errors"
    )
    if not count:
        return f"{text}."
    most = max(ranking.by_class, key=lambda line: line.suspicious / max(line.faces, 1))
    return (
        f"{text} ({percent(count / ranking.faces)}%), most often {most.label} "
        f"({percent(most.suspicious / most.faces)}% of its faces)."
    )


def _about_votes(result: Result, ranking: Ranking, agreement: Agreement | None) -> list[str]:
    if ranking.base is None or agreement is None:
        return []
    sentences = []
    if ranking.precision:
        first = ranking.precision[0]
        sentences.append(
            f"Of the {first.k:,} most suspicious labels, FER+'s majority disputes "
            f"{percent(first.share.value)}% ({_range(first.share)}), against "
            f"{percent(ranking.base.share.value)}% of all {ranking.base.k:,}: "
            f"{_verdict(first, ranking.base)}."
        )
    confirmed, disputed = agreement.confirmed, agreement.disputed
    if confirmed.faces and disputed.faces:
        sentences.append(
            f"Where FER+ confirms the label, {result.name} recognises {_told(confirmed)}, elsewhere "
            f"{_told(disputed)}."
        )
    return sentences


def _told(part: Accuracy) -> str:
    return f"{percent(part.accuracy.value)}% of {part.faces:,} faces ({_range(part.accuracy)})"


def _verdict(first: Precision, base: Precision) -> str:
    if first.share.low > base.share.value:
        return "what looks suspicious is disputed more often than chance would explain"
    if first.share.high < base.share.value:
        return "what looks suspicious is disputed less often than the average label"
    return "a difference that may be chance"


def _precision_lines(ranking: Ranking) -> list[Share]:
    if ranking.base is None:
        return []
    every = len(ranking.suspicious)
    lines = [
        _share(f"all {every:,} suspicious" if line.k == every else f"the {line.k:,} most suspicious", line)
        for line in ranking.precision
    ]
    return [*lines, _share(f"all {ranking.base.k:,} test faces", ranking.base)]


def _share(name: str, precision: Precision) -> Share:
    share = precision.share
    return Share(name, f"{precision.disputed:,}", percent(share.value), _range(share))


def _class_line(line: ClassLabels) -> dict[str, str]:
    return {
        "label": line.label,
        "faces": f"{line.faces:,}",
        "suspicious": _count(line.suspicious, line.faces),
        "disputed": NOTHING if line.disputed is None else _count(line.disputed, line.faces),
    }


def _count(count: int, of: int) -> str:
    return f"{count:,} ({percent(count / of)}%)" if of else NOTHING


def _face_line(face: LabelledFace) -> dict[str, str]:
    return {
        "face": str(face.face),
        "label": face.label,
        "self_confidence": number(face.self_confidence),
        "predicted": face.predicted,
        "probability": number(face.probability),
        "majority": face.majority or NOTHING,
    }


def _agreement_lines(context: ReportContext, named: Result) -> list[dict[str, Any]]:
    """Set all experiments that were tested on the same faces beside each other."""
    group = next(group for group in context.by_test_faces if named in group)
    lines = []
    for result in group:
        agreement = read_labels(result.name).agreement
        if agreement is not None:
            cells = [_accuracy_cell(part) for part in (agreement.confirmed, agreement.disputed)]
            lines.append({"result": result, "cells": cells})
    return lines


def _accuracy_cell(part: Accuracy) -> dict[str, str]:
    return {
        "value": percent(part.accuracy.value),
        "interval": _range(part.accuracy),
        "faces": f"{part.faces:,}",
    }


def _range(share: Estimate) -> str:
    return interval((share.value, share.low, share.high), "accuracy")
