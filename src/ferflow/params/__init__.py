"""``params.yaml``: everything a user may change, validated strictly before anything runs."""

from ferflow.params.loading import load
from ferflow.params.models import CNN, DNN, EfficientNet, KMeans, Logistic, Model, Softmax
from ferflow.params.sections import (
    Balance,
    Clusters,
    Evaluate,
    Experiment,
    Params,
    Protocol,
    RepeatedSplits,
    Split,
)

__all__ = [
    "CNN",
    "DNN",
    "Balance",
    "Clusters",
    "EfficientNet",
    "Evaluate",
    "Experiment",
    "KMeans",
    "Logistic",
    "Model",
    "Params",
    "Protocol",
    "RepeatedSplits",
    "Softmax",
    "Split",
    "load",
]
