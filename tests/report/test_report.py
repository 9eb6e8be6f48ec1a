import dataclasses
import hashlib
import json
import re
import runpy
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ferflow import params
from ferflow.engines.stages import Job
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import Machine
from ferflow.remedies.names import remedy_of
from ferflow.report import build_report
from ferflow.report.registry import SECTIONS
from ferflow.report.results import Result, by_classes, read_results, remedy_families
from ferflow.report.sections import provenance
from ferflow.report.tables import references
from tests.fabricated import LEAKY, REPOSITORY, SOME
from tests.vouching import vouch_for_inputs

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Balanced(HTMLParser):
    """Fails on a tag that is closed twice or never; collects what the page links to and its ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.images_without_text = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.links += [value for key in ("href", "src") if (value := attributes.get(key))]
        if attributes.get("id"):
            self.ids.append(str(attributes["id"]))
        self.images_without_text += tag == "img" and not attributes.get("alt")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def parse(page: str) -> Balanced:
    parser = Balanced()
    parser.feed(page)
    return parser


def test_page_is_well_formed_and_self_contained(page: str) -> None:
    parser = parse(page)
    assert not parser.open
    assert not parser.images_without_text
    outside = {link for link in parser.links if not link.startswith(("data:image/png;base64,", "#"))}
    views = {
        link.removeprefix("#") for link in parser.links if link.startswith(("#experiment=", "#compare="))
    }
    assert outside == {
        "comparison.csv",
        "comparison.md",
        "classes.csv",
        "pairs.csv",
        "remedies.csv",
        "claims.csv",
        "claims.md",
        "../../timings/timings.js",
        "../../timings/accuracy-time.svg",
    }
    assert len(parser.ids) == len(set(parser.ids))
    sections = [link.removeprefix("#") for link in parser.links if re.fullmatch("#[a-z-]+", link)]
    assert {view for view in views if view.startswith("experiment=")} <= set(parser.ids)
    assert len(SECTIONS) == 20
    assert len(set(sections)) == len(SECTIONS)
    assert sections[:5] == ["comparison", "remedies", "tests", "side-by-side", "cost"]
    assert set(sections) <= set(parser.ids)


def test_sample_faces_are_marked_again_and_again(page: str) -> None:
    assert page.count("sample faces") > len(SECTIONS)
    assert "say nothing about real faces" in page
    assert "sample faces" in Path("results/report/comparison.md").read_text()


def test_every_experiment_and_the_references_are_in_the_tables(page: str) -> None:
    settings = params.load()
    for name in settings.experiments:
        assert f'</i><a href="#experiment={name}">{name}</a>' in page
    assert "chance" in page
    assert "always happy" in page
    assert "published, not measured here" in page
    table = pd.read_csv("results/report/comparison.csv")
    assert list(table["experiment"]) == list(settings.experiments)
    assert table["official_accuracy_sd"].notna().all()
    inside = table[["official_accuracy_low", "official_accuracy", "official_accuracy_high"]].to_numpy()
    assert (np.diff(inside, axis=1) >= 0).all()


def test_leaky_experiments_bear_the_mark_and_win_no_praise(page: str) -> None:
    assert re.search(rf"{LEAKY}</a> <span class=\"badge leaky\"", page.replace("\n", ""))
    assert f"{LEAKY} (leaky)" in Path("results/report/comparison.md").read_text()
    assert f"{LEAKY} is best" not in page


def test_figures_are_files_too(in_run: Path) -> None:
    names = {path.name for path in Path("results/report/figures").iterdir()}
    assert {"faces.png", "accuracy-compute.png", "recall-cnn.png", "balance-pair-leaky.png"} <= names
    assert {"confusion-kmeans.png", "curves-kmeans.png"} <= names
    assert "learning-kmeans.png" not in names  # no epochs, no curve


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_script_builds_the_same_bytes_again_even_without_times(
    in_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digests(Path("results/report"))
    shutil.rmtree("timings")
    vouch_for_inputs(Job("report"))
    leftover = Path("results/records/evidence/evaluate-cnn-7.json")
    leftover.write_text("{}")
    monkeypatch.setattr("sys.argv", ["report.py"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(REPOSITORY / "workflow/scripts/report.py"), run_name="__main__")
    assert stop.value.code == 0
    assert "results/report/index.html" in capsys.readouterr().out
    assert digests(Path("results/report")) == before
    assert not leftover.exists()  # of a seed that params.yaml does not name
    metrics = json.loads(Path("results/metrics.json").read_text())
    assert set(metrics) == set(SOME)
    assert set(metrics["cnn"]["clean"]) >= {"macro_f1", "macro_f1_sd"}
    assert not list(Path("results").glob(".report.*"))
    assert not Path("timings/accuracy-time.svg").exists()
    assert Path("timings/timings.js").read_text().startswith("window.FERFLOW_TIMINGS = {")


def test_page_tells_nothing_of_the_machine(page: str, in_run: Path) -> None:
    assert str(in_run) not in page
    assert "/tmp/" not in page
    assert str(Path.home()) + "/" not in page


def test_a_missing_stage_is_named_and_the_old_report_stays(in_run: Path) -> None:
    page = Path("results/report/index.html")
    before = page.read_bytes()
    lost = Path("results/experiments/cnn/1/evaluation.json")
    content = lost.read_bytes()
    lost.unlink()
    try:
        with pytest.raises(InputError, match=r"cnn/1/evaluation.json"):
            build_report(params.load())
    finally:
        lost.write_bytes(content)
    assert page.read_bytes() == before


def results() -> dict[str, Result]:
    return {result.name: result for result in read_results(params.load())}


def test_remedies_are_named_from_rows_weights_and_loss(in_run: Path) -> None:
    settings = params.load()
    remedies = {
        name: remedy_of(experiment, settings.protocol(experiment.protocol))
        for name, experiment in settings.experiments.items()
    }
    assert remedies["cnn"] == "none"
    assert remedies["cnn-oversample"] == "oversample"
    assert remedies["cnn-weighted"] == "class weights"


def test_only_what_can_be_compared_is_put_together(in_run: Path) -> None:
    experiments = results()
    groups = by_classes(experiments.values())
    assert [len(group[0].classes) for group in groups] == [7, 2]
    families = remedy_families(experiments.values())
    names = [[result.name for result in family.results] for family in families]
    assert names == [["cnn", "cnn-oversample", "cnn-weighted"], ["logistic", "logistic-oversample"]]


def test_values_are_means_over_seeds(in_run: Path) -> None:
    cnn = results()["cnn"]
    values = [
        json.loads(Path(f"results/experiments/cnn/{seed}/metrics.json").read_text())["official"]["accuracy"]
        for seed in (0, 1)
    ]
    assert cnn.interval("official", "accuracy")[0] == pytest.approx(np.mean(values))
    assert cnn.deviation("official", "accuracy") == pytest.approx(np.std(values, ddof=1))


def test_chance_and_majority_are_what_guessing_scores(in_run: Path) -> None:
    from sklearn.metrics import balanced_accuracy_score, f1_score

    cnn = results()["cnn"]
    lines = {line.name: line.numbers for line in references([cnn], human=False)}
    labels = cnn.labels()
    largest = np.full_like(labels, np.bincount(labels).argmax())
    majority = lines["majority class"]
    assert majority["accuracy"] == pytest.approx((labels == largest).mean())
    assert majority["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, largest))
    assert majority["macro_f1"] == pytest.approx(f1_score(labels, largest, average="macro"))
    many = np.tile(labels, 400)
    guess = np.random.default_rng(0).integers(0, 7, len(many))
    assert lines["chance"]["macro_f1"] == pytest.approx(f1_score(many, guess, average="macro"), abs=0.01)


def test_references_stand_per_set_of_test_faces(in_run: Path) -> None:
    experiments = results()
    lines = references([experiments["logistic"], experiments[LEAKY]], human=False)
    assert [line.note for line in lines[::2]] == ["on pair", "on pair-leaky"]


def test_what_auto_settled_is_told(fabricated_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fabricated_run)
    results = read_results(params.load())
    assert provenance.machine(results) == {
        "threads": "one thread",
        "precision": "float32",
        "device": "cpu",
    }
    cnn = next(result for result in results if result.name == "cnn")
    evaluations = [
        evaluation.model_copy(
            update={"machine": Machine(threads=threads, precision=precision, device=device)}
        )
        for evaluation, threads, precision, device in zip(
            cnn.evaluations, (4, 1), ("float32", "bfloat16"), ("cpu", "cuda"), strict=True
        )
    ]
    assert provenance.machine([dataclasses.replace(cnn, evaluations=evaluations)]) == {
        "threads": "one thread or four threads",
        "precision": "bfloat16 or float32",
        "device": "cpu or cuda",
    }


def test_provenance_outside_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.git_commit() == "not a git checkout"


def test_provenance_in_git_leaves_dvc_lock_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    monkeypatch.chdir(tmp_path)
    for name in ("dvc.lock", "source.py"):
        Path(name).write_text("before")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], check=True)
    assert re.fullmatch("[0-9a-f]{40}", provenance.git_commit())
    Path("dvc.lock").write_text("after")
    assert re.fullmatch("[0-9a-f]{40}", provenance.git_commit())
    Path("source.py").write_text("after")
    assert provenance.git_commit().endswith("with uncommitted changes")


def test_absolute_paths_are_cut_to_their_names(in_run: Path) -> None:
    settings = params.load()
    other = settings.model_copy(
        update={"data": settings.data.model_copy(update={"path": "/somewhere/x.csv"})}
    )
    assert provenance.data_name(other) == "x.csv"
    assert "/somewhere" not in provenance.parameters_text(other)
    assert "uri" not in provenance.parameters_text(settings)
