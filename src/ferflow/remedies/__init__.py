"""Remedies for class imbalance: each a file that registers itself; a new one is a line here."""

from importlib.metadata import entry_points

from ferflow.remedies import (
    augment,
    balanced,
    class_balanced,
    cross_entropy,
    focal,
    ldam,
    logit_adjusted,
    logit_adjustment,
    oversample,
    repeat,
    square_root,
    thresholds,
    undersample,
)

__all__ = [
    "augment",
    "balanced",
    "class_balanced",
    "cross_entropy",
    "focal",
    "ldam",
    "logit_adjusted",
    "logit_adjustment",
    "oversample",
    "repeat",
    "square_root",
    "thresholds",
    "undersample",
]

for entry in entry_points(group="ferflow.remedies"):  # of other packages
    entry.load()
