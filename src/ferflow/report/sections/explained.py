"""Networks side by side: their layers and scores, what they look at, what their filters look for."""

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from ferflow import paths
from ferflow.errors import counted
from ferflow.params import Params
from ferflow.report.context import ReportContext, Section
from ferflow.report.pairs import Pair, PairTables
from ferflow.report.registry import register_section
from ferflow.report.results import Result
from ferflow.report.tables import MAIN, Cell, comparison_cells
from ferflow.report.wording import METRIC_NAMES, equals_p, name_list, percent, points, short_count
from ferflow.studies.explain.description import (
    Description,
    Middle,
    Response,
    ShownLayer,
    read_description,
)

FIGURES = ("saliency", "filters", "responses")

_CONFUSIONS = 3  # told of each network
_NOTABLE = 0.02  # share of the saliency by which the middle must differ from its area to be worth a word


@dataclass(frozen=True)
class Explained:
    """A network with what the report tells of it.

    Attributes
    ----------
    result, about : its results, and its description
    figures : path of each of ``FIGURES``, relative to the report
    cells : of the comparison, as :func:`ferflow.report.tables.comparison_cells` makes them
    confusions, middle, filters, responses : sentences
    """

    result: Result
    about: Description
    figures: dict[str, str]
    cells: dict[str, Cell]
    confusions: str
    middle: str
    filters: str
    responses: str


_NOTHING = "No network is explained: explain in params.yaml names none of the experiments shown here."


@register_section(place=70)
def saliency(context: ReportContext) -> Section:
    """Set networks side by side, and show what they look at."""
    networks = explained_networks(context.settings, context.results, context.folder)
    content = {
        "explained": networks,
        "explained_pairs": compare_networks([network.result for network in networks], context.pair_tables),
        "explained_metrics": {metric: METRIC_NAMES[metric] for metric in MAIN},
        "explained_note": context.note,
    }
    return Section("saliency", "Saliency", content, empty="" if networks else _NOTHING)


@register_section(place=80)
def filters(context: ReportContext) -> Section:
    """Show what the filters of networks look for."""
    networks = explained_networks(context.settings, context.results, context.folder)
    content = {"explained": networks, "explained_note": context.note}
    return Section("filters", "Filters", content, empty="" if networks else _NOTHING)


def explained_networks(settings: Params, results: Sequence[Result], folder: Path) -> list[Explained]:
    """Copy the figures of the networks under ``explain`` into ``folder`` and word what they show.

    Raises
    ------
    InputError
        If the explain stage has not written its files.
    """
    return [_explained(result, folder) for result in results if result.name in settings.explain]


def compare_networks(results: Sequence[Result], tables: Sequence[PairTables]) -> list[str]:
    """Tell, in a sentence each, of every two networks that were tested on the same faces.

    Parameters
    ----------
    results : sequence of Result
        Of the networks.
    tables : sequence of PairTables
        Of all experiments, so that p values are those of the report's paired tests.

    Returns
    -------
    list of str
    """
    tests = {(pair.first, pair.second): (table, pair) for table in tables for pair in table.pairs}
    return [
        _compared(first, second, *tests[first.name, second.name])
        for first, second in combinations(results, 2)
        if (first.name, second.name) in tests and first.model != second.model
    ]


def _explained(result: Result, folder: Path) -> Explained:
    about = read_description(result.name)
    drawn = {kind: f"figures/{kind}-{result.name}.png" for kind in FIGURES}
    for kind, path in drawn.items():
        shutil.copyfile(paths.explanation(result.name) / f"{kind}.png", folder / path)
    return Explained(
        result=result,
        about=about,
        figures=drawn,
        cells=comparison_cells(result),
        confusions=most_confused(result),
        middle=_middle(about.middle),
        filters=_filters(about.layer),
        responses=responses_sentence(about.response, about.layer),
    )


def most_confused(result: Result) -> str:
    """Say which classes are most often taken for which, over all seeds."""
    counts = np.sum(result.confusions, axis=0)
    support = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, support, out=np.zeros(counts.shape), where=support > 0)
    np.fill_diagonal(share, 0)
    order = np.argsort(-share, axis=None, kind="stable")[:_CONFUSIONS]
    cells = [np.unravel_index(cell, share.shape) for cell in order if share.flat[cell] > 0]
    if not cells:
        return "No class is taken for another."
    told = (
        f"{result.classes[true]} for {result.classes[predicted]} "
        f"({percent(share[true, predicted])}% of its faces)"
        for true, predicted in cells
    )
    return f"Most often it takes {name_list(told)}."


def _middle(middle: Middle) -> str:
    share, area = middle.share, middle.area
    if abs(share - area) < _NOTABLE:
        verdict = "as much as an even spread would put there"
    elif share > area:
        verdict = "more than an even spread would put there: the frame around the face counts for less"
    else:
        verdict = "less than an even spread would put there: the frame counts for more than the face"
    text = (
        f"Over {middle.faces:,} test faces {percent(share)}% of the saliency lies in the "
        f"middle of the image, which is {percent(area)}% of its area, {verdict}"
    )
    if not math.isnan(middle.correct) and not math.isnan(middle.mistaken):
        correct, mistaken = (percent(share) for share in (middle.correct, middle.mistaken))
        text += f" ({correct}% where it is right, {mistaken}% where it is mistaken)"
    return f"{text}."


def _filters(layer: ShownLayer) -> str:
    noun = "filters" if layer.convolutional else "units"
    shown, count = len(layer.shown), layer.filters
    which = (
        f"All {count} {noun}" if shown == count else f"The {shown} of {count} {noun} with the largest weights"
    )
    return f"{which} of layer {layer.name} ({layer.kind})."


def responses_sentence(response: Response, layer: ShownLayer) -> str:
    """Say which filter responds most to the face that is shown, and how many do not respond at all."""
    noun = "filter" if layer.convolutional else "unit"
    said = "" if response.label == response.predicted else f", taken for {response.predicted},"
    face, count = f"To a face that shows {response.label}{said}", len(layer.shown)
    if response.silent == count:
        return f"{face} no {noun} responds."
    silent = f"{response.silent or 'none'} of {count} {'is' if response.silent == 1 else 'are'} silent"
    return f"{face} {noun} {response.strongest} responds most; {silent}."


def _compared(first: Result, second: Result, table: PairTables, pair: Pair) -> str:
    more = points(second.cost.parameters / first.cost.parameters - 1)
    corrected = f"Holm-corrected over {counted(len(table.pairs), 'pair')}"
    sure = "" if pair.significant else ", a difference that may be chance"
    return (
        f"{second.name} has {second.cost.parameters:,} parameters, {first.name} "
        f"{first.cost.parameters:,} ({more}%); a face costs {short_count(second.cost.macs)} "
        f"multiply-accumulates against {short_count(first.cost.macs)}. Balanced accuracy: {first.name} "
        f"{_score(first)}, {second.name} {_score(second)}. {pair.only_first:,} of {first.n('official'):,} "
        f"test faces are recognised by {first.name} alone, {pair.only_second:,} by {second.name} alone "
        f"(McNemar's test, seed {table.seed}, {corrected}: p {equals_p(pair.adjusted)}{sure})."
    )


def _score(result: Result) -> str:
    value, low, high = (percent(v) for v in result.interval("official", "balanced_accuracy"))
    return f"{value}% ({low} to {high})"
