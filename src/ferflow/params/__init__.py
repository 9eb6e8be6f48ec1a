"""``params.yaml``: everything a user may change, validated strictly before anything runs."""

from ferflow.params.loading import load
from ferflow.params.sections import (
    Balance,
    Clusters,
    Evaluate,
    Experiment,
    Protocol,
    RepeatedSplits,
    Split,
)
from ferflow.params.whole import Params

__all__ = [
    "Balance",
    "Clusters",
    "Evaluate",
    "Experiment",
    "Params",
    "Protocol",
    "RepeatedSplits",
    "Split",
    "load",
]
