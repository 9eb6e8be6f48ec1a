import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import silhouette_score

from ferflow.errors import InputError
from ferflow.models import kmeans
from ferflow.models.kmeans import KMeansClassifier
from ferflow.models.softmax import SoftmaxClassifier

GROUPS = np.array([[20, 20], [20, 230], [230, 20], [230, 230]])


def faces(
    sizes: tuple[int, ...] = (40, 40, 40, 40), seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Pixels in up to four well separated groups, and the group of each."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    X = np.hstack([GROUPS[group], np.full((len(group), 3), 100)]) + rng.normal(0, 8, (len(group), 5))
    return np.clip(X, 0, 255).astype(np.uint8), group


def model(**settings: Any) -> KMeansClassifier:
    return KMeansClassifier(**{"n_components": 2, "n_clusters": 4, **settings})


def test_separate_groups_are_found_and_named() -> None:
    X, group = faces()
    y = np.array(["fear", "happy", "sad", "angry"])[group]
    estimator = model().fit(X, y)
    assert estimator.score(X, y) == 1
    assert estimator.silhouette_ > 0.8
    assert len(np.unique(estimator.predict_cluster(X))) == 4
    for mine in range(4):
        assert len(np.unique(estimator.predict_cluster(X[group == mine]))) == 1


def test_one_to_one_names_every_class_where_majority_forgets_one() -> None:
    X, group = faces((60, 60), seed=1)
    y = np.zeros(len(group), dtype=int)
    y[group == 1] = (np.arange(60) % 5 == 0).astype(int)  # a fifth of the second group is class 1
    assert set(model(n_clusters=2).fit(X, y).predict(X)) == {0}
    fair = model(n_clusters=2, mapping="one-to-one").fit(X, y)
    assert list(fair.predict(X)) == list(group)


def test_clusters_beyond_the_classes_go_by_majority() -> None:
    X, group = faces()
    y = np.minimum(group, 1)  # groups 1, 2 and 3 are one class
    estimator = model(mapping="one-to-one").fit(X, y)
    assert estimator.score(X, y) == 1


def test_fewer_clusters_than_classes() -> None:
    X, group = faces()
    estimator = model(n_clusters=2, mapping="one-to-one").fit(X, group)
    assert len(set(estimator.predict(X))) == 2


@pytest.mark.parametrize("mapping", ["majority", "one-to-one"])
def test_probabilities_agree_with_the_nearest_cluster(mapping: str) -> None:
    rng = np.random.default_rng(0)
    X, y = (
        rng.integers(0, 256, (400, 6)).astype(np.uint8),
        rng.choice(["a", "b", "c"], 400, p=[0.6, 0.3, 0.1]),
    )
    estimator = KMeansClassifier(n_components=3, n_clusters=5, mapping=mapping).fit(X, y)
    probabilities = estimator.predict_proba(X)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert (probabilities > 0).all()
    assert list(estimator.classes_[probabilities.argmax(axis=1)]) == list(estimator.predict(X))
    names = estimator.classes_[estimator.cluster_class_[estimator.predict_cluster(X)]]
    assert list(names) == list(estimator.predict(X))


def test_probabilities_are_those_of_equal_round_gaussians() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (300, 6)).astype(np.float64), rng.integers(0, 3, 300)
    weight = rng.uniform(0.2, 3.0, 300)
    estimator = KMeansClassifier(n_components=3, n_clusters=5).fit(X, y, weight)
    points = (X - X.mean(axis=0)) @ estimator.components_.T
    squared = ((points[:, None] - estimator.cluster_centers_) ** 2).sum(axis=2)
    cluster = squared.argmin(axis=1)
    variance = weight @ squared.min(axis=1) / (3 * weight.sum())
    density = np.exp(-squared / (2 * variance))
    near = density / density.sum(axis=1, keepdims=True)
    count = np.array([[weight[(cluster == c) & (y == k)].sum() + 1 for k in range(3)] for c in range(5)])
    assert estimator.cluster_class_.tolist() == count.argmax(axis=1).tolist()
    mixed = near @ (count / count.sum(axis=1, keepdims=True))
    result, named = estimator.predict_proba(X), count.argmax(axis=1)[cluster]
    np.testing.assert_allclose(np.sort(result), np.sort(mixed), rtol=1e-6)
    agree = mixed.argmax(axis=1) == named
    assert 0 < agree.sum() < 300
    np.testing.assert_allclose(result[agree], mixed[agree], rtol=1e-6)
    of_truth = result[np.arange(300), y]
    assert estimator.history_[0]["train_loss"] == pytest.approx(-np.average(np.log(of_truth), weights=weight))
    assert estimator.silhouette_ == pytest.approx(silhouette_score(points, cluster))


def test_of_several_starts_the_best_is_taken_and_the_seed_decides_them() -> None:
    X = np.random.default_rng(0).integers(0, 256, (200, 6)).astype(np.uint8)
    y = np.arange(200) % 2
    one, other, best = (
        KMeansClassifier(n_components=6, n_clusters=8, n_init=n, random_state=seed).fit(X, y)
        for n, seed in ((1, 0), (1, 1), (12, 0))
    )
    assert one.variance_ != other.variance_
    assert best.variance_ < min(one.variance_, other.variance_)


def test_history_has_one_row() -> None:
    X, group = faces()
    rows: list[dict[str, float]] = []
    estimator = model().fit(X, group, validation=(X, group), progress=rows.append)
    assert estimator.history_ == rows
    assert len(rows) == 1
    assert rows[0]["epoch"] == 1
    assert np.isnan(rows[0]["lr"])
    assert rows[0]["train_loss"] == pytest.approx(rows[0]["validation_loss"])
    assert rows[0]["validation_macro_f1"] == 1


def test_the_labels_do_not_move_the_clusters_but_weights_do() -> None:
    X, group = faces()
    one, other = model(n_clusters=3).fit(X, group), model(n_clusters=3).fit(X, group % 2)
    assert np.array_equal(one.cluster_centers_, other.cluster_centers_)
    heavy = model(n_clusters=3).fit(X, group, np.where(group == 0, 10.0, 1.0))
    assert not np.array_equal(one.cluster_centers_, heavy.cluster_centers_)


def test_saved_and_loaded(tmp_path: Path) -> None:
    X, group = faces()
    estimator = model().fit(X, group)
    estimator.save(tmp_path / "a.safetensors")
    model().fit(X, group).save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    copy = KMeansClassifier.load(tmp_path / "a.safetensors")
    assert np.array_equal(copy.predict_proba(X), estimator.predict_proba(X))
    assert copy.silhouette_ == estimator.silhouette_
    assert copy.parameter_count_ == estimator.parameter_count_ == 5 + 2 * 5 + 4 * 2 + 4 * 4
    assert copy.macs_ == 2 * 5 + 4 * 2 + 4 * 4


def test_silhouette_of_one_cluster_is_undefined(tmp_path: Path) -> None:
    X, group = faces()
    estimator = model(n_clusters=1).fit(X, group)
    assert np.isnan(estimator.silhouette_)
    estimator.save(tmp_path / "m.safetensors")
    assert np.isnan(KMeansClassifier.load(tmp_path / "m.safetensors").silhouette_)


def test_loading_another_kind(tmp_path: Path) -> None:
    SoftmaxClassifier(epochs=1).fit(*faces()).save(tmp_path / "m.safetensors")
    with pytest.raises(InputError, match="of kind 'softmax', not 'kmeans'"):
        KMeansClassifier.load(tmp_path / "m.safetensors")


def test_what_cannot_be_fitted() -> None:
    X, group = faces()
    with pytest.raises(ValueError, match="mapping must be one of majority, one-to-one"):
        model(mapping="best").fit(X, group)
    with pytest.raises(ValueError, match="one class only"):
        model().fit(X, np.zeros(len(X)))


def test_more_clusters_than_faces_is_an_error_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    X, group = faces((14, 14))
    message = "^kmeans: n_clusters is 70, but its clusters are found on 28 faces; lower it to 28 or less$"
    with pytest.raises(InputError, match=message):
        model(n_clusters=70).fit(X, group)
    with pytest.raises(ValueError, match=message):  # as scikit-learn has it
        model(n_clusters=70).fit(X, group)
    monkeypatch.setattr(kmeans, "_ROWS_AT_MOST", 20)
    with pytest.raises(InputError, match="found on 20 faces"):
        model(n_clusters=21).fit(X, group)


def test_of_many_rows_some_find_the_clusters_and_all_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    X, group = faces((60, 60), seed=1)
    y = (group == 1).astype(int)
    monkeypatch.setattr(kmeans, "_ROWS_AT_MOST", 30)
    some = model(n_clusters=2).fit(X, y)
    again = model(n_clusters=2).fit(X, y)
    assert np.array_equal(some.cluster_centers_, again.cluster_centers_)
    assert not np.allclose(some.mean_, X.mean(0))  # of 30 rows
    assert some.score(X, y) == 1
    # One is added to each count: 61 of 62 rows of each cluster are of its class.
    assert some.cluster_share_.max(1) == pytest.approx(61 / 62)


def test_distances_to_all_centres_are_never_held_for_all_rows() -> None:
    X, y = faces((300,) * 4)
    estimator = model(n_clusters=400, n_init=1).fit(X, y)
    many = np.tile(X, (20, 1))
    tracemalloc.start()
    probabilities = estimator.predict_proba(many)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.array_equal(probabilities[: len(X)].argmax(axis=1), estimator.predict(X))
    assert most < len(many) * 400 * 8 / 2
