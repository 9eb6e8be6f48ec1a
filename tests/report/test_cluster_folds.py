"""Sentences and table of the grid of components and clusters under cross-validation."""

from typing import Any

import pytest

from ferflow.report.sections.cluster_folds import folds_part
from ferflow.report.wording import NOTHING
from ferflow.studies.clusters.figures import ClusterFigures
from tests.cluster_figures import cluster_content

PAIRS = {"5": 0.0, "10": 0.02}  # as in the file, which sorts its keys as text


def grid(base: float, sd: float) -> dict[str, Any]:
    """One grid for both projections: to change it for one is to change it for the other."""
    of_pairs = {
        components: {clusters: {"mean": base + more + by, "sd": sd} for clusters, by in PAIRS.items()}
        for components, more in (("2", 0.0), ("3", 0.01))
    }
    return {"pca": of_pairs, "svd": of_pairs}


def content(**kept: Any) -> dict[str, Any]:
    told = cluster_content({"2": {"5": 0.4, "10": 0.4}, "3": {"5": 0.4, "10": 0.4}})
    told["classes"] = ["angry", "disgust", "happy", "sad"]
    told["kept"] |= {"components": 2, "clusters": 5, "silhouette": 0.412} | kept
    told["folds"] = {
        "n": 5,
        "silhouette": grid(0.4, 0.01),
        "accuracy": grid(0.3, 0.02),
        "training_accuracy": grid(0.35, 0.001),
    }
    return told


def part(told: dict[str, Any]) -> dict[str, Any]:
    return folds_part(ClusterFigures.model_validate(told))


def test_lines_follow_the_parameters_and_mark_the_kept_pair() -> None:
    told = content()
    told["folds"]["silhouette"]["pca"]["3"]["10"] = {"mean": None, "sd": None}
    lines = part(told)["lines"]
    assert [(line["name"], line["components"]) for line in lines] == [
        ("PCA", 2),
        ("PCA", 3),
        ("truncated SVD", 2),
        ("truncated SVD", 3),
    ]
    assert [cell["accuracy"] for cell in lines[0]["cells"]] == ["30.0 ± 2.0", "32.0 ± 2.0"]
    assert [cell["silhouette"] for cell in lines[1]["cells"]] == ["0.410 ± 0.010", NOTHING]
    assert [cell["kept"] for line in lines for cell in line["cells"]] == [True] + 7 * [False]


def test_sentences_say_what_is_held_out_and_what_is_not() -> None:
    kept, every = part(content())["sentences"]
    assert "a silhouette of 0.400 ± 0.010 (0.412 where all faces are both clustered and measured)" in kept
    assert "30.0 ± 2.0% are right (mean ± standard deviation over five folds)" in kept
    assert "above chance (25.0%) by more than two deviations" in kept
    assert "35.0 ± 0.1%, 5.0 points more: the gain of measuring on the faces that gave the names" in kept
    assert "eight pairs" in every
    assert "from 30.0 ± 2.0% (PCA, two components, five clusters) to 33.0 ± 2.0% (PCA, three comp" in every
    # Tukey's table: 4.58 deviations for 8 means and 32 degrees; that of a mean is 2 / sqrt(5) points.
    assert (
        "a range of 3.0 points. As many equally accurate pairs would seldom (5%) range over more than 4.1 "
        "points by the deviation between folds alone: no pair is shown to be better" in every
    )
    assert (
        "The highest held-out silhouette is 0.430 ± 0.010 (PCA, three components, ten clusters), from the "
        "same pair" in every
    )


@pytest.mark.parametrize(
    ("mean", "sd", "said"),
    [
        (0.26, 0.02, "within two deviations of chance (25.0%)"),
        (0.10, 0.02, "below chance (25.0%) by more than two deviations"),
    ],
)
def test_chance(mean: float, sd: float, said: str) -> None:
    told = content()
    told["folds"]["accuracy"]["pca"]["2"]["5"] = {"mean": mean, "sd": sd}
    assert said in part(told)["sentences"][0]


def test_wording_turns_with_the_numbers() -> None:
    told = content()
    told["folds"]["accuracy"] = grid(0.3, 0.001)
    told["folds"]["training_accuracy"] = grid(0.29, 0.001)
    for entry in told["folds"]["silhouette"]["pca"]["3"].values():
        entry |= {"mean": None, "sd": None}
    kept, every = part(told)["sentences"]
    assert "1.0 points less." in kept
    told["folds"]["training_accuracy"] = grid(0.3004, 0.001)
    assert "accuracy is 30.0 ± 0.1%, the same." in part(told)["sentences"][0]
    assert (
        "more than 0.2 points by the deviation between folds alone: not all pairs are equally good" in every
    )
    assert "0.420 ± 0.010 (PCA, two components, ten clusters), where accuracy is 32.0 ± 0.1%" in every
    told["folds"]["silhouette"]["pca"]["2"] = told["folds"]["silhouette"]["pca"]["3"]
    kept, every = part(told)["sentences"]
    assert "the kept pair has no silhouette, and" in kept
    assert "silhouette" not in every


def test_a_kept_pair_that_was_not_tried_has_no_sentence() -> None:
    assert len(part(content(components=9))["sentences"]) == 1
