"""The figures of the k-means study, each found again from what it is made of."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import balanced_accuracy_score, normalized_mutual_info_score

from ferflow.data.faces import Faces, make_faces
from ferflow.evaluation.metrics import percentile_interval, resample_counts
from ferflow.params import Evaluate
from ferflow.studies.clusters import study as module
from ferflow.studies.clusters.clustering import (
    Clustering,
    draw_faces,
    find_clusters,
    lighting_share,
    project,
    scale_pixels,
    structureless,
)
from ferflow.studies.clusters.figures import NAMINGS
from ferflow.studies.clusters.folds import Subset, measure_grid, measure_pair
from ferflow.studies.clusters.naming import METRICS, measure, score
from ferflow.studies.clusters.study import Study, study
from tests.studies.test_clusters import CLASSES, bright_faces, chosen

SETTINGS = chosen(seed=3, larger=2)
BOOTSTRAP = Evaluate(resamples=120, confidence=0.8, seed=5)


@pytest.fixture(scope="module")
def faces() -> Faces:
    """Make faces whose classes overlap, so that no figure is 1."""
    return bright_faces(contrast=9.0)


@pytest.fixture(scope="module")
def found(faces: Faces) -> Study:
    return study(faces, SETTINGS, BOOTSTRAP)


def cloud(n: int = 90, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(n, 2)) * [2.0, 1.0]


def clusters_of(faces: Faces, drawn: NDArray[np.int64], seed: int) -> Clustering:
    points, _ = project(scale_pixels(faces.pixels[drawn]), "pca", 3, seed)
    return find_clusters(points[:, :2], 3, seed)


def test_k_means_is_the_best_of_ten_starts_from_the_seed() -> None:
    points = cloud()
    best = KMeans(7, n_init=10, random_state=11).fit(points).cluster_centers_
    centroids = find_clusters(points, 7, seed=11).centroids
    np.testing.assert_allclose(centroids, best[np.argsort(best[:, 0])])
    assert not np.allclose(centroids, find_clusters(points, 7, seed=0).centroids)


def test_a_pair_is_found_from_the_seed() -> None:
    points, label = cloud(), np.arange(90) % 3
    held_out = Subset(cloud(30, seed=1), np.arange(30) % 3)
    kmeans = KMeans(7, n_init=4, random_state=4).fit(points)
    counts = np.array([np.bincount(label[kmeans.labels_ == index], minlength=3) for index in range(7)])
    guess = counts.argmax(axis=1)[kmeans.predict(held_out.points)]
    _, accuracy, in_training = measure_pair(Subset(points, label), held_out, 7, seed=4)
    assert accuracy == (guess == held_out.label).mean()
    assert in_training == counts.max(axis=1).sum() / 90
    others = [measure_pair(Subset(points, label), held_out, 7, seed) for seed in range(4)]
    assert len({figures[2] for figures in others}) > 1


def test_nearest_is_by_straight_distance_and_random_by_the_seed() -> None:
    points = np.array([[3.0, 3.0], [0.0, 4.0], [5.0, 5.0], [1.0, 0.0]])
    clustering = Clustering(points, np.zeros(4, dtype=np.int64), np.zeros((1, 2)))
    assert clustering.nearest(4)[0].tolist() == [3, 1, 0, 2]
    orders = {tuple(clustering.at_random(4, seed)[0].tolist()) for seed in range(6)}
    assert len(orders) > 2


def test_where_each_face_is_a_cluster_of_its_own_there_is_no_silhouette() -> None:
    alone = Clustering(cloud(5), np.arange(5), cloud(5))
    assert np.isnan(alone.silhouette())


def test_a_cloud_without_clusters_is_drawn_from_the_seed() -> None:
    points = cloud()
    np.testing.assert_array_equal(structureless(points, 1), structureless(points, 1))
    assert not np.array_equal(structureless(points, 1), structureless(points, 0))


def test_light_from_above_is_explained_as_light_from_the_side_is() -> None:
    slope = np.random.default_rng(0).normal(0, 20, 200)
    pixels = 128 + slope[:, None, None] * np.linspace(-1, 1, 10)[:, None] + np.zeros((1, 1, 8))
    (share,) = lighting_share(np.clip(pixels, 0, 255).round().astype(np.uint8), slope[:, None])
    assert share > 0.98


def test_names_are_held_against_shuffled_labels_and_resamples() -> None:
    label = np.arange(3).repeat([20, 30, 40])
    clustering = find_clusters(cloud() + label[:, None] * [0.8, 0.0], 4, seed=0)
    nearest = clustering.nearest(6)
    names = (*CLASSES, "sad")  # which no face shows
    agreement = measure(clustering.cluster, nearest, label, names, BOOTSTRAP)
    figures, value = agreement.figures, score(clustering.cluster, nearest, label, 4)
    rng = np.random.default_rng(5)
    shuffled = np.stack([score(clustering.cluster, nearest, rng.permutation(label), 4) for _ in range(120)])
    low, high = percentile_interval(agreement.drawn, 0.8)
    for row, metric in enumerate(METRICS):
        for column, naming in enumerate(NAMINGS):
            entry, by_chance = figures[metric][naming], shuffled[:, row, column]
            assert entry.value == value[row, column]
            assert (entry.low, entry.high) == (low[row, column], high[row, column])
            assert entry.shuffled == pytest.approx(by_chance.mean())
            assert entry.shuffled_high == pytest.approx(np.quantile(by_chance, 0.8))
            assert entry.p == pytest.approx((1 + (by_chance >= entry.value - 1e-9).sum()) / 121)
    guess = np.array([names.index(name) for name in figures.names.majority])[clustering.cluster]
    assert figures.balanced_accuracy.majority.value == pytest.approx(balanced_accuracy_score(label, guess))
    assert figures.nmi == normalized_mutual_info_score(label, clustering.cluster)
    right = np.concatenate(list(resample_counts(90, 120, seed=5))) @ (guess == label) / 90
    np.testing.assert_allclose(agreement.drawn[:, 0, NAMINGS.index("majority")], right)


def test_shuffles_that_do_as_well_count_as_much_as_better_ones() -> None:
    label = np.arange(3).repeat(10)
    agreement = measure(np.zeros(30, dtype=np.int64), [np.arange(30)], label, CLASSES, BOOTSTRAP)
    assert {agreement.figures.accuracy[naming].p for naming in NAMINGS} == {1.0}


def test_the_kept_clustering_is_of_the_faces_that_the_seed_draws(faces: Faces, found: Study) -> None:
    drawn, kept = draw_faces(faces.label, 12, 3), found.figures.kept
    np.testing.assert_array_equal(found.faces, drawn)
    again = clusters_of(faces, drawn, 3)
    np.testing.assert_array_equal(found.clustering.cluster, again.cluster)
    assert kept.size == np.bincount(again.cluster).tolist()
    assert kept.lighting == pytest.approx(lighting_share(faces.pixels[drawn], again.points))
    assert kept.explained_variance == pytest.approx(sum(found.figures.explained_variance.pca[:2]))
    assert kept.silhouette_structureless == found.figures.silhouette_structureless["2"]["3"]
    assert kept.silhouette_structureless != kept.silhouette


def test_further_draws_have_seeds_of_their_own(faces: Faces, found: Study) -> None:
    draws = found.figures.kept.draws
    for seed in (4, 8):
        drawn = draw_faces(faces.label, 12, seed)
        again = clusters_of(faces, drawn, seed)
        accuracy = score(again.cluster, again.nearest(5), faces.label[drawn], 3)[0]
        assert [draws.accuracy[naming].values[seed - 4] for naming in NAMINGS] == accuracy.tolist()
    for naming in NAMINGS:
        spread = draws.accuracy[naming]
        assert spread.sd == pytest.approx(np.std(spread.values, ddof=1))


def test_the_gain_of_more_faces_is_between_resamples_that_have_nothing_in_common(
    faces: Faces, found: Study
) -> None:
    drawn = draw_faces(faces.label, 24, 3)
    again = clusters_of(faces, drawn, 3)
    one = measure(
        *(found.clustering.cluster, found.clustering.nearest(5), faces.label[found.faces], CLASSES, BOOTSTRAP)
    )
    other = BOOTSTRAP.model_copy(update={"seed": 6})
    two = measure(again.cluster, again.nearest(5), faces.label[drawn], CLASSES, other)
    low, high = percentile_interval(two.drawn - one.drawn, 0.8)
    larger = found.figures.larger
    assert larger.per_class == [24, 12, 24]
    assert larger.largest_class == 24 / 60
    for row, metric in enumerate(METRICS):
        for column, naming in enumerate(NAMINGS):
            gain = getattr(larger.gain, metric)[naming]
            assert gain.value == two.figures[metric][naming].value - one.figures[metric][naming].value
            assert (gain.low, gain.high) == (low[row, column], high[row, column])


def test_folds_part_neither_copies_nor_people(faces: Faces, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = faces.pixels.copy()
    pixels[1] = pixels[0]
    group = [f"p{index // 2}" if index % 5 else "" for index in range(len(faces))]
    people = make_faces(pixels, faces.label, faces.usage, CLASSES, faces.origin, group)
    groups: list[NDArray[np.int64]] = []

    def listening(*arguments: object) -> object:
        groups.append(np.asarray(arguments[2]))
        return measure_grid(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "measure_grid", listening)
    drawn = study(people, SETTINGS, BOOTSTRAP).faces
    together = np.equal.outer(groups[0], groups[0])
    names, marks = people.group[drawn], people.fingerprint[drawn]
    same = (np.equal.outer(names, names) & (names != "")) | np.equal.outer(marks, marks)
    assert same.sum() > len(drawn)
    assert (together[same]).all()
    assert together.sum() < len(drawn) ** 2 / 4
