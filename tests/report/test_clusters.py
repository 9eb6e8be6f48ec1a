from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ferflow import paths
from ferflow.content import write_content
from ferflow.errors import InputError
from ferflow.files import read_json, write_json
from ferflow.params import Params
from ferflow.plots.style import save
from ferflow.report.build import make_environment
from ferflow.report.sections.clusters import clusters_section, larger_reading, reading
from ferflow.studies.clusters.figures import ClusterFigures, read_clusters, write_clusters
from ferflow.studies.clusters.pictures import draw_study
from ferflow.studies.clusters.study import study
from tests.studies.test_clusters import BOOTSTRAP, bright_faces, chosen


def settings(*, on_sample: bool) -> Params:
    return cast(
        "Params", SimpleNamespace(claims=True, on_sample=on_sample, evaluate=BOOTSTRAP, clusters=chosen())
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder in which the clusters stage has run."""
    return run_clusters(tmp_path_factory.mktemp("clusters"))


def run_clusters(folder: Path) -> Path:
    """Write what the clusters stage does, of faces whose class cannot be seen."""
    faces = bright_faces(counts=(60, 20, 40), contrast=0.0)
    done = study(faces, chosen(), BOOTSTRAP)
    write_content(folder / paths.CLUSTER_FIGURES, done.figures)
    for name, figure in draw_study(done, faces, chosen(), on_sample=True, with_published=True).items():
        save(figure, folder / paths.CLUSTERS / f"{name}.png")
    return folder


@pytest.fixture
def content(finished: Path) -> dict[str, Any]:
    return cast("dict[str, Any]", read_json(finished / paths.CLUSTER_FIGURES))


@pytest.fixture
def found(content: dict[str, Any]) -> ClusterFigures:
    return ClusterFigures.model_validate(content)


class Text(HTMLParser):
    """Gathers the text; fails on a tag that is closed twice or never."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.parts: list[str] = []
        self.images = 0
        self.feed(page)
        assert not self.open
        self.text = " ".join(" ".join(self.parts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.images += bool(dict(attrs)["alt"])
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


@pytest.mark.parametrize("on_sample", [True, False])
def test_section_shows_figures_and_tables(
    finished: Path, found: ClusterFigures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, on_sample: bool
) -> None:
    monkeypatch.chdir(finished)
    (tmp_path / "figures").mkdir()
    context = clusters_section(settings(on_sample=on_sample), [], tmp_path, "sample faces")
    assert all(key.startswith("clusters") for key in context)
    template = make_environment(tmp_path).get_template("sections/clusters.html")
    page = Text(
        template.render(
            context | {"settings": settings(on_sample=on_sample), "on_sample": on_sample, "confidence": "95%"}
        )
    )
    assert page.images == 5
    assert "under 3-fold cross-validation" in page.text
    held_out = found.folds.accuracy.svd["3"]["4"]
    assert f"{100 * held_out.mean:.1f} ± {100 * held_out.sd:.1f}" in page.text
    assert ("no verdict on sample faces" in page.text) == on_sample
    assert ("published: about 0.33" in page.text) != on_sample
    one = {"clusters": found.model_copy(update={"kept": found.kept.model_copy(update={"nearest": 1})})}
    keys = {"settings": settings(on_sample=on_sample), "on_sample": on_sample, "confidence": "95%"}
    text = Text(template.render(context | one | keys)).text
    assert text.count("the one face nearest to each centroid") == 1
    assert "The one face nearest to each centroid" in text
    assert "1 faces" not in text
    nearest = found.kept.accuracy.nearest
    assert f"{100 * nearest.low:.1f} to {100 * nearest.high:.1f}" in page.text
    assert "33.3" in page.text  # chance among three classes
    marked = [
        cell["text"]
        for method in context["clusters_silhouettes"]
        for line in method["lines"]
        for cell in line["cells"]
        if cell["kept"]
    ]
    assert marked[0] == f"{found.kept.silhouette:.3f}"


def test_without_the_stage_one_line_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"clusters\.json: no such file"):
        clusters_section(settings(on_sample=True), [], tmp_path, "")


def test_figures_are_written_back_as_they_were(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(finished)
    before = paths.CLUSTER_FIGURES.read_bytes()
    write_clusters(read_clusters())
    assert paths.CLUSTER_FIGURES.read_bytes() == before


def test_figures_of_an_older_version_are_one_line_that_says_what_to_run(
    content: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    del content["folds"]
    write_json(paths.CLUSTER_FIGURES, content)
    with pytest.raises(InputError, match=r"clusters\.json: folds: field required; .* clusters stage"):
        clusters_section(settings(on_sample=True), [], tmp_path, "")


def test_sentences_follow_the_numbers(found: ClusterFigures, content: dict[str, Any]) -> None:
    silhouette, components, naming, agreement = reading(found, with_published=False)
    assert "with three components" in silhouette
    assert "no sign of groups" in silhouette
    assert f"{found.kept.explained_variance:.0%} of the pixels" in components
    assert "no more than the same naming of shuffled labels" in naming
    assert "Adjusted Rand index" in agreement

    kept = content["kept"]
    kept |= {"silhouette": 0.9, "ari": -0.004}
    kept["accuracy"]["nearest"] |= {"value": 0.8, "shuffled_high": 0.4}
    silhouette, _, naming, agreement = reading(ClusterFigures.model_validate(content), with_published=True)
    assert "some structure beyond one cloud" in silhouette
    assert "80.0% of the faces are right" in naming
    assert ", more than the same naming of shuffled labels" in naming
    assert "index \N{MINUS SIGN}0.004" in agreement

    kept["silhouette"] = content["silhouette"]["pca"]["2"]["2"] = None
    assert "Gaussian" not in reading(ClusterFigures.model_validate(content), with_published=True)[0]


@pytest.mark.parametrize(
    ("gain", "balanced", "verdict"),
    [
        ((0.01, -0.02, 0.03), 0.35, "No gain beyond chance"),
        ((0.03, 0.01, 0.05), 0.36, "luck of the draw, which may explain this"),
        ((0.30, 0.20, 0.40), 0.70, "A gain beyond chance"),
        ((-0.30, -0.40, -0.20), 0.05, "A loss beyond chance"),
    ],
)
def test_verdict_on_more_faces(
    content: dict[str, Any], gain: tuple[float, float, float], balanced: float, verdict: str
) -> None:
    larger = content["larger"]
    content["kept"]["draws"]["accuracy"]["nearest"] |= {"mean": 0.35, "sd": 0.02}
    larger["gain"]["balanced_accuracy"]["nearest"] = dict(zip(("value", "low", "high"), gain, strict=True))
    larger["balanced_accuracy"]["nearest"]["value"] = balanced
    text = larger_reading(ClusterFigures.model_validate(content))
    assert verdict in text
    assert "no longer have equally many faces" in text
    larger["per_class"] = [20, 20, 20]
    assert "no longer have equally" not in larger_reading(ClusterFigures.model_validate(content))
