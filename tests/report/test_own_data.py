"""On data of one's own (``claims: false``) the report says nothing of FER-2013, whatever the names."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ferflow.content import Estimate
from ferflow.data.faces import load_faces
from ferflow.params import Params, load
from ferflow.report import tables, wording
from ferflow.report.build import make_environment, render
from ferflow.report.context import ReportContext
from ferflow.report.results import Result, read_results
from ferflow.report.sections.audit import audit_tables
from ferflow.report.sections.clusters import clusters_section
from ferflow.report.sections.comparison import comparison
from ferflow.report.sections.experiment_pages import flat_settings
from ferflow.report.sections.explained import most_confused
from ferflow.report.sections.linear import linear_section
from ferflow.studies.clusters.figures import read_clusters, write_clusters
from tests.audits import make_audit
from tests.evaluations import evaluation_of, subsets_of
from tests.report.test_clusters import run_clusters
from tests.report.test_linear import result_of, settings_of
from tests.studies.test_clusters import BOOTSTRAP, chosen

FOUR = ("calm, neutral", "joy", "Ärger", "Überraschung")


# ---- clusters


@pytest.fixture(scope="module")
def clustered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = run_clusters(tmp_path_factory.mktemp("clusters"))
    (folder / "figures").mkdir()
    return folder


def clusters_page(folder: Path, *, claims: bool, on_sample: bool, clusters: int) -> str:
    """Write the section, as if two components and some number of clusters were kept."""
    settings = cast(
        "Params",
        SimpleNamespace(claims=claims, on_sample=on_sample, evaluate=BOOTSTRAP, clusters=chosen()),
    )
    found = read_clusters()
    kept = found.kept.model_copy(update={"components": 2, "clusters": clusters})
    write_clusters(found.model_copy(update={"kept": kept}))
    content = clusters_section(settings, [], folder, "")
    template = make_environment(folder).get_template("sections/clusters.html")
    page = template.render(content | {"settings": settings, "on_sample": on_sample, "confidence": "95%"})
    return " ".join(page.split())


def test_nothing_published_stands_beside_clusters_of_other_data(
    clustered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clustered)
    page = clusters_page(clustered, claims=False, on_sample=False, clusters=4)
    assert "ublished" not in page
    assert "The study keeps two components and four clusters" in page
    table = page.partition("What the names are worth")[2].partition("</table>")[0]
    head, _, body = table.partition("<tbody>")
    assert (head.count("<th "), body.count("<th "), body.count("<td>")) == (8, 3, 3 * 7)


def test_on_fer_2013_the_published_figures_stand_beside(
    clustered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clustered)
    page = clusters_page(clustered, claims=True, on_sample=False, clusters=7)
    assert "The published system kept two components and seven clusters" in page
    assert "published: about 0.33" in page
    assert "published, %" in page


def test_what_the_user_keeps_is_not_what_was_published(
    clustered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clustered)
    page = clusters_page(clustered, claims=True, on_sample=True, clusters=4)
    assert "The published system kept" not in page
    assert "The study keeps two components and four clusters" in page
    assert "no verdict on sample faces" in page


# ---- labels


def labels_page(folder: Path, *, claims: bool, on_sample: bool) -> str:
    content = {
        "result": SimpleNamespace(leaky=False, name="cnn"),
        "sentences": [],
        "with_votes": False,
        "figure_path": "",
        "precision": [],
        "agreement": [],
        "by_class": [],
        "listed": [],
    }
    return (
        make_environment(folder)
        .get_template("sections/labels.html")
        .render(content | {"settings": SimpleNamespace(claims=claims), "on_sample": on_sample})
    )


def test_votes_on_fer_2013_are_offered_for_fer_2013_alone(tmp_path: Path) -> None:
    assert "votes" not in labels_page(tmp_path, claims=False, on_sample=False)
    on_sample = labels_page(tmp_path, claims=True, on_sample=True)
    assert "ferflow set data.path=fer2013.csv labels.votes=fer2013new.csv" in on_sample
    on_fer = labels_page(tmp_path, claims=True, on_sample=False)
    assert "ferflow set labels.votes=fer2013new.csv" in on_fer  # whose path is set, whatever its name


# ---- numbers and names of classes


def with_classes(result: Result, classes: tuple[str, ...]) -> Result:
    """Let a result be of other classes, each taken for the next now and then."""
    k = len(classes)
    confusion = [[8 if i == j else 2 * ((i + 1) % k == j) for j in range(k)] for i in range(k)]
    subsets = subsets_of(confusion, Estimate(value=0.5, low=0.4, high=0.6), classes)
    evaluation = evaluation_of(subsets, classes, experiment=result.name, model=result.model)
    return dataclasses.replace(result, evaluations=[evaluation])


def test_the_heading_counts_the_classes_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    settings = settings_of("logistic", "softmax", studies=False)
    two, seven = (result_of(settings, name) for name in ("logistic", "softmax"))
    headings = [
        linear_section(settings, results, tmp_path, "")["linear"]["lift_heading"]
        for results in ([two, seven], [two, with_classes(seven, FOUR)], [two])
    ]
    assert headings == ["Two classes, seven classes", "Two classes, four classes", "Two classes"]


def test_the_page_uses_the_heading(page: str, in_run: Path) -> None:
    assert "<h3>Two classes</h3>" in page  # that run has no softmax
    assert "seven classes' difficulty" not in page


def test_names_with_commas_are_told_apart() -> None:
    assert wording.name_list(["angry", "happy"]) == "angry, happy"
    assert wording.name_list(iter(FOUR)) == "calm, neutral; joy; Ärger; Überraschung"
    assert wording.name_list([]) == ""


def test_lists_of_classes_are_written_so_everywhere(in_run: Path, tmp_path: Path) -> None:
    (result, *_) = read_results(load())
    four = with_classes(result, FOUR)
    text = tables.comparison_markdown([[four]], on_sample=True, confidence=0.95)
    assert "## 4 classes: calm, neutral; joy; Ärger; Überraschung" in text
    assert most_confused(four).startswith(
        "Most often it takes calm, neutral for joy (20.0% of its faces); joy for"
    )
    assert flat_settings({"classes": list(FOUR)}) == [("classes", "calm, neutral; joy; Ärger; Überraschung")]
    (tmp_path / "figures").mkdir()
    context = ReportContext(load(), [four], load_faces(), tmp_path, "my faces")
    assert "<h3>Four classes: calm, neutral; joy; Ärger; Überraschung</h3>" in render(
        context, [comparison(context)]
    )


# ---- audit


def test_files_that_are_not_read_may_be_pictures() -> None:
    lines: dict[str, Any] = {
        line[0]: line[1] for table in audit_tables(make_audit(ignored_files=1234)) for line in table.lines
    }
    assert lines["files of other kinds, not read"] == "1,234"
