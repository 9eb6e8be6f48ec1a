"""Claims, readings and evidence to test with."""

from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from ferflow.claims.evidence import Evidence
from ferflow.claims.schema import (
    Claim,
    Reading,
)

WORDS = {"id": "x", "system": "A", "what": "what", "protocol": "pair", "why": "because"}


ACCURACY = {"read": "metric", "experiment": "one", "metric": "accuracy"}


def claim_of(**keys: Any) -> Claim:
    return TypeAdapter(Claim).validate_python(WORDS | keys)


def reading_of(**keys: Any) -> Reading:
    return TypeAdapter(Reading).validate_python(keys)


def subset(accuracy: float, n: int) -> dict[str, Any]:
    metric = {"value": accuracy, "low": round(accuracy - 0.02, 6), "high": round(accuracy + 0.02, 6)}
    return {
        "n": n,
        "metrics": {"accuracy": metric, "balanced_accuracy": metric, "macro_f1": metric},
        "per_class": {"fear": {"recall": metric, "precision": metric, "f1": metric}},
        "confusion": [[50, 10], [20, 20]],
    }


def run_of(accuracy: float, validation: int = 0) -> dict[str, Any]:
    return {
        "classes": ["happy", "fear"],
        "subsets": {"official": subset(accuracy, 100), "validation": subset(accuracy, validation)},
        "cost": {"parameters": 2501},
    }


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
        clusters={
            "kept": {"silhouette": 0.33, "accuracy": {"nearest": {"value": 0.17, "low": 0.16, "high": 0.18}}},
            "silhouette": {"pca": {"2": {"5": 0.34, "6": 0.33}, "3": {"5": 0.25, "6": 0.24}}},
            "names": ["happy", "fear"],
        },
    )
