"""Claims and evidence to judge them by."""

from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from ferflow.claims.evidence import Evidence
from ferflow.claims.schema import (
    Claim,
    Reading,
)
from ferflow.content import Estimate
from ferflow.evaluation.evaluation import Evaluation, Subsets
from tests.cluster_figures import cluster_figures
from tests.evaluations import evaluation_of, subset_of

CLASSES = ("happy", "fear")
WORDS = {"id": "x", "system": "A", "what": "what", "protocol": "pair", "why": "because"}
ACCURACY = {"read": "metric", "experiment": "one", "metric": "accuracy"}


def claim_of(**keys: Any) -> Claim:
    return TypeAdapter(Claim).validate_python(WORDS | keys)


def reading_of(**keys: Any) -> Reading:
    return TypeAdapter(Reading).validate_python(keys)


def run_of(accuracy: float, validation: int = 0) -> Evaluation:
    estimate = Estimate(value=accuracy, low=round(accuracy - 0.02, 6), high=round(accuracy + 0.02, 6))
    official = subset_of([[50, 10], [20, 20]], estimate, CLASSES)
    other = official.model_copy(update={"n": validation})
    return evaluation_of(Subsets(validation=other, official=official, clean=official), CLASSES)


HISTORY = pd.DataFrame(
    {
        "epoch": [1, 401, 500],
        "train_loss": [0.7, 0.6, 0.55],
        "validation_loss": [0.69, 0.62, 0.6],
        "validation_accuracy": [0.5, 0.663, 0.7],
    }
)


def evidence_of(**accuracies: float) -> Evidence:
    """Each experiment with two seeds, a hundredth to either subset of the given accuracy."""
    return Evidence(
        evaluations={
            name.replace("_", "-"): [run_of(value - 0.01), run_of(value + 0.01)]
            for name, value in accuracies.items()
        },
        histories={name.replace("_", "-"): [HISTORY, HISTORY] for name in accuracies},
        clusters=cluster_figures({"2": {"5": 0.34, "6": 0.33}, "3": {"5": 0.25, "6": 0.24}}),
    )
