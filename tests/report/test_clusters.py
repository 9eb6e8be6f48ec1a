import copy
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ferflow import paths
from ferflow.claims import Evidence
from ferflow.errors import InputError
from ferflow.files import read_json, write_json
from ferflow.params import Params
from ferflow.plots.style import save
from ferflow.report.cluster_sentences import larger_reading, reading
from ferflow.report.sections import clusters
from ferflow.studies.clusters.figures import ClusterFigures, read_clusters
from ferflow.studies.clusters.pictures import draw_study
from ferflow.studies.clusters.study import study
from tests.report.contexts import context_of, rendered
from tests.studies.test_clusters import BOOTSTRAP, bright_faces, chosen

Found = dict[str, Any]


def settings(*, on_sample: bool) -> Params:
    return cast("Params", SimpleNamespace(on_sample=on_sample, evaluate=BOOTSTRAP))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder in which the clusters stage has run, on faces whose class cannot be seen."""
    folder = tmp_path_factory.mktemp("clusters")
    faces = bright_faces(counts=(60, 20, 40), told=0.0)
    done = study(faces, chosen(), BOOTSTRAP)
    write_json(folder / paths.CLUSTERS / "clusters.json", done.figures)
    for name, figure in draw_study(done, faces, chosen(), on_sample=True).items():
        save(figure, folder / paths.CLUSTERS / f"{name}.png")
    return folder


@pytest.fixture
def found(finished: Path) -> Found:
    return cast("Found", read_json(finished / paths.CLUSTERS / "clusters.json"))


def shaped(found: Found) -> ClusterFigures:
    return ClusterFigures.model_validate(found)


def test_the_shape_is_that_of_the_whole_file(found: Found) -> None:
    assert shaped(found).model_dump() == found


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
    finished: Path, found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, on_sample: bool
) -> None:
    monkeypatch.chdir(finished)
    (tmp_path / "figures").mkdir()
    evidence = Evidence({}, {}, clusters=read_clusters())
    context = context_of(settings(on_sample=on_sample), [], tmp_path, evidence=evidence)
    section = clusters.section(context)
    assert not section.empty
    page = Text(rendered(context, section))
    assert page.images == 4
    assert ("no verdict on sample faces" in page.text) == on_sample
    assert ("published: about 0.33" in page.text) != on_sample
    nearest = found["kept"]["accuracy"]["nearest"]
    assert f"{100 * nearest['low']:.1f} to {100 * nearest['high']:.1f}" in page.text
    assert "33.3" in page.text  # chance among three classes
    marked = [cell.text for line in section.content["silhouettes"] for cell in line.cells if cell.kept]
    assert marked[0] == f"{found['kept']['silhouette']:.3f}"


def test_without_the_stage_one_line_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"clusters\.json: no such file"):
        read_clusters()


def test_figures_of_an_older_ferflow_are_refused(
    found: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    del found["kept"]["ari"]
    write_json(paths.CLUSTERS / "clusters.json", found)
    with pytest.raises(InputError, match=r"clusters\.json: written by an older .*kept\.ari.* clusters stage"):
        read_clusters()


def test_sentences_follow_the_numbers(found: Found) -> None:
    silhouette, components, naming, agreement = reading(shaped(found), on_sample=True)
    assert "with three components" in silhouette
    assert "no sign of groups" in silhouette
    assert f"{found['kept']['explained_variance']:.0%} of the pixels" in components
    assert "no more than the same naming of shuffled labels" in naming
    assert "Adjusted Rand index" in agreement

    told = copy.deepcopy(found)
    told["kept"]["silhouette"] = 0.9
    told["kept"]["ari"] = -0.004
    told["kept"]["accuracy"]["nearest"] |= {"value": 0.8, "shuffled_high": 0.4}
    silhouette, _, naming, agreement = reading(shaped(told), on_sample=False)
    assert "some structure beyond one cloud" in silhouette
    assert "80.0% of the faces are right" in naming
    assert ", more than the same naming of shuffled labels" in naming
    assert "index \N{MINUS SIGN}0.004" in agreement

    told["kept"]["silhouette"] = None
    told["silhouette"]["pca"]["2"]["2"] = None
    assert "Gaussian" not in reading(shaped(told), on_sample=False)[0]


@pytest.mark.parametrize(
    ("gain", "balanced", "verdict"),
    [
        ((0.01, -0.02, 0.03), 0.35, "No gain that chance would not explain"),
        ((0.03, 0.01, 0.05), 0.36, "luck of the draw, which may explain it"),
        ((0.30, 0.20, 0.40), 0.70, "A gain beyond chance"),
        ((-0.30, -0.40, -0.20), 0.05, "A loss beyond chance"),
    ],
)
def test_verdict_on_more_faces(
    found: Found, gain: tuple[float, float, float], balanced: float, verdict: str
) -> None:
    told = copy.deepcopy(found)
    told["kept"]["draws"]["accuracy"]["nearest"] |= {"mean": 0.35, "sd": 0.02}
    told["larger"]["gain"]["balanced_accuracy"]["nearest"] = dict(
        zip(("value", "low", "high"), gain, strict=True)
    )
    told["larger"]["balanced_accuracy"]["nearest"]["value"] = balanced
    text = larger_reading(shaped(told))
    assert verdict in text
    assert "no longer equal in number" in text
    told["larger"]["per_class"] = [20, 20, 20]
    assert "no longer equal" not in larger_reading(shaped(told))
