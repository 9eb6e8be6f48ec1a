"""Remedies for class imbalance: each a file that registers itself; a new one is a line here."""

from importlib.metadata import entry_points

from ferflow.remedies import augment, balanced, cross_entropy, focal, oversample, repeat, undersample

__all__ = ["augment", "balanced", "cross_entropy", "focal", "oversample", "repeat", "undersample"]

for entry in entry_points(group="ferflow.remedies"):  # of other packages
    entry.load()
