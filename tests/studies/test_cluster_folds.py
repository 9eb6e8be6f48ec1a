"""The grid of components and clusters: found on the other folds, measured on the fold held out."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import MinMaxScaler

from ferflow.data.faces import Faces
from ferflow.errors import InputError
from ferflow.plots.clusters import over_folds
from ferflow.studies.clusters import folds
from ferflow.studies.clusters.figures import METHODS
from ferflow.studies.clusters.folds import FIGURES, Subset, divide, measure_grid, measure_pair
from tests.studies.test_clusters import blobs, bright_faces, chosen


@pytest.fixture(scope="module")
def faces() -> Faces:
    return bright_faces(counts=(20, 20, 20))


def test_copies_of_a_face_are_in_one_fold_and_classes_are_even() -> None:
    label = np.repeat([0, 1], 30)
    fingerprint = np.array([f"face {index // 3}" for index in range(60)])  # three copies of each
    division = divide(label, fingerprint, 5, seed=0)
    assert np.array_equal(np.sort(np.concatenate([held_out for _, held_out in division])), np.arange(60))
    for training, held_out in division:
        assert not set(fingerprint[training]) & set(fingerprint[held_out])
        assert not set(training) & set(held_out)
        assert np.bincount(label[held_out]).tolist() == [6, 6]
    again = divide(label, fingerprint, 5, seed=0)
    assert all(np.array_equal(one[1], other[1]) for one, other in zip(division, again, strict=True))
    others = divide(label, fingerprint, 5, seed=1)
    assert any(not np.array_equal(one[1], other[1]) for one, other in zip(division, others, strict=True))


def test_a_pair_is_found_and_named_on_one_side_and_measured_on_the_other() -> None:
    points, group = blobs(60)
    others, of_others = blobs(30, seed=1)
    silhouette, accuracy, in_training = measure_pair(Subset(points, group), Subset(others, of_others), 3, 0)
    assert silhouette == pytest.approx(silhouette_score(others, of_others))
    assert (accuracy, in_training) == (1, 1)
    # Other labels held out change neither clusters nor names: only the accuracy.
    turned = (of_others + 1) % 3
    assert measure_pair(Subset(points, group), Subset(others, turned), 3, 0) == (silhouette, 0, 1)


def test_one_cluster_held_out_has_no_silhouette() -> None:
    points, group = blobs(60)
    left = Subset(points[:10], group[:10])
    silhouette, accuracy, _ = measure_pair(Subset(points, group), left, 3, 0)
    assert np.isnan(silhouette)
    assert accuracy == 1


def test_nothing_is_fitted_on_the_fold_held_out(faces: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = (MinMaxScaler, PCA, TruncatedSVD, KMeans)
    seen: dict[type, set[int]] = {kind: set() for kind in kinds}

    def spy_on(kind: type, method: str) -> None:
        original = getattr(kind, method)

        def spy(self: object, X: np.ndarray, *rest: object, **options: object) -> object:
            seen[kind].add(len(X))
            return original(self, X, *rest, **options)

        monkeypatch.setattr(kind, method, spy)

    spy_on(MinMaxScaler, "fit_transform")
    spy_on(PCA, "fit_transform")
    spy_on(TruncatedSVD, "fit_transform")
    spy_on(KMeans, "fit")
    measure_grid(faces.pixels, faces.label, faces.fingerprint, chosen())
    assert all(sizes == {40} for sizes in seen.values())  # of 60 faces, in three folds


def test_all_that_is_drawn_is_drawn_with_the_seed(faces: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: dict[str, set[object]] = {}

    def note(name: str, place: int) -> None:
        original = getattr(folds, name)

        def noting(*arguments: object, **options: object) -> object:
            seed = options["random_state"] if "random_state" in options else arguments[place]
            seeds.setdefault(name, set()).add(seed)
            return original(*arguments, **options)

        monkeypatch.setattr(folds, name, noting)

    note("projection", 2)
    note("KMeans", -1)
    note("StratifiedGroupKFold", -1)
    measure_grid(faces.pixels, faces.label, faces.fingerprint, chosen(seed=5, components=[2], clusters=[3]))
    assert seeds == {"projection": {5}, "KMeans": {5}, "StratifiedGroupKFold": {5}}


def test_as_many_folds_or_clusters_as_there_are_faces_will_do() -> None:
    folds._check_folds(np.repeat([0, 1], 20), chosen(folds=20))
    folds._check_training(40, chosen(clusters=[2, 40]))


def test_the_fold_that_leaves_the_fewest_faces_decides(faces: Faces) -> None:
    label, group = np.zeros(12, np.int64), np.array(["one"] * 7 + list("abcde"))
    left = [len(training) for training, _ in divide(label, group, 2, 0)]
    assert min(left) < max(left)
    with pytest.raises(InputError, match=f"cannot be found in the {min(left)} faces"):
        measure_grid(faces.pixels[:12], label, group, chosen(folds=2, clusters=[2, max(left)], seed=0))


def test_the_grid_holds_mean_and_deviation_of_every_pair(faces: Faces) -> None:
    settings = chosen()
    grid = measure_grid(faces.pixels, faces.label, faces.fingerprint, settings)
    assert grid.n == 3
    for figure in FIGURES:
        for method in METHODS:
            assert {c: set(line) for c, line in getattr(grid, figure)[method].items()} == {
                "2": {"2", "3", "4"},
                "3": {"2", "3", "4"},
            }
    assert grid.accuracy.pca["2"]["3"].mean > 0.9  # brightness tells these classes
    assert grid.accuracy.pca["2"]["2"].mean < 0.75  # two clusters name two classes only
    division = divide(faces.label, faces.fingerprint, 3, 0)
    flat = faces.pixels.reshape(60, -1)
    label = faces.label.astype(np.int64)
    each = np.array([folds._of_fold(flat, label, fold, "svd", settings)[1, 2] for fold in division])
    entry = [getattr(grid, figure).svd["3"]["4"] for figure in FIGURES]
    assert np.allclose([one.mean for one in entry], each.mean(axis=0))
    assert np.allclose([one.sd for one in entry], each.std(axis=0, ddof=1))


def test_labels_that_cannot_be_seen_are_named_no_better_than_by_chance_where_held_out(faces: Faces) -> None:
    label = np.random.default_rng(0).permutation(faces.label)
    grid = measure_grid(faces.pixels, label, faces.fingerprint, chosen(clusters=[12]))
    assert grid.training_accuracy.pca["2"]["12"].mean > 0.5
    assert grid.accuracy.pca["2"]["12"].mean < 0.45


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"folds": 21}, "21 folds need as many faces of each class, and there are 20"),
        (
            {"clusters": [2, 41]},
            "41 components or clusters cannot be found in the 40 faces that 3 folds leave",
        ),
    ],
)
def test_too_many_folds_or_clusters(faces: Faces, changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        measure_grid(faces.pixels, faces.label, faces.fingerprint, chosen(**changes))


def test_figure_has_a_row_a_figure_and_a_column_a_projection() -> None:
    lines = {"2": {"5": (0.3, 0.01), "6": (0.2, 0.02)}, "3": {"5": (0.2, 0.01), "6": (0.1, 0.02)}}
    nothing = {"2": {"5": (np.nan, np.nan), "6": (np.nan, np.nan)}}
    panels = {
        "held-out silhouette": {"PCA": nothing, "SVD": lines},
        "held-out accuracy": {"PCA": lines, "SVD": lines},
    }
    axes = over_folds(panels, chance=1 / 7, title="t").axes
    assert [panel.get_title(loc="left") for panel in axes] == ["PCA", "SVD"] * 2
    assert [len(panel.containers) for panel in axes] == [1, 2, 2, 2]
    assert "held-out accuracy" in axes[2].get_ylabel()
