"""The contract between Python and the page's JavaScript: one block of JSON, ``#page-data``, of this shape.

What a reader without JavaScript sees is written by templates. The block holds what only the view of two
experiments needs; nothing in it differs from run to run. ``static/compare.js`` is its one reader.
"""

import base64
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict

from ferflow.evaluation.evaluation import METRICS
from ferflow.evaluation.predictions import select_subset
from ferflow.evaluation.significance import LEVEL
from ferflow.report.context import ReportContext
from ferflow.report.pairs import PairTables
from ferflow.report.results import Result
from ferflow.report.wording import METRIC_NAMES, SHARES, remedy_name

SHOWN = 8  # faces of a pair, of those that only one of its experiments gets right, on either side
LARGEST = 48  # pixels of a side of the small pictures
_TESTED = ("official", "clean")


class _Shape(BaseModel):
    """NaN is written as null."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Metric(_Shape):
    """A metric: its key, its name, and whether it is a share, which is written in percent."""

    key: str
    name: str
    share: bool


class Face(_Shape):
    """A test face that some pair disagrees about.

    Attributes
    ----------
    number : int
        Its row in ``results/faces.parquet``, from 0.
    label : int
        Index into the group's classes.
    says : list of int
        What each experiment of the group says, in the group's order; indices into its classes.
    image : str
        Data URI of a PNG.
    """

    number: int
    label: int
    says: list[int]
    image: str


class Pair(_Shape):
    """The paired test of two experiments of a group, of the first seed.

    Attributes
    ----------
    first, second : int
        Indices into the group's experiments; first < second.
    difference : float
        Accuracy of the first less that of the second.
    only_first, only_second : int
        How many test faces only one of them gets right.
    p, corrected : float
        Of McNemar's exact test; Holm-corrected over the pairs of the group.
    faces_first, faces_second : list of int
        At most ``SHOWN`` of those faces; indices into the group's faces.
    """

    first: int
    second: int
    difference: float
    only_first: int
    only_second: int
    p: float
    corrected: float
    faces_first: list[int]
    faces_second: list[int]


class Experiment(_Shape):
    """An experiment.

    Attributes
    ----------
    name, model, remedy, protocol : str
    leaky : bool
        Whether some test face was trained on.
    metrics : dict
        Subset ("official", "clean") -> metric -> value and the ends of its interval: means over the seeds.
    n : dict
        Subset -> faces.
    confusion : list of list of int
        Test faces by label (rows) and prediction, of the first seed.
    """

    name: str
    model: str
    remedy: str
    protocol: str
    leaky: bool
    metrics: dict[str, dict[str, tuple[float, float, float]]]
    n: dict[str, int]
    confusion: list[list[int]]


class Group(_Shape):
    """Experiments that were tested on the very same faces; only these are compared face by face."""

    classes: list[str]
    experiments: list[Experiment]
    faces: list[Face]
    pairs: list[Pair]


class PageData(_Shape):
    """All of the block.

    ``seed`` is the first, whose predictions are compared face by face; a corrected p below ``level`` is
    called significant.
    """

    seed: int | None
    confidence: float
    level: float
    metrics: list[Metric]
    groups: list[Group]


def page_data(context: ReportContext) -> PageData:
    """Gather what the view of two experiments needs.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    PageData
    """
    tests = {table.names[0]: table for table in context.pair_tables}
    seeds = context.settings.seeds
    return PageData(
        seed=seeds[0] if seeds else None,
        confidence=context.settings.evaluate.confidence,
        level=LEVEL,
        metrics=[Metric(key=key, name=METRIC_NAMES[key], share=key in SHARES) for key in METRICS],
        groups=[_group(context, group, tests.get(group[0].name)) for group in context.by_test_faces],
    )


def _group(context: ReportContext, results: Sequence[Result], tests: PairTables | None) -> Group:
    classes, experiments = list(results[0].classes), [_experiment(result) for result in results]
    if tests is None:
        return Group(classes=classes, experiments=experiments, faces=[], pairs=[])
    table = results[0].predictions[0]
    numbers = table.loc[table["subset"] == "test", "face"].to_numpy(np.int64)
    # By fingerprint: an order that has nothing to do with the labels, the same wherever the report is made,
    # and the same for all pairs, so that they share pictures.
    order = np.lexsort((numbers, context.faces.fingerprint[numbers]))
    right = {result.name: result.correct(0) for result in results}
    choice = {
        (pair.first, pair.second): (
            first_of(order, right[pair.first] & ~right[pair.second]),
            first_of(order, right[pair.second] & ~right[pair.first]),
        )
        for pair in tests.pairs
    }
    rows = sorted({row for sides in choice.values() for side in sides for row in side})
    place = {row: index for index, row in enumerate(rows)}
    says = np.stack([select_subset(r.predictions[0], "official")[1].argmax(axis=1) for r in results], axis=1)
    labels = results[0].labels()
    return Group(
        classes=classes,
        experiments=experiments,
        faces=[
            Face(
                number=int(numbers[row]),
                label=int(labels[row]),
                says=says[row].tolist(),
                image=small_picture(context.faces.pixels[numbers[row]]),
            )
            for row in rows
        ],
        pairs=[
            Pair(
                first=tests.names.index(pair.first),
                second=tests.names.index(pair.second),
                difference=pair.difference,
                only_first=pair.only_first,
                only_second=pair.only_second,
                p=pair.p_value,
                corrected=pair.adjusted,
                faces_first=[place[row] for row in choice[pair.first, pair.second][0]],
                faces_second=[place[row] for row in choice[pair.first, pair.second][1]],
            )
            for pair in tests.pairs
        ],
    )


def _experiment(result: Result) -> Experiment:
    return Experiment(
        name=result.name,
        model=result.model,
        remedy=remedy_name(result.remedy),
        protocol=result.protocol,
        leaky=result.leaky,
        metrics={
            subset: {metric: result.interval(subset, metric) for metric in METRICS} for subset in _TESTED
        },
        n={subset: result.n(subset) for subset in _TESTED},
        confusion=result.confusions[0].tolist(),
    )


def first_of(order: NDArray[np.int64], which: NDArray[np.bool_]) -> list[int]:
    """Take the first ``SHOWN`` rows, in an order, of those for which something holds.

    Parameters
    ----------
    order : int64 array of shape (n,)
        All rows.
    which : bool array of shape (n,)
        By row.

    Returns
    -------
    list of int
    """
    rows: list[int] = order[which[order]][:SHOWN].tolist()
    return rows


def small_picture(pixels: NDArray[np.uint8]) -> str:
    """Write a face as a data URI, no larger than ``LARGEST`` pixels.

    Parameters
    ----------
    pixels : uint8 array of shape (height, width)

    Returns
    -------
    str
        Of a PNG.
    """
    image = Image.fromarray(pixels)
    image.thumbnail((LARGEST, LARGEST))
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
