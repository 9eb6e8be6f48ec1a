"""The section on claims, from results that nobody trained."""

import math
import runpy
import shutil
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import pytest

from ferflow import params, paths
from ferflow.claims import Measured, Outcome, load_claims
from ferflow.errors import InputError
from ferflow.files import write_json, write_text
from ferflow.report.claims_lines import lines_of
from ferflow.report.context import ReportContext
from ferflow.report.results import Result
from ferflow.report.sections.claims import claims, claims_section, why_no_verdict
from ferflow.report.sections.published import published_rows
from ferflow.studies.clusters.figures import write_clusters
from tests.audits import make_audit
from tests.claims.examples import HISTORY, claim_of, run_of
from tests.cluster_figures import cluster_figures
from tests.fabricated import draw_faces

REPOSITORY = Path(__file__).parents[2]
TEMPLATES = REPOSITORY / "src/ferflow/report"


def test_negative_figures_have_a_real_minus_sign_and_no_negative_zero() -> None:
    reading = {"read": "clusters", "path": "kept.silhouette"}
    claim = claim_of(kind="figure", published=-0.004, tolerance=0.1, ours=reading, digits=2)
    measured = [Measured(-1234.5, math.nan, -1300.0, 2.0)]
    (line,) = lines_of([Outcome(claim, "not reproduced", measured)], "A")
    assert (line.published, line.ours) == ("0.00", "\N{MINUS SIGN}1,234.50")
    assert line.ours_small == "\N{MINUS SIGN}1,300.00 to 2.00"


def result(name: str, accuracy: float) -> Result:
    return Result(name, "pair", "logistic", "none", "", [0], [run_of(accuracy)], [HISTORY], [])


RESULTS = [result("happy-fear-as-published", 0.71), result("happy-fear-l2-as-published", 0.71)]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> params.Params:
    """Work in a folder with the repository's claims and a full run on FER-2013."""
    monkeypatch.chdir(tmp_path)
    paths.CLAIMS.parent.mkdir()
    shutil.copy(REPOSITORY / paths.CLAIMS, paths.CLAIMS)
    write_json("results/audit.json", make_audit(faces=35_887, data_digest="abc"))
    grid = {"2": {"7": 0.33}, "5": {"7": 0.2}}
    write_clusters(cluster_figures(grid))
    project = params.load(REPOSITORY / "params.yaml")
    for name in project.repeated_splits:
        rows = [
            {
                "repetition": i,
                "experiment": e,
                "train_faces": 300,
                "test_faces": 100,
                "error": 0.3,
                "balanced_error": 0.3 + s * (-1) ** i,
            }
            for e, s in ((name, 0.05), (project.repeated_splits[name].against, 0.01))
            for i in range(8)
        ]
        write_text(paths.repeated_splits(name), pd.DataFrame(rows).to_csv(index=False))
    data = project.data.model_copy(update={"path": "fer2013.csv"})
    return project.model_copy(update={"data": data, "budget": "full"})


def section(settings: params.Params, results: Sequence[Result] = RESULTS) -> dict[str, Any]:
    return claims_section(settings, results, Path("report"), "FER-2013")


def lines(context: dict[str, Any]) -> dict[str, Any]:
    return {line.id: line for entry in context["claims_systems"] for line in entry["lines"]}


def test_verdicts_are_counted_and_experiments_that_were_not_chosen_named(settings: params.Params) -> None:
    context = section(settings)
    table = lines(context)
    assert len(table) == len(load_claims().claims)
    assert table["happy-fear-accuracy"].verdict == "reproduced"
    assert table["happy-fear-accuracy"].published == "0.7140"
    assert table["happy-fear-accuracy"].ours == "0.7100"
    assert table["happy-fear-accuracy"].ours_small == "0.6900 to 0.7300; happy-fear-as-published"
    assert table["happy-fear-l2-same"].ours_small.startswith("the same; ")
    assert table["happy-fear-tp"].verdict == "not reproduced"
    assert table["logistic-error-400"].verdict == "left out"
    assert table["logistic-error-400"].reason == "not run: logistic-as-published"
    assert table["clusters-silhouette-everywhere"].ours == "0.200 to 0.330; 1 of 2 within the range"
    assert table["logistic-methods"].verdict == "reproduced"
    verdicts = [line.verdict for line in table.values()]
    assert f"{verdicts.count('reproduced')} reproduced" in context["claims_summary"]
    assert f"{verdicts.count('left out')} left out" in context["claims_summary"]


def test_a_reason_is_not_said_twice_in_a_row(settings: params.Params) -> None:
    systems = section(settings)["claims_systems"]
    for entry in systems:
        whys = [line.why for line in entry["lines"]]
        assert whys[0] != "As above."
        assert all(a != b or b == "As above." for a, b in pairwise(whys))
    assert "As above." in [line.why for entry in systems for line in entry["lines"]]


def test_what_was_not_run_is_named_once_for_all_claims_of_a_system(settings: params.Params) -> None:
    lines = [entry["untested"] for entry in section(settings)["claims_systems"] if entry["untested"]]
    assert lines
    for line in lines:
        _, _, missing = line.removesuffix(")").partition("none tested here (not run: ")
        names = missing.split(", ")
        assert len(names) == len(set(names))
        assert "not run" not in missing
    assert any(", " in line.partition("not run: ")[2] for line in lines)


def test_the_tables_are_written_beside_the_page(settings: params.Params) -> None:
    section(settings)
    frame = pd.read_csv("report/claims.csv").set_index("claim")
    assert frame.loc["happy-fear-accuracy", "ours"] == "0.71"
    assert frame.loc["happy-fear-l2-same", "ours"] == "0.71; 0.71"
    assert frame.loc["happy-fear-accuracy", "verdict"] == "reproduced"
    text = Path("report/claims.md").read_text()
    assert text.startswith("# Claims (FER-2013)\n")
    assert "| accuracy | 0.7140 (± 0.024) | 0.7100 (0.6900 to 0.7300; happy-fear-as-published) |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {row.count(" | ") for row in rows} == {5}


def test_the_page_shows_every_claim_with_a_coloured_verdict(settings: params.Params) -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    page = environment.get_template("sections/claims.html").render(section(settings) | {"settings": settings})
    assert page.count('<th scope="row">') == len(load_claims().claims)
    assert '<span class="badge verdict not-reproduced">not reproduced</span>' in page
    css = (TEMPLATES / "static/report.css").read_text()
    assert ".verdict.reproduced" in css
    assert ".verdict.not-reproduced" in css


@pytest.mark.parametrize(
    ("change", "faces", "reason"),
    [
        ({}, 35_887, ""),
        ({"budget": "quick"}, 35_887, "budget quick"),
        ({}, 3_500, "3,500 faces, not FER-2013's 35,887"),
        ({"data": "data/sample.zip"}, 3_500, "sample faces"),
    ],
)
def test_only_a_full_run_on_fer2013_has_verdicts(
    settings: params.Params, change: dict[str, Any], faces: int, reason: str
) -> None:
    if "data" in change:
        change = {"data": settings.data.model_copy(update={"path": change["data"]})}
    other = settings.model_copy(update=change)
    assert why_no_verdict(other, faces) == reason
    write_json("results/audit.json", make_audit(faces=faces))
    context = section(other)
    line = lines(context)["happy-fear-accuracy"]
    assert line.ours == "0.7100"
    assert line.verdict == ("no verdict" if reason else "reproduced")
    assert context["claims_summary"].endswith(f"No verdict: {reason}." if reason else "left out.")


def test_missing_stages_are_named(settings: params.Params) -> None:
    path = paths.repeated_splits("logistic-undersample")
    path.unlink()
    with pytest.raises(InputError, match="run the repeated_splits stage first"):
        section(settings)
    Path("results/clusters/clusters.json").unlink()
    with pytest.raises(InputError, match=r"clusters\.json: no such file"):
        section(settings)


def test_published_results_are_marked_as_not_measured() -> None:
    rows = published_rows(load_claims(REPOSITORY / paths.CLAIMS).references)
    vgg = next(row for row in rows if "WuJie1010" in row.name)
    assert vgg.values == {"accuracy": "73.1"}
    assert vgg.numbers == {"accuracy": 0.7311}
    assert "PrivateTest" in vgg.note
    balanced = next(row for row in rows if "balanced" in row.name)
    assert balanced.values["macro_f1"] == "57.6"
    assert balanced.note.endswith("F1 of disgust 49.5%")
    assert all(row.note.startswith("published, not measured here; ") for row in rows)


def test_the_page_for_the_docs(
    settings: params.Params, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = REPOSITORY / "docs/make_claims.py"
    monkeypatch.setattr(sys, "argv", [str(script), "2 cores", "9 h"])
    monkeypatch.setattr(params, "load", lambda: settings)
    monkeypatch.setattr("ferflow.report.results.read_results", lambda _: RESULTS)
    with pytest.raises(SystemExit) as done:
        runpy.run_path(str(script), run_name="__main__")
    assert done.value.code == 0
    page = Path("docs/claims.md").read_text()
    assert "- Machine: 2 cores." in page
    assert "### C. Logistic regression from scratch" in page
    assert "{" not in page

    Path("docs/claims.md").unlink()
    monkeypatch.setattr(params, "load", lambda: settings.model_copy(update={"budget": "quick"}))
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(script), run_name="__main__")
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not Path("docs/claims.md").exists()
    monkeypatch.setattr(sys, "argv", [str(script)])
    with pytest.raises(SystemExit) as usage:
        runpy.run_path(str(script), run_name="__main__")
    assert usage.value.code == 2


def test_who_asks_for_no_claims_gets_a_line_and_empty_tables(settings: params.Params, tmp_path: Path) -> None:
    without = settings.model_copy(update={"claims": False})
    section = claims(ReportContext(without, RESULTS, draw_faces(700), tmp_path, "my faces"))
    assert "claims: false" in section.empty
    table = pd.read_csv(tmp_path / "claims.csv")
    assert table.empty
    assert {"claim", "published", "ours", "verdict"} <= set(table.columns)
    assert (tmp_path / "claims.md").read_text().startswith("# Claims\n\nNone")
