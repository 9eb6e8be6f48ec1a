"""What the report says of the grid of components and clusters under cross-validation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import norm

from ferflow.report.wording import NOTHING, count_name, number
from ferflow.studies.clusters.names import METHOD_NAMES

Content = Mapping[str, Any]
Entry = Mapping[str, Any]  # mean and sd over the folds


def folds_part(content: Content) -> dict[str, Any]:
    """Gather sentences and the lines of the table from the content of clusters.json."""
    return {
        "lines": [
            _line(content, method, components)
            for method in content["folds"]["accuracy"]
            for components in content["tried"]["components"]
        ],
        "sentences": [*_about_kept(content), _about_all(content)],
    }


def _line(content: Content, method: str, components: int) -> dict[str, Any]:
    folds, keep = content["folds"], content["kept"]
    kept = (keep["components"], keep["clusters"])
    accuracy, silhouette = (folds[name][method][str(components)] for name in ("accuracy", "silhouette"))
    return {
        "name": METHOD_NAMES[method],
        "components": components,
        "cells": [
            {
                "accuracy": _percent(accuracy[str(clusters)]),
                "silhouette": _plain(silhouette[str(clusters)]),
                "kept": method == "pca" and (components, clusters) == kept,
            }
            for clusters in content["tried"]["clusters"]
        ],
    }


def _about_kept(content: Content) -> list[str]:
    """Set the kept pair's held-out figures beside those on all faces; nothing if it is not in the grid."""
    folds, on_all = content["folds"], content["kept"]
    components, clusters = str(on_all["components"]), str(on_all["clusters"])
    silhouette, accuracy, in_training = (
        folds[name]["pca"].get(components, {}).get(clusters)
        for name in ("silhouette", "accuracy", "training_accuracy")
    )
    if accuracy is None:
        return []
    cloud = (
        "has no silhouette"
        if silhouette["mean"] is None
        else f"has a silhouette of {_plain(silhouette)} (on all faces, which are clustered and measured at "
        f"once, {_decimals(on_all['silhouette'])})"
    )
    more = in_training["mean"] - accuracy["mean"]
    return [
        f"On faces that had no part in finding or naming the clusters the kept pair {cloud}, and "
        f"{_percent(accuracy)}% are right (mean ± standard deviation over {count_name(folds['n'], 'fold')}), "
        f"{_beside_chance(accuracy, len(content['classes']))}. Measured on the faces that were named it is "
        f"{_percent(in_training)}%, {number(abs(more), 'accuracy')} points "
        f"{'more: the gain of measuring where one has named' if more > 0 else 'less'}."
    ]


def _about_all(content: Content) -> str:
    """Name the best pair by either figure, and say whether the accuracies of the grid differ at all."""
    folds, classes = content["folds"], len(content["classes"])
    accuracy, silhouette = dict(_pairs(folds["accuracy"])), dict(_pairs(folds["silhouette"]))
    best = max(accuracy, key=lambda pair: accuracy[pair]["mean"])
    worst = min(accuracy, key=lambda pair: accuracy[pair]["mean"])
    spread = accuracy[best]["mean"] - accuracy[worst]["mean"]
    by_chance = _range_by_chance([entry["sd"] for entry in accuracy.values()], folds["n"])
    return (
        f"Over {count_name(len(accuracy), 'pair')} of projection and clusters held-out accuracy goes from "
        f"{_percent(accuracy[worst])}% ({worst}) to {_percent(accuracy[best])}% ({best}), "
        f"{number(spread, 'accuracy')} points. As many pairs of one and the same accuracy would lie "
        f"{number(by_chance, 'accuracy')} points apart by the deviation between folds alone: "
        f"{'no pair is shown to be better' if spread <= by_chance else 'not all pairs are equally good'}"
        f"{_about_tightest(silhouette, accuracy, best)}. Chance is {number(1 / classes, 'accuracy')}%."
    )


def _range_by_chance(deviations: Sequence[float], folds: int) -> float:
    """Give the expected range of as many means over folds, all of one expectation (Blom 1958)."""
    n = len(deviations)
    pooled = np.sqrt(np.mean(np.square(deviations)) / folds)
    return float(2 * norm.ppf((n - 0.375) / (n + 0.25)) * pooled)


def _about_tightest(silhouette: Mapping[str, Entry], accuracy: Mapping[str, Entry], best: str) -> str:
    known = {pair: entry for pair, entry in silhouette.items() if entry["mean"] is not None}
    if not known:
        return ""
    tightest = max(known, key=lambda pair: known[pair]["mean"])
    text = f". The highest held-out silhouette is {_plain(known[tightest])} ({tightest})"
    if tightest == best:
        return f"{text}, of the same pair"
    return f"{text}, where accuracy is {_percent(accuracy[tightest])}%"


def _pairs(grids: Mapping[str, Any]) -> Iterator[tuple[str, Entry]]:
    for method, grid in grids.items():
        for components, entries in grid.items():
            axes = count_name(int(components), "component")
            for clusters, entry in entries.items():
                yield f"{METHOD_NAMES[method]}, {axes}, {count_name(int(clusters), 'cluster')}", entry


def _beside_chance(accuracy: Entry, classes: int) -> str:
    gap, chance = accuracy["mean"] - 1 / classes, number(1 / classes, "accuracy")
    if abs(gap) <= 2 * accuracy["sd"]:
        return f"within two deviations of chance ({chance}%)"
    return f"{'above' if gap > 0 else 'below'} chance ({chance}%) by more than two deviations"


def _percent(entry: Entry) -> str:
    return f"{number(entry['mean'], 'accuracy')} ± {number(entry['sd'], 'accuracy')}"


def _plain(entry: Entry) -> str:
    text = _decimals(entry["mean"])
    return text if entry["sd"] is None else f"{text} ± {_decimals(entry['sd'])}"


def _decimals(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}".replace("-", "\N{MINUS SIGN}")
