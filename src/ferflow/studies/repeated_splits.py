"""Two experiments over many draws of split and samples: how their errors differ, in mean and in spread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from ferflow.data.draw import draw_samples
from ferflow.data.faces import Faces
from ferflow.data.samples import Samples, inputs_and_targets
from ferflow.data.split import TEST, TRAIN
from ferflow.models.factory import make_model
from ferflow.params import Protocol
from ferflow.remedies.registry import sample_weight
from ferflow.tables import REPEATED_SPLITS


@dataclass(frozen=True)
class Contestant:
    """An experiment to be drawn again and again.

    Attributes
    ----------
    name : str
        What ``params.yaml`` calls the experiment.
    protocol : Protocol
    hyperparameters : mapping
        What ``make_model`` takes; each draw sets seed and faces an epoch.
    class_weight : str
        ``none`` or a registered name (:data:`ferflow.remedies.registry.CLASS_WEIGHTS`).
    """

    name: str
    protocol: Protocol
    hyperparameters: Mapping[str, Any]
    class_weight: str


def with_seeds_of(protocol: Protocol, repetition: int) -> Protocol:
    """Give a protocol a random split, grouped as before, and a balance, both seeded by the repetition.

    Parameters
    ----------
    protocol : Protocol
    repetition : int
        Number of the draw.

    Returns
    -------
    Protocol
    """
    return protocol.model_copy(
        update={
            "split": protocol.split.model_copy(update={"by": "random", "seed": repetition}),
            "balance": protocol.balance.model_copy(update={"seed": repetition}),
        }
    )


def repeat_splits(
    faces: Faces,
    table: pd.DataFrame,
    contestants: tuple[Contestant, Contestant],
    repetitions: int,
    *,
    after_repetition: Callable[[int], None] = lambda repetition: None,
) -> pd.DataFrame:
    """Divide, balance, train and test both experiments ``repetitions`` times.

    In each repetition both stand on the same test faces, provided that their protocols differ in the balance
    alone; split, balance and the order of samples are drawn anew.

    Parameters
    ----------
    faces : Faces
    table : DataFrame
        The table of all faces.
    contestants : tuple of Contestant
        The two experiments.
    repetitions : int
        How often.
    after_repetition : callable
        Called after each repetition with how many are done.

    Returns
    -------
    DataFrame, two rows a repetition
        ``repetition``, ``experiment``, ``train_faces`` (trained on, each counted once), ``test_faces``,
        ``error`` (share of the test faces) and ``balanced_error`` (mean over the classes).
    """
    rows = []
    for repetition in range(repetitions):
        for contestant in contestants:
            samples = draw_samples(table, with_seeds_of(contestant.protocol, repetition), contestant.name)
            rows.append({"repetition": repetition, **_measure(faces, samples, contestant, repetition)})
        after_repetition(repetition + 1)
    return pd.DataFrame(rows, columns=list(REPEATED_SPLITS))


def _measure(faces: Faces, samples: Samples, contestant: Contestant, seed: int) -> dict[str, Any]:
    X, y = inputs_and_targets(faces, samples, TRAIN)
    arguments = {**contestant.hyperparameters, "random_state": seed}
    if "epochs" in arguments:
        arguments["epoch_faces"] = samples.train_faces
    model = make_model(**arguments).fit(X, y, sample_weight=sample_weight(contestant.class_weight, y))
    X_test, y_test = inputs_and_targets(faces, samples, TEST)
    predicted = model.predict(X_test)
    return {
        "experiment": contestant.name,
        "train_faces": int(samples.subset(TRAIN)["face"].nunique()),  # copies tell nothing new
        "test_faces": len(y_test),
        "error": 1 - accuracy_score(y_test, predicted),
        "balanced_error": 1 - balanced_accuracy_score(y_test, predicted),
    }
