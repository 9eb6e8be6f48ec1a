"""Examines the test labels of one experiment: what evaluate wrote in, figures and a picture out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ferflow import paths
from ferflow.data.faces import Faces, load_faces
from ferflow.data.split import TEST
from ferflow.evaluation.evaluation import Evaluation, read_evaluation
from ferflow.evaluation.predictions import measured_on, read_predictions, select_subset
from ferflow.params import Evaluate, Params
from ferflow.plots.labels import labelled_faces
from ferflow.plots.style import save
from ferflow.studies.labels.figures import (
    MISTAKES,
    ClassLabels,
    LabelFigures,
    LabelledFace,
    Ranking,
    write_labels,
)
from ferflow.studies.labels.ranking import agreement_of, precision_at, precisions, rank_labels
from ferflow.studies.labels.votes import check_classes, majority_of_faces, read_votes
from ferflow.tables import ORIGINS, read_table

_SHOWN = 24  # mistakes in the picture


@dataclass(frozen=True)
class HeldOutFaces:
    """Test faces that were not trained on, with what a model says of them.

    Attributes
    ----------
    face : int array of shape (n,)
        Index among all faces.
    labels : int array of shape (n,)
    probabilities : float array of shape (n, k)
    classes : sequence of str
        The k class names.
    majority : str array of shape (n,), or None
        What most taggers of FER+ voted for.
    """

    face: NDArray[np.int64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    classes: Sequence[str]
    majority: NDArray[np.str_] | None = None

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """Index of the most probable class of each, (n,)."""
        result: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return result

    @property
    def disputed(self) -> NDArray[np.bool_] | None:
        """Whether FER+'s majority is not the label, (n,); a tie, contempt, no face count as not."""
        return None if self.majority is None else self.majority != np.array(self.classes)[self.labels]

    def described(self, indices: NDArray[np.integer]) -> list[LabelledFace]:
        """Describe some of the faces."""
        return [
            LabelledFace(
                face=int(self.face[index]),
                label=self.classes[self.labels[index]],
                predicted=self.classes[self.predicted[index]],
                probability=float(self.probabilities[index].max()),
                self_confidence=float(self.probabilities[index, self.labels[index]]),
                majority=None if self.majority is None else str(self.majority[index]),
            )
            for index in indices
        ]


def out_of_sample(predictions: pd.DataFrame, *, leaky: bool) -> pd.DataFrame:
    """Keep the test rows whose face was not trained on, one for each face.

    A label that the model has learnt by heart looks right to it, so of a leaky protocol the clean faces alone
    are left; a protocol that balances before it divides may test several copies of a face.
    """
    test = predictions[predictions["subset"] == TEST]
    return (test[test["clean"]] if leaky else test).drop_duplicates("face")


def read_held_out_faces(
    experiment: str, params: Params, evaluation: Evaluation, faces: Faces
) -> HeldOutFaces:
    """Gather the test faces of an experiment's first seed, with the votes on them where there are any."""
    predictions = read_predictions(paths.predictions(experiment, params.seeds[0]))
    rows = out_of_sample(predictions, leaky=evaluation.leaky)
    index = rows["face"].to_numpy(np.int64)
    majority = None
    if params.labels.votes is not None:
        votes = read_votes(params.labels.votes)
        check_classes(votes, evaluation.classes)
        origins = read_table(paths.ORIGINS, ORIGINS, "ingest")["origin"].to_numpy(str)[index]
        majority = majority_of_faces(votes, origins.tolist(), faces.usage[index].tolist())
    return HeldOutFaces(index, *select_subset(rows, "official"), evaluation.classes, majority)


def rank(test: HeldOutFaces, confidence: float) -> Ranking:
    """Find the most confident mistakes and the most suspicious labels, and hold the latter against votes."""
    suspicion = rank_labels(test.labels, test.probabilities)
    wrong = np.flatnonzero(test.predicted != test.labels)
    surest = wrong[np.argsort(-test.probabilities.max(axis=1)[wrong], kind="stable")]
    disputed = test.disputed
    return Ranking(
        faces=len(test.face),
        mistakes=len(wrong),
        confident_mistakes=test.described(surest[:_SHOWN]),
        suspicious=test.described(suspicion.order[: suspicion.suspicious.sum()]),
        by_class=[
            ClassLabels(
                label=name,
                faces=int((test.labels == c).sum()),
                suspicious=int(suspicion.suspicious[test.labels == c].sum()),
                disputed=None if disputed is None else int(disputed[test.labels == c].sum()),
            )
            for c, name in enumerate(test.classes)
        ],
        base=None if disputed is None else precision_at(disputed, len(disputed), confidence),
        precision=[] if disputed is None else precisions(suspicion, disputed, confidence),
    )


def examine(test: HeldOutFaces, bootstrap: Evaluate, *, with_ranking: bool) -> LabelFigures:
    """Examine the labels of test faces; of none, nothing."""
    if not len(test.face):
        return LabelFigures()
    disputed = test.disputed
    return LabelFigures(
        ranking=rank(test, bootstrap.confidence) if with_ranking else None,
        agreement=None
        if disputed is None
        else agreement_of(test.predicted == test.labels, disputed, bootstrap),
    )


def examine_experiment(experiment: str, params: Params, folder: Path) -> None:
    """Examine the test labels of the named experiment, or of one that tells all classes apart; else nothing.

    Parameters
    ----------
    experiment : str
        Its name in ``params.yaml``.
    params : Params
    folder : Path
        Where to write labels.json and, for the experiment that ``labels`` names, a picture.
    """
    evaluation = read_evaluation(experiment, params.seeds[0])
    faces = load_faces()
    named = experiment == params.labels.experiment
    if not named and evaluation.classes != faces.classes:
        write_labels(folder, LabelFigures())
        return
    test = read_held_out_faces(experiment, params, evaluation, faces)
    figures = examine(test, params.evaluate, with_ranking=named)
    write_labels(folder, figures)
    if figures.ranking is not None and figures.ranking.mistakes:
        note = measured_on(
            evaluation.protocol, len(test.face), on_sample=params.on_sample, leaky=evaluation.leaky
        )
        title = f"{experiment}, seed {params.seeds[0]}: the most confident mistakes"
        save(draw_mistakes(figures.ranking, faces.pixels, title, note), folder / MISTAKES)


def draw_mistakes(ranking: Ranking, pixels: NDArray[np.uint8], title: str, note: str) -> Figure:
    """Draw the most confident mistakes: beneath each face its label, what is predicted, and the votes."""
    shown = ranking.confident_mistakes
    captions = [
        [
            face.label,
            f"taken for {face.predicted} {face.probability:.2f}",
            *([f"FER+: {face.majority}"] if face.majority is not None else []),
        ]
        for face in shown
    ]
    return labelled_faces(pixels[[face.face for face in shown]], captions, title=title, note=note)
