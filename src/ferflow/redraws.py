"""Two experiments over many draws of split and samples: how their errors differ, in mean and in spread.

References
----------
Pitman (1939), "A note on normal correlation", and Morgan (1939), "A test for the significance of the
difference between the two variances in a sample from a normal bivariate population": variances of paired
values are equal just if the pairs' sums and differences are uncorrelated;
Nadeau and Bengio (2003), "Inference for the generalization error": draws share most of their training faces,
so a plain t test is too sure of itself, and its variance is to grow by the ratio of test to training faces.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.utils.class_weight import compute_sample_weight

from ferflow.faces import Faces
from ferflow.models import make_model
from ferflow.params import Protocol
from ferflow.samples import Samples, draw_samples, inputs_and_targets
from ferflow.split import TEST, TRAIN

COLUMNS = ("repetition", "experiment", "train_faces", "test_faces", "error", "balanced_error")


def redraw_path(experiment: str) -> Path:
    """Where the draws of an experiment and of what it is set against are kept."""
    return Path("results/experiments") / experiment / "redraws.csv"


@dataclass(frozen=True)
class Contestant:
    """An experiment to be drawn again and again.

    Attributes
    ----------
    name, protocol : what ``params.yaml`` calls the experiment, and its protocol
    hyperparameters : what :func:`ferflow.models.make_model` takes; each draw sets seed and faces an epoch
    class_weight : none or balanced
    """

    name: str
    protocol: Protocol
    hyperparameters: Mapping[str, Any]
    class_weight: str


def redrawn(protocol: Protocol, repetition: int) -> Protocol:
    """Give a protocol a random split, grouped as before, and a balance, both seeded by the repetition."""
    return protocol.model_copy(
        update={
            "split": protocol.split.model_copy(update={"by": "random", "seed": repetition}),
            "balance": protocol.balance.model_copy(update={"seed": repetition}),
        }
    )


def redraw(
    faces: Faces,
    table: pd.DataFrame,
    contestants: tuple[Contestant, Contestant],
    repetitions: int,
    *,
    finished: Callable[[int], None] = lambda repetition: None,
) -> pd.DataFrame:
    """Divide, balance, train and test both experiments ``repetitions`` times.

    In each repetition both stand on the same test faces, provided that their protocols differ in the balance
    alone; split, balance and the order of samples are drawn anew.

    Parameters
    ----------
    faces : Faces
    table : DataFrame, the table of all faces
    contestants : the two experiments
    repetitions : how often
    finished : called after each repetition with how many are done

    Returns
    -------
    DataFrame, two rows a repetition
        ``repetition``, ``experiment``, ``train_faces`` (samples trained on), ``test_faces``, ``error``
        (share of the test faces) and ``balanced_error`` (mean over the classes).
    """
    measured = []
    for repetition in range(repetitions):
        for contestant in contestants:
            samples = draw_samples(table, redrawn(contestant.protocol, repetition), contestant.name)
            measured.append({"repetition": repetition, **_measure(faces, samples, contestant, repetition)})
        finished(repetition + 1)
    return pd.DataFrame(measured, columns=list(COLUMNS))


def _measure(faces: Faces, samples: Samples, contestant: Contestant, seed: int) -> dict[str, Any]:
    X, y = inputs_and_targets(faces, samples, TRAIN)
    chosen = {**contestant.hyperparameters, "random_state": seed}
    if "epochs" in chosen:
        chosen["epoch_faces"] = samples.train_faces
    balanced = contestant.class_weight != "none"
    weight = compute_sample_weight(contestant.class_weight, y) if balanced else None
    model = make_model(**chosen).fit(X, y, sample_weight=weight)
    X_test, y_test = inputs_and_targets(faces, samples, TEST)
    predicted = model.predict(X_test)
    return {
        "experiment": contestant.name,
        "train_faces": len(y),
        "test_faces": len(y_test),
        "error": 1 - accuracy_score(y_test, predicted),
        "balanced_error": 1 - balanced_accuracy_score(y_test, predicted),
    }


@dataclass(frozen=True)
class Comparison:
    """Means and deviations of paired values, and p values that these are equal."""

    means: tuple[float, float]
    deviations: tuple[float, float]
    p_means: float
    p_deviations: float


def compare(
    first: NDArray[np.floating], second: NDArray[np.floating], *, test_to_train: float = 0.0
) -> Comparison:
    """Test paired values for equal means (corrected paired t test) and equal variances (Pitman and Morgan).

    Parameters
    ----------
    first, second : float arrays of shape (n,), n at least 3; values of one draw at one place
    test_to_train : faces tested on over faces trained on, for the correction of Nadeau and Bengio; 0 leaves
        the plain paired t test

    Raises
    ------
    ValueError
        If the two differ in length or have fewer than three values.
    """
    from scipy.stats import pearsonr, t

    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    n = len(one)
    if one.shape != two.shape or n < 3:
        raise ValueError(f"needs as many values of both, three at least, not {len(one)} and {len(two)}")
    gap, total = one - two, one + two
    error = gap.std(ddof=1) * np.sqrt(1 / n + test_to_train)
    p_means = 1.0 if gap[0] == 0 else 0.0  # for a gap that never varies
    if error > 0:
        p_means = float(2 * t.sf(abs(gap.mean()) / error, n - 1))
    varies = gap.std() > 0 and total.std() > 0
    return Comparison(
        means=(float(one.mean()), float(two.mean())),
        deviations=(float(one.std(ddof=1)), float(two.std(ddof=1))),
        p_means=p_means,
        p_deviations=float(pearsonr(gap, total).pvalue) if varies else 1.0,
    )
