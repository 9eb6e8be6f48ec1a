"""Figures of a k-means study that nobody made, whole as the clusters stage writes them."""

from typing import Any

from ferflow.studies.clusters.figures import NAMINGS, ClusterFigures

CLASSES = ["happy", "fear"]
Grid = dict[str, dict[str, float]]


def cluster_content(grid: Grid, *, silhouette: float | None = 0.33) -> dict[str, Any]:
    """Content of clusters.json; ``grid`` has the silhouettes by number of components and of clusters."""
    interval = {"value": 0.17, "low": 0.16, "high": 0.18}
    score = interval | {"chance": 0.5, "shuffled": 0.16, "shuffled_high": 0.17, "p": 0.5}
    clustering = {
        "accuracy": dict.fromkeys(NAMINGS, score),
        "balanced_accuracy": dict.fromkeys(NAMINGS, score),
        "components": 2,
        "clusters": 2,
        "nearest": 3,
        "silhouette": silhouette,
        "size": [6, 4],
        "ari": 0.0,
        "nmi": 0.0,
        "names": dict.fromkeys(NAMINGS, CLASSES),
        "contingency": [[3, 3], [2, 2]],
        "shown": [[2, 1], [1, 2]],
    }
    spread = {"mean": 0.16, "sd": 0.01}
    spreads = {components: dict.fromkeys(line, spread) for components, line in grid.items()}
    of_folds = {"pca": spreads, "svd": spreads}
    return {
        "faces": 10,
        "per_class": 5,
        "classes": CLASSES,
        "tried": {
            "components": [int(components) for components in grid],
            "clusters": [int(clusters) for clusters in next(iter(grid.values()))],
        },
        "silhouette": {"pca": grid, "svd": grid},
        "silhouette_structureless": grid,
        "folds": {"n": 5, "silhouette": of_folds, "accuracy": of_folds, "training_accuracy": of_folds},
        "explained_variance": {"pca": [0.3, 0.1], "svd": [0.3, 0.1]},
        "kept": clustering
        | {
            "explained_variance": 0.4,
            "silhouette_structureless": 0.3,
            "lighting": [0.9, 0.8],
            "between_classes": 0.01,
            "draws": {"n": 2, "accuracy": dict.fromkeys(NAMINGS, spread | {"values": [0.15, 0.17]})},
        },
        "larger": clustering
        | {
            "faces": 20,
            "per_class": [10, 10],
            "largest_class": 0.5,
            "gain": dict.fromkeys(("accuracy", "balanced_accuracy"), dict.fromkeys(NAMINGS, interval)),
        },
    }


def cluster_figures(grid: Grid, *, silhouette: float | None = 0.33) -> ClusterFigures:
    return ClusterFigures.model_validate(cluster_content(grid, silhouette=silhouette))
