"""What evaluate writes about one trained model, and where."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow.content import write_again
from ferflow.data.split import TEST, VALIDATION
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import EVALUATED, METRICS, PASSES_PER_STEP, Cost, Machine, Subsets
from ferflow.evaluation.metrics import subset_metrics
from ferflow.models.faces import RowSource, take_rows
from ferflow.models.registry import Predictor, ProbabilityModel
from ferflow.params import Evaluate
from ferflow.tables import PREDICTIONS, read_table

_BLOCK = 8192  # faces that are predicted at once


def named_probabilities(
    model: ProbabilityModel, X: NDArray[np.uint8] | RowSource, class_names: Sequence[str]
) -> NDArray[np.float32]:
    """Predict the probability of each named class.

    Parameters
    ----------
    model : ProbabilityModel
        A trained model, whose ``classes_`` are indices into ``class_names`` or some of these names.
    X : uint8 array of shape (n, height * width), or RowSource
        Faces; there may be none, as a protocol may have no validation subset. What is made when it is asked
        for is asked for in blocks.
    class_names : sequence of str

    Returns
    -------
    float32 array of shape (n, len(class_names))
        A class that the model never saw gets none.
    """
    names = list(class_names)
    position = [
        names.index(label) if isinstance(label, str) else int(label) for label in model.classes_.tolist()
    ]
    n = X.shape[0]
    probabilities = np.zeros((n, len(names)), dtype=np.float32)
    for start in range(0, n, _BLOCK):
        block = np.arange(start, min(start + _BLOCK, n))
        probabilities[start : start + _BLOCK, position] = model.predict_proba(take_rows(X, block))
    return probabilities


def prediction_table(
    rows: pd.DataFrame,
    labels: NDArray[np.integer],
    probabilities: NDArray[np.float32],
    classes: Sequence[str],
) -> pd.DataFrame:
    """Join rows of a split with their labels and probabilities: the content of predictions.parquet.

    Parameters
    ----------
    rows : DataFrame
        Of a split: ``face``, ``subset``, ``clean``.
    labels : int array of shape (n,)
    probabilities : float32 array of shape (n, k)
    classes : sequence of str
        Their names.

    Returns
    -------
    DataFrame
    """
    table = pd.DataFrame(
        {
            "face": rows["face"].to_numpy(np.int32),
            "subset": rows["subset"].to_numpy(str),
            "clean": rows["clean"].to_numpy(bool),
            "label": np.asarray(labels, dtype=np.int16),
        }
    )
    for index, name in enumerate(classes):
        table[f"p_{name}"] = probabilities[:, index]
    return table


def read_predictions(path: Path) -> pd.DataFrame:
    """Read what the evaluate stage wrote of :func:`prediction_table`.

    Parameters
    ----------
    path : Path

    Returns
    -------
    DataFrame

    Raises
    ------
    InputError
        If the file is missing or no such table.
    """
    table = read_table(path, PREDICTIONS, "evaluate")
    classes = [column for column in table.columns if str(column).startswith("p_")]
    shares = table[classes]
    if len(classes) < 2 or not all(pd.api.types.is_float_dtype(kind) for kind in shares.dtypes):
        raise InputError(f"{path}: has no probabilities of two classes or more; {write_again('evaluate')}")
    if not table["label"].between(0, len(classes) - 1).all():
        raise InputError(f"{path}: column 'label': not below {len(classes)}; {write_again('evaluate')}")
    return table


def select_subset(predictions: pd.DataFrame, subset: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Take labels and probabilities of one subset.

    Parameters
    ----------
    predictions : DataFrame
        As :func:`prediction_table` makes them.
    subset : {"validation", "official", "clean"}

    Returns
    -------
    labels : int64 array of shape (n,)
    probabilities : float32 array of shape (n, k)
    """
    mask = predictions["subset"] == (VALIDATION if subset == "validation" else TEST)
    if subset == "clean":
        mask &= predictions["clean"]
    part = predictions[mask]
    columns = [column for column in part.columns if str(column).startswith("p_")]
    return part["label"].to_numpy(np.int64), part[columns].to_numpy(np.float32)


def measure_subsets(predictions: pd.DataFrame, classes: Sequence[str], bootstrap: Evaluate) -> Subsets:
    """Metrics of every subset, as :func:`ferflow.evaluation.metrics.subset_metrics` gives them."""
    return Subsets(
        **{
            subset: subset_metrics(
                *select_subset(predictions, subset),
                classes,
                resamples=bootstrap.resamples,
                confidence=bootstrap.confidence,
                seed=bootstrap.seed,
            )
            for subset in EVALUATED
        }
    )


def plain_metrics(subsets: Subsets) -> dict[str, dict[str, float]]:
    """Values without intervals: the content of metrics.json, for ``dvc metrics show``."""
    return {subset: {name: subsets[subset].metrics[name].value for name in METRICS} for subset in EVALUATED}


def cost_of(model: Predictor, *, model_bytes: int, faces_per_epoch: int, epochs: int) -> Cost:
    """Count what the model costs, in numbers that do not depend on the machine.

    ``training_macs`` counts three forward passes per face and epoch, the usual estimate of a gradient step.

    Parameters
    ----------
    model : Predictor
    model_bytes : int
        Of its file.
    faces_per_epoch : int
    epochs : int

    Returns
    -------
    Cost
    """
    macs = int(model.macs_)
    return Cost(
        parameters=int(model.parameter_count_),
        macs=macs,
        model_bytes=model_bytes,
        training_macs=PASSES_PER_STEP * macs * faces_per_epoch * epochs,
    )


def machine_of(model: Predictor, threads: int) -> Machine:
    """Say what ``auto`` may have settled, and on which GPU."""
    device, hardware = getattr(model, "device", None), getattr(model, "hardware_", "")
    return Machine(
        threads=threads,
        precision=getattr(model, "precision", None),
        device=f"{device} ({hardware})" if hardware else device,
    )


def latency_ms(model: ProbabilityModel, X: NDArray[np.uint8] | RowSource, repeats: int = 20) -> float:
    """Measure the time of a prediction for a single face.

    Parameters
    ----------
    model : ProbabilityModel
    X : uint8 array of shape (n, height * width), or RowSource
        Faces.
    repeats : int, default=20

    Returns
    -------
    float
        Median, in milliseconds.
    """
    times = []
    for index in range(repeats + 2):  # the first two warm up
        face = take_rows(X, np.array([index % X.shape[0]]))
        start = time.perf_counter()
        model.predict_proba(face)
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times[2:]))


def measured_on(protocol: str, faces: int, *, on_sample: bool, leaky: bool) -> str:
    """Say beneath a figure what it was measured on: "protocol seven · 3,589 test faces".

    Parameters
    ----------
    protocol : str
        Its name.
    faces : int
        Number of test faces.
    on_sample : bool
        Whether they are sample faces.
    leaky : bool
        Whether some are trained on.

    Returns
    -------
    str
    """
    mark = ["leaky"] if leaky else []
    return figure_note(f"protocol {protocol}", f"{faces:,} test faces", *mark, on_sample=on_sample)


def figure_note(*parts: str, on_sample: bool) -> str:
    """Join what is to be said beneath a figure of the faces that it is about.

    Parameters
    ----------
    *parts : str
    on_sample : bool
        Whether the faces are sample faces, which is said first.

    Returns
    -------
    str
    """
    return " · ".join(["sample faces", *parts] if on_sample else parts)
