import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn.metrics import adjusted_rand_score, balanced_accuracy_score, silhouette_score

from ferflow.data.faces import Faces, make_faces, save_faces
from ferflow.engines.stages import Job
from ferflow.errors import InputError
from ferflow.params import Clusters, Evaluate
from ferflow.plots.clusters import contact_sheet
from ferflow.plots.clusters import silhouettes as silhouette_figure
from ferflow.studies.clusters.clustering import (
    Clustering,
    class_share,
    draw_faces,
    find_clusters,
    lighting_share,
    project,
    scale_pixels,
    silhouettes,
    structureless,
)
from ferflow.studies.clusters.figures import NAMINGS
from ferflow.studies.clusters.naming import measure, name_clusters, tabulate
from ferflow.studies.clusters.pictures import draw_study
from ferflow.studies.clusters.study import Study, study
from tests.vouching import vouch_for_inputs

REPOSITORY = Path(__file__).parents[2]
CLASSES = ("angry", "disgust", "happy")
BOOTSTRAP = Evaluate(resamples=200, confidence=0.95, seed=0)
CHOSEN = {
    "components": [2, 3],
    "clusters": [2, 3, 4],
    "keep": {"components": 2, "clusters": 3},
    "nearest": 5,
    "larger": 3,
    "folds": 3,
    "seed": 0,
}


def chosen(**changes: object) -> Clusters:
    return Clusters.model_validate(CHOSEN | changes)


def blobs(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three well separated groups, from left to right, and the group of each point."""
    group = np.arange(3).repeat(n // 3)
    noise = np.random.default_rng(seed).normal(0, 0.3, (n, 2))
    return noise + np.array([[-9.0, 0.0], [0.0, 3.0], [9.0, 0.0]])[group], group


def bright_faces(counts: tuple[int, ...] = (30, 12, 24), size: int = 12, contrast: float = 70.0) -> Faces:
    """Make faces whose brightness tells the class, the better the greater ``contrast``."""
    rng = np.random.default_rng(1)
    label = np.repeat(np.arange(len(counts)), counts)
    light = 50 + contrast * label + rng.normal(0, 8, len(label))
    slope = rng.normal(0, 15, len(label))[:, None, None] * np.linspace(-1, 1, size)
    noise = rng.normal(0, 4, (len(label), size, size))
    pixels = np.clip(light[:, None, None] + slope + noise, 0, 255).astype(np.uint8)
    usage = np.full(len(label), "Training")
    return make_faces(pixels, label.astype(np.int16), usage, CLASSES, [str(i) for i in range(len(label))])


@pytest.fixture(scope="module")
def faces() -> Faces:
    return bright_faces()


@pytest.fixture(scope="module")
def small_study(faces: Faces) -> Study:
    return study(faces, chosen(), BOOTSTRAP)


def test_draws_as_many_of_each_class_and_all_where_there_are_fewer() -> None:
    label = np.repeat([0, 1, 2], [50, 9, 20])
    rows = draw_faces(label, 12, seed=3)
    assert np.bincount(label[rows]).tolist() == [12, 9, 12]
    assert len(set(rows.tolist())) == len(rows)
    assert (np.diff(rows) > 0).all()
    assert np.array_equal(rows, draw_faces(label, 12, seed=3))
    assert not np.array_equal(rows, draw_faces(label, 12, seed=4))


def test_each_pixel_is_scaled_over_the_faces() -> None:
    pixels = np.array([[[10, 7]], [[60, 7]], [[110, 7]]], dtype=np.uint8)
    assert np.allclose(scale_pixels(pixels), [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]])


def test_pca_takes_the_mean_face_away_and_svd_does_not(faces: Faces) -> None:
    scaled = scale_pixels(faces.pixels)
    pca, explained = project(scaled, "pca", 4, 0)
    svd, _ = project(scaled, "svd", 4, 0)
    assert np.allclose(pca.mean(axis=0), 0, atol=1e-4)
    assert abs(svd[:, 0].mean()) > 1
    assert np.allclose(explained, pca.var(axis=0, ddof=1) / scaled.var(axis=0, ddof=1).sum(), rtol=1e-3)
    fewer, _ = project(scaled, "pca", 2, 0)
    assert np.allclose(pca[:, :2], fewer, atol=1e-2)


def test_clusters_are_found_and_numbered_along_the_first_component() -> None:
    points, group = blobs()
    order = np.random.default_rng(5).permutation(len(points))
    clustering = find_clusters(points[order], 3, seed=0)
    assert np.array_equal(clustering.cluster, group[order])
    assert (np.diff(clustering.centroids[:, 0]) > 0).all()
    assert np.isclose(clustering.silhouette(), silhouette_score(points, group))


def test_the_nearest_are_members_nearest_first() -> None:
    points = np.array([[0.0], [3.0], [1.0], [10.0], [5.4]])
    clustering = Clustering(points, np.array([0, 0, 0, 1, 1]), np.array([[1.2], [7.0]]))
    assert [group.tolist() for group in clustering.nearest(2)] == [[2, 0], [4, 3]]
    assert [len(group) for group in clustering.nearest(14)] == [3, 2]
    random = clustering.at_random(2, seed=0)
    assert set(random[0].tolist()) < {0, 1, 2}
    assert set(random[1].tolist()) == {3, 4}


def test_silhouette_of_one_cluster_has_no_meaning() -> None:
    points, _ = blobs()
    single = Clustering(points, np.zeros(len(points), dtype=np.int64), np.zeros((1, 2)))
    assert np.isnan(single.silhouette())


def test_a_cloud_without_clusters_has_the_spread_but_not_the_silhouette() -> None:
    points, _ = blobs(300)
    cloud = structureless(points, seed=0)
    assert np.allclose(cloud.std(axis=0), points.std(axis=0), rtol=0.15)
    tried = silhouettes(points, [1, 2], [2, 3], 0)
    assert list(tried) == ["1", "2"]
    assert list(tried["2"]) == ["2", "3"]
    assert tried["2"]["3"] > 0.85
    assert silhouettes(cloud, [2], [3], 0)["2"]["3"] < 0.6


def test_three_ways_to_name_clusters() -> None:
    contingency = np.array([[9, 1, 0], [8, 2, 1], [7, 0, 4], [0, 5, 5]])
    examples = np.array([[0, 1, 1], [2, 0, 0], [0, 0, 3], [1, 1, 0]])
    names = name_clusters(contingency, examples)
    assert list(names) == list(NAMINGS)
    assert names["nearest"].tolist() == [1, 0, 2, 0]  # of equal counts the first
    assert names["majority"].tolist() == [0, 0, 0, 1]
    # Each class names one cluster, so that most agree (9 + 4 + 5); the one left over goes by majority.
    assert names["one_to_one"].tolist() == [0, 0, 2, 1]


def test_clusters_that_are_the_classes_agree_wholly() -> None:
    points, label = blobs()
    clustering = find_clusters(points, 3, 0)
    agreement = measure(clustering.cluster, clustering.nearest(4), label, CLASSES, BOOTSTRAP)
    figures = agreement.figures
    assert figures.ari == figures.nmi == 1
    assert figures.shown[0] == [4, 0, 0]
    for naming in NAMINGS:
        entry = figures.accuracy[naming]
        assert entry.value == entry.low == entry.high == 1
        assert entry.chance == 1 / 3
        assert entry.shuffled < entry.shuffled_high < 0.7
        assert entry.p == 1 / 201
        assert figures.names[naming] == list(CLASSES)


def test_labels_that_have_nothing_to_do_with_clusters_are_told_by_the_shuffles() -> None:
    points, _ = blobs(90)
    label = np.random.default_rng(2).permutation(np.arange(3).repeat([20, 30, 40]))
    clustering = find_clusters(points, 3, 0)
    agreement = measure(clustering.cluster, clustering.nearest(10), label, CLASSES, BOOTSTRAP)
    for column, naming in enumerate(NAMINGS):
        entry = agreement.figures.accuracy[naming]
        assert entry.p > 0.02
        assert entry.low < entry.value < entry.high
        named = np.array([CLASSES.index(name) for name in agreement.figures.names[naming]])
        guess = named[clustering.cluster]
        assert np.isclose(entry.value, (guess == label).mean())
        estimate = agreement.figures.balanced_accuracy[naming]
        assert np.isclose(estimate.value, balanced_accuracy_score(label, guess))
        assert np.isclose(agreement.drawn[:, 1, column].mean(), estimate.value, atol=0.02)
    # Naming on the very faces that are measured lifts even shuffled labels above chance.
    assert agreement.figures.accuracy.majority.shuffled > 1 / 3
    assert agreement.figures.ari == adjusted_rand_score(label, clustering.cluster)
    assert np.array_equal(
        agreement.figures.contingency, tabulate(clustering.cluster, label, clusters=3, classes=3)
    )


def test_lighting_explains_brightness_and_slope_but_not_noise() -> None:
    rng = np.random.default_rng(0)
    light, slope = rng.normal(100, 20, 200), rng.normal(0, 20, 200)
    ramp = np.linspace(-1, 1, 10)
    pixels = light[:, None, None] + slope[:, None, None] * ramp + np.zeros((1, 8, 1))
    points = np.stack([light, slope, rng.normal(size=200)], axis=1)
    shares = lighting_share(np.clip(pixels, 0, 255).round().astype(np.uint8), points)
    assert shares[0] > 0.98
    assert shares[1] > 0.98
    assert shares[2] < 0.1


def test_share_between_classes() -> None:
    points = np.array([[0.0, 1.0], [0.0, -1.0], [2.0, 1.0], [2.0, -1.0]])
    assert class_share(points, np.array([0, 0, 2, 2])) == 0.5
    assert class_share(points, np.array([0, 2, 2, 0])) == 0


def test_no_more_faces_of_a_class_than_asked_for(faces: Faces) -> None:
    figures = study(faces, chosen(most_per_class=10, larger=2), BOOTSTRAP).figures
    assert (figures.faces, figures.per_class) == (30, 10)
    assert figures.larger.per_class == [20, 12, 20]


def test_study_holds_what_report_and_claims_look_up(small_study: Study) -> None:
    figures = small_study.figures
    assert figures.faces == 36
    assert figures.per_class == 12
    assert figures.kept.silhouette == figures.silhouette.pca["2"]["3"]
    assert set(figures.silhouette.svd) == set(figures.silhouette_structureless) == {"2", "3"}
    assert sum(figures.kept.size) == 36
    assert figures.folds.n == 3
    assert figures.folds.accuracy.pca["2"]["3"].mean > 0.9
    for naming in NAMINGS:  # brightness tells these classes
        assert figures.kept.accuracy[naming].value > 0.9
        assert figures.kept.draws.accuracy[naming].mean > 0.9
    assert figures.kept.lighting[0] > 0.95
    assert figures.kept.between_classes > 0.8
    assert figures.larger.faces == 30 + 12 + 24
    assert figures.larger.largest_class == 30 / 66
    gain = figures.larger.gain.balanced_accuracy.nearest
    assert gain.low <= gain.value <= gain.high
    assert np.isclose(
        gain.value,
        figures.larger.balanced_accuracy.nearest.value - figures.kept.balanced_accuracy.nearest.value,
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clusters": [2, 40]}, "40 clusters need more than the 36 faces"),
        (
            {"keep": {"components": 37, "clusters": 3}},
            "37 components cannot be found in 36 faces of 144 pixels",
        ),
    ],
)
def test_too_much_is_asked_of_too_few_faces(faces: Faces, changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        study(faces, chosen(**changes), BOOTSTRAP)


@pytest.mark.parametrize("on_sample", [True, False])
def test_pictures_say_what_they_show(small_study: Study, faces: Faces, *, on_sample: bool) -> None:
    figures = draw_study(small_study, faces, chosen(nearest=14), on_sample=on_sample, with_published=True)
    assert list(figures) == ["silhouette", "folds", "points", "random", "nearest"]
    for figure in figures.values():
        texts = [text.get_text() for text in figure.texts]
        assert any("36 faces, 12 of each class" in text for text in texts)
        assert any("sample faces" in text for text in texts) == on_sample
    sheet = figures["nearest"].axes[0]
    assert len(sheet.texts) == 36  # 12 members of each cluster, fewer than 14
    assert sheet.get_yticklabels()[0].get_text() == "1: angry\n12 faces"


@pytest.mark.parametrize(("on_sample", "with_published"), [(False, True), (False, False), (True, True)])
def test_what_was_published_is_drawn_beside_fer2013_alone(
    small_study: Study, faces: Faces, *, on_sample: bool, with_published: bool
) -> None:
    figure = draw_study(
        small_study, faces, chosen(nearest=14), on_sample=on_sample, with_published=with_published
    )["silhouette"]
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert ("published, about 0.33" in texts) == (with_published and not on_sample)


def test_silhouette_figure_does_without_a_kept_pair_or_value() -> None:
    panels = {"PCA": {"2": {"5": 0.3, "6": np.nan}}}
    figure = silhouette_figure(panels, kept=(3, 9), title="t")
    assert [text.get_text() for text in figure.axes[0].texts] == []
    assert len(silhouette_figure(panels, kept=(2, 5), title="t").axes[0].texts) == 1
    assert len(silhouette_figure(panels, kept=(2, 6), title="t").axes[0].texts) == 0


def test_contact_sheet_draws_no_more_than_a_row_holds() -> None:
    rows = [np.zeros((9, 24, 24), dtype=np.uint8), np.zeros((0, 24, 24), dtype=np.uint8)]
    sheet = contact_sheet(rows, [["x"] * 9, []], ["a", "b"], columns=4, title="t")
    assert len(sheet.axes[0].texts) == 4


def test_script_writes_the_same_bytes_twice(
    faces: Faces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["clusters.py"])
    save_faces(faces)
    content = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    content["clusters"] = CHOSEN
    content["evaluate"]["resamples"] = 100
    Path("params.yaml").write_text(yaml.safe_dump(content))
    vouch_for_inputs(Job("clusters"))
    contents = []
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(REPOSITORY / "workflow/scripts/clusters.py"), run_name="__main__")
        assert ended.value.code == 0
        contents.append({path.name: path.read_bytes() for path in Path("results/clusters").iterdir()})
    assert contents[0] == contents[1]
    names = ("silhouette", "folds", "points", "random", "nearest")
    assert set(contents[0]) == {"clusters.json", *(f"{name}.png" for name in names)}
    choice = json.loads(contents[0]["clusters.json"])["kept"]
    assert choice["names"]["majority"] == list(CLASSES)
    assert np.sum(choice["contingency"]) == 36
