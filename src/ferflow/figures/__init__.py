"""Figures of evaluation and report. Functions take plain data and return a matplotlib ``Figure``."""

from ferflow.figures.comparison import comparison, cost, recall_by_remedy
from ferflow.figures.data import class_counts, faces_by_class
from ferflow.figures.evaluation import confusion, curves, learning
from ferflow.figures.style import remedy_colour, save

__all__ = [
    "class_counts",
    "comparison",
    "confusion",
    "cost",
    "curves",
    "faces_by_class",
    "learning",
    "recall_by_remedy",
    "remedy_colour",
    "save",
]
