"""Which figures the report shows, drawn from the results."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ferflow import paths
from ferflow.data.faces import Faces
from ferflow.data.samples import Samples
from ferflow.data.split import TRAIN
from ferflow.evaluation.significance import RecallByExperiment
from ferflow.plots.comparison import Line, Point, Reference, comparison, cost, recall_by_remedy
from ferflow.plots.data import class_counts, faces_by_class
from ferflow.plots.learning import learning
from ferflow.plots.style import save
from ferflow.report import tables
from ferflow.report.results import RemedyFamily, Result
from ferflow.report.tables import MAIN, references
from ferflow.report.wording import FACES_OF, METRIC_NAMES, name_list, remedy_names
from ferflow.timings import read_timings

_COLUMNS = 12  # faces shown of each class


def draw_comparison(group: Sequence[Result], path: Path, note: str, *, human: bool) -> None:
    """Draw balanced accuracy, macro-F1 and accuracy of every experiment.

    Parameters
    ----------
    group : sequence of Result
        Experiments tested on the same faces.
    path : Path
        File to write.
    note : str
        What the faces are.
    human : bool
        Whether to show what people score.
    """
    lines = [
        Line(
            result.name,
            result.remedy,
            {metric: result.interval("official", metric) for metric in MAIN},
            {metric: result.interval("clean", metric) for metric in MAIN},
        )
        for result in group
    ]
    marks = _marks(references(group, human=human))
    heads = {metric: METRIC_NAMES[metric][0].upper() + METRIC_NAMES[metric][1:] for metric in MAIN}
    k = len(group[0].classes)
    on = f"{note} · {group[0].n('official'):,} test faces"
    save(comparison(lines, heads, marks, title=f"{k} classes", note=on), path)


def _marks(lines: Sequence[tables.Reference]) -> list[Reference]:
    """Lines to draw; of the majority class only its accuracy, as it differs from chance in nothing else."""
    marks: dict[tuple[str, str], Reference] = {}
    for line in lines:
        for metric, value in line.numbers.items():
            if metric in MAIN and (line.name != "majority class" or metric == "accuracy"):
                spread = 0.05 if line.name == "human" else 0.0
                marks.setdefault(
                    (metric, f"{line.name} {value:.3f}"), Reference(metric, value, line.name, spread)
                )
    return list(marks.values())


def draw_recall(family: RemedyFamily, recall: RecallByExperiment, path: Path, note: str) -> None:
    """Draw recall of every class under every remedy.

    Parameters
    ----------
    family : RemedyFamily
    recall : RecallByExperiment
        Of the family.
    path : Path
        File to write.
    note : str
        What the faces are.
    """
    results = family.results
    support = np.bincount(results[0].labels(), minlength=len(results[0].classes))
    figure = recall_by_remedy(
        recall,
        remedy_names(results),
        [result.remedy for result in results],
        [f"{name}\n{count:,} faces" for name, count in zip(results[0].classes, support, strict=True)],
        baseline=family.baseline,
        title=f"Which remedy helps which class? {results[family.baseline].model}, {len(support)} classes",
        note=note,
    )
    save(figure, path)


def draw_compute(groups: Sequence[Sequence[Result]], path: Path, note: str) -> None:
    """Draw balanced accuracy against training compute.

    Parameters
    ----------
    groups : sequence of sequence of Result
        A panel each.
    path : Path
        File to write.
    note : str
        What the faces are.
    """
    _draw_cost(
        groups,
        lambda result: result.cost.training_macs,
        ("training compute", ", multiply-accumulates"),
        path,
        note,
    )


def draw_times(groups: Sequence[Sequence[Result]], path: Path, note: str) -> None:
    """Draw balanced accuracy against measured training time; nothing where nothing was measured here.

    Parameters
    ----------
    groups : sequence of sequence of Result
        A panel each.
    path : Path
        File to write.
    note : str
        What the faces are.
    """
    _draw_cost(groups, train_seconds, ("measured training time", ", seconds"), path, note)


def _draw_cost(
    groups: Sequence[Sequence[Result]],
    cost_of: Callable[[Result], float | None],
    cost_name: tuple[str, str],
    path: Path,
    note: str,
) -> None:
    panels, headings = {}, Counter(map(_heading, groups))
    for group in groups:
        points = [_point(result, amount) for result in group if (amount := cost_of(result))]
        if points:
            # Several groups of as many classes are told apart by their names.
            heading = _heading(group)
            panels[heading if headings[heading] == 1 else name_list(group[0].classes)] = points
    if panels:
        what, unit = cost_name
        figure = cost(
            panels,
            x_label=what + unit,
            y_label="balanced accuracy",
            title=f"Balanced accuracy against {what}",
            note=note,
        )
        save(figure, path)


def train_seconds(result: Result) -> float | None:
    """Average the training time over the seeds that were timed on this machine.

    Parameters
    ----------
    result : Result

    Returns
    -------
    float or None
        Seconds; None if none was timed here.
    """
    times = [read_timings(paths.model(result.name, seed)).get("train_seconds") for seed in result.seeds]
    measurements = [time for time in times if time is not None]
    return float(np.mean(measurements)) if measurements else None


def draw_counts(faces: pd.DataFrame, samples: Samples, protocol: str, path: Path, note: str) -> None:
    """Draw the training samples per class before and after the balance of a protocol.

    Parameters
    ----------
    faces : DataFrame
        The table of all faces.
    samples : Samples
        Of the protocol.
    protocol : str
        Its name.
    path : Path
        File to write.
    note : str
        What the faces are.
    """
    labels = faces.set_index("face")["label"].loc[samples.subset(TRAIN)["face"]]
    after = [int((labels == name).sum()) for name in samples.classes]
    method = samples.balance.method
    figure = class_counts(
        samples.train_counts, after, samples.classes, remedy=method, title=protocol, note=f"{note} · {method}"
    )
    save(figure, path)


def draw_faces(faces: Faces, path: Path, note: str, seed: int) -> None:
    """Draw some faces of every class, chosen at random.

    Parameters
    ----------
    faces : Faces
    path : Path
        File to write.
    note : str
        What the faces are.
    seed : int
        Of the choice.
    """
    rng = np.random.default_rng(seed)
    faces_of_class = []
    for index in range(len(faces.classes)):
        of_class = np.flatnonzero(faces.label == index)
        sample = rng.choice(of_class, min(_COLUMNS, len(of_class)), replace=False)
        faces_of_class.append(faces.pixels[np.sort(sample)])
    figure = faces_by_class(
        faces_of_class, faces.classes, title="Faces by label", note=note, columns=_COLUMNS
    )
    save(figure, path)


def draw_learning(result: Result, path: Path, note: str) -> None:
    """Draw learning curves of all seeds of an experiment.

    Parameters
    ----------
    result : Result
    path : Path
        File to write.
    note : str
        What the faces are.
    """
    held_out = FACES_OF[result.followed]
    save(learning(result.histories, title=result.name, note=note, held_out=held_out), path)


def _heading(group: Sequence[Result]) -> str:
    classes = group[0].classes
    return f"{len(classes)} classes" if len(classes) > 2 else " or ".join(classes)


def _point(result: Result, cost: float) -> Point:
    return Point(
        result.name, result.model, result.remedy, cost, result.interval("official", "balanced_accuracy")
    )
