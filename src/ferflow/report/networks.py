"""Networks in words: what they confuse, what they look at, how they compare."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ferflow.report.context import ReportContext
from ferflow.report.pairs import pair_tables
from ferflow.report.results import Result
from ferflow.report.wording import number, p_value, points, short_count
from ferflow.studies.explain.description import (
    Description,
    Middle,
    Response,
    ShownLayer,
    read_description,
)

NOTHING_EXPLAINED = (
    "No network is explained: explain in params.yaml names none of the experiments shown here."
)

_CONFUSIONS = 3  # of each network
_NOTABLE = 0.02  # share of the saliency by which the middle must differ from its area to be worth a word


@dataclass(frozen=True)
class Network:
    """A network under ``explain``: its results, and its explain.json."""

    result: Result
    about: Description


def networks(context: ReportContext) -> Sequence[Network]:
    """Read the descriptions of the networks under ``explain``.

    Raises
    ------
    InputError
        If the explain stage has not written its files.
    """
    return [
        Network(result, read_description(result.name))
        for result in context.results
        if result.name in context.settings.explain
    ]


def most_confused(result: Result) -> str:
    """Say which classes are most often taken for which, over all seeds."""
    counts = np.sum([run.sides.official.counts() for run in result.evaluations], axis=0)
    support = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, support, out=np.zeros(counts.shape), where=support > 0)
    np.fill_diagonal(share, 0)
    order = np.argsort(-share, axis=None, kind="stable")[:_CONFUSIONS]
    cells = [np.unravel_index(cell, share.shape) for cell in order if share.flat[cell] > 0]
    if not cells:
        return "No class is taken for another."
    pairs = (
        f"{result.classes[true]} for {result.classes[predicted]} "
        f"({number(share[true, predicted], 'accuracy')}% of its faces)"
        for true, predicted in cells
    )
    return f"Most often it takes {', '.join(pairs)}."


def middle_sentence(middle: Middle) -> str:
    """Say whether the middle of the image counts for more than its area."""
    share, area = middle.share, middle.area
    if abs(share - area) < _NOTABLE:
        verdict = "as much as an even spread would put there"
    elif share > area:
        verdict = "more than an even spread would put there: the frame around the face counts for less"
    else:
        verdict = "less than an even spread would put there: the frame counts for more than the face"
    text = (
        f"Over all {middle.faces:,} test faces {number(share, 'accuracy')}% of the saliency lies in the "
        f"middle of the image, which is {number(area, 'accuracy')}% of its area, {verdict}"
    )
    if middle.correct is not None and middle.mistaken is not None:
        correct, mistaken = (number(value, "accuracy") for value in (middle.correct, middle.mistaken))
        text += f" ({correct}% where it is right, {mistaken}% where it is mistaken)"
    return f"{text}."


def filters_sentence(layer: ShownLayer) -> str:
    """Say which filters of which layer are shown."""
    noun = "filters" if layer.convolutional else "units"
    drawn, count = len(layer.shown), layer.filters
    which = (
        f"All {count} {noun}" if drawn == count else f"The {drawn} of {count} {noun} with the largest weights"
    )
    return f"{which} of layer {layer.name} ({layer.kind})."


def responses_sentence(response: Response, layer: ShownLayer) -> str:
    """Say which filter responds most to the face, and how many do not."""
    noun = "filter" if layer.convolutional else "unit"
    said = "" if response.label == response.predicted else f", taken for {response.predicted},"
    return (
        f"To a face that shows {response.label}{said} {noun} {response.strongest} responds most; "
        f"{response.silent or 'none'} of {len(layer.shown)} are silent."
    )


def is_comparable(first: Result, second: Result) -> bool:
    """Tell whether two networks are of two kinds and were tested on the same faces."""
    return first.test_faces == second.test_faces and first.model != second.model


def comparison_sentence(first: Result, second: Result) -> str:
    """Compare size, cost and accuracy of two networks."""
    pair = pair_tables([first, second]).pairs[0]
    more = points(second.cost.parameters / first.cost.parameters - 1)
    sure = "" if pair.significant else ", a difference that may be chance"
    return (
        f"{second.name} has {second.cost.parameters:,} parameters, {first.name} "
        f"{first.cost.parameters:,} ({more}%); a face costs {short_count(second.cost.macs)} "
        f"multiply-accumulates against {short_count(first.cost.macs)}. Balanced accuracy: {first.name} "
        f"{_score(first)}, {second.name} {_score(second)}. {pair.only_first:,} of {first.n('official'):,} "
        f"test faces are recognised by {first.name} alone, {pair.only_second:,} by {second.name} alone "
        f"(McNemar's test, seed {first.seeds[0]}: p {_p(pair.p_value)}{sure})."
    )


def _score(result: Result) -> str:
    value, low, high = (number(v, "accuracy") for v in result.interval("official", "balanced_accuracy"))
    return f"{value}% ({low} to {high})"


def _p(value: float) -> str:
    text = p_value(value)
    return text if text.startswith("<") else f"= {text}"
