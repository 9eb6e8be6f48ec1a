"""What the report says of the grid of components and clusters under cross-validation."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import studentized_range

from ferflow.evaluation.significance import LEVEL
from ferflow.report.wording import count_name, decimals, percent
from ferflow.studies.clusters.figures import METHODS, ByMethod, ClusterFigures, Grid, Spread
from ferflow.studies.clusters.names import METHOD_NAMES


def folds_part(figures: ClusterFigures) -> dict[str, Any]:
    """Gather sentences and the lines of the table."""
    return {
        "lines": [
            _line(figures, method, components)
            for method in METHODS
            for components in figures.tried.components
        ],
        "sentences": [*_about_kept(figures), _about_all(figures)],
    }


def _line(figures: ClusterFigures, method: str, components: int) -> dict[str, Any]:
    kept = (figures.kept.components, figures.kept.clusters)
    accuracy = figures.folds.accuracy[method][str(components)]
    silhouette = figures.folds.silhouette[method][str(components)]
    return {
        "name": METHOD_NAMES[method],
        "components": components,
        "cells": [
            {
                "accuracy": _accuracy(accuracy[str(clusters)]),
                "silhouette": _silhouette(silhouette[str(clusters)]),
                "kept": method == "pca" and (components, clusters) == kept,
            }
            for clusters in figures.tried.clusters
        ],
    }


def _about_kept(figures: ClusterFigures) -> list[str]:
    """Set the kept pair's held-out figures beside those on all faces; nothing if it is not in the grid."""
    folds, on_all = figures.folds, figures.kept
    tried = figures.tried
    if on_all.components not in tried.components or on_all.clusters not in tried.clusters:
        return []
    components, clusters = str(on_all.components), str(on_all.clusters)
    silhouette = folds.silhouette.pca[components][clusters]
    accuracy = folds.accuracy.pca[components][clusters]
    in_training = folds.training_accuracy.pca[components][clusters]
    cloud = (
        "has no silhouette"
        if math.isnan(silhouette.mean)
        else f"has a silhouette of {_silhouette(silhouette)} ({decimals(on_all.silhouette)} where all faces "
        "are both clustered and measured)"
    )
    more = in_training.mean - accuracy.mean
    return [
        f"On faces that were not used to find or name the clusters, the kept pair {cloud}, and "
        f"{_accuracy(accuracy)}% are right (mean ± standard deviation over "
        f"{count_name(folds.n, 'fold')}), {_beside_chance(accuracy, len(figures.classes))}. On the faces "
        f"that gave the names, accuracy is {_accuracy(in_training)}%, {_beside_held_out(more)}."
    ]


def _beside_held_out(more: float) -> str:
    text = percent(abs(more))
    if text == percent(0):
        return "the same"
    return f"{text} points " + (
        "more: the gain of measuring on the faces that gave the names" if more > 0 else "less"
    )


def _about_all(figures: ClusterFigures) -> str:
    """Name the best pair by either figure, and say whether the accuracies of the grid differ at all."""
    folds, classes = figures.folds, len(figures.classes)
    accuracy, silhouette = dict(_pairs(folds.accuracy)), dict(_pairs(folds.silhouette))
    best = max(accuracy, key=lambda pair: accuracy[pair].mean)
    worst = min(accuracy, key=lambda pair: accuracy[pair].mean)
    spread = accuracy[best].mean - accuracy[worst].mean
    by_chance = _range_by_chance([over_folds.sd for over_folds in accuracy.values()], folds.n)
    return (
        f"Over {count_name(len(accuracy), 'pair')} of projection and clusters, held-out accuracy ranges from "
        f"{_accuracy(accuracy[worst])}% ({worst}) to {_accuracy(accuracy[best])}% ({best}), a range "
        f"of {percent(spread)} points. As many equally accurate pairs would seldom (5%) range over "
        f"more than {percent(by_chance)} points by the deviation between folds alone: "
        f"{'no pair is shown to be better' if spread <= by_chance else 'not all pairs are equally good'}"
        f"{_about_tightest(silhouette, accuracy, best)}. Chance is {percent(1 / classes)}%."
    )


def _range_by_chance(deviations: Sequence[float], folds: int) -> float:
    """Give the range that as many means over folds, all of one expectation, exceed in 5% of cases.

    It is Tukey's studentized range. Means here are of the same folds, which makes their range smaller still.
    """
    n = len(deviations)
    pooled = np.sqrt(np.mean(np.square(deviations)) / folds)
    return float(studentized_range.ppf(1 - LEVEL, n, n * (folds - 1)) * pooled)


def _about_tightest(silhouette: Mapping[str, Spread], accuracy: Mapping[str, Spread], best: str) -> str:
    defined = {pair: spread for pair, spread in silhouette.items() if not math.isnan(spread.mean)}
    if not defined:
        return ""
    tightest = max(defined, key=lambda pair: defined[pair].mean)
    text = f". The highest held-out silhouette is {_silhouette(defined[tightest])} ({tightest})"
    if tightest == best:
        return f"{text}, from the same pair"
    return f"{text}, where accuracy is {_accuracy(accuracy[tightest])}%"


def _pairs(grids: ByMethod[Grid[Spread]]) -> Iterator[tuple[str, Spread]]:
    for method, grid in grids.items():
        for components, spreads in grid.items():
            axes = count_name(int(components), "component")
            for clusters, spread in spreads.items():
                yield f"{METHOD_NAMES[method]}, {axes}, {count_name(int(clusters), 'cluster')}", spread


def _beside_chance(accuracy: Spread, classes: int) -> str:
    gap, chance = accuracy.mean - 1 / classes, percent(1 / classes)
    if abs(gap) <= 2 * accuracy.sd:
        return f"within two deviations of chance ({chance}%)"
    return f"{'above' if gap > 0 else 'below'} chance ({chance}%) by more than two deviations"


def _accuracy(spread: Spread) -> str:
    return f"{percent(spread.mean)} ± {percent(spread.sd)}"


def _silhouette(spread: Spread) -> str:
    text = decimals(spread.mean)
    return text if math.isnan(spread.sd) else f"{text} ± {decimals(spread.sd)}"
