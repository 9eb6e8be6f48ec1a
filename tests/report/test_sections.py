"""Sentences of single sections, on results that are not what they usually are."""

import dataclasses
from pathlib import Path

from ferflow import params
from ferflow.data.faces import load_faces
from ferflow.report.build import render
from ferflow.report.context import ReportContext
from ferflow.report.registry import MakeSection
from ferflow.report.results import Result, read_results
from ferflow.report.sections.comparison import comparison
from ferflow.report.sections.experiment_pages import experiments
from tests.fabricated import LEAKY


def results() -> dict[str, Result]:
    return {result.name: result for result in read_results(params.load())}


def page_of(folder: Path, results: list[Result], *makers: MakeSection) -> str:
    """Render some sections of a report on some results."""
    (folder / "figures").mkdir()
    context = ReportContext(params.load(), results, load_faces(), folder, "sample faces")
    return " ".join(render(context, [make(context) for make in makers]).split())


def test_a_history_that_is_thinned_does_not_pass_for_all_epochs(in_run: Path, tmp_path: Path) -> None:
    cnn = results()["cnn"]
    thin = [history.assign(epoch=10_000 * history["epoch"]) for history in cnn.histories]
    page = page_of(tmp_path, [cnn, dataclasses.replace(cnn, name="long", histories=thin)], experiments)
    assert "12 of 12 epochs, seed 0; all in <code>results/experiments/cnn/" in page
    assert "12 of 120,000 epochs, seed 0; 12 in <code>results/experiments/long/" in page


def test_faces_that_all_experiments_share_are_counted_once(in_run: Path, tmp_path: Path) -> None:
    cnn = results()["cnn"]
    n, clean = cnn.n("official"), cnn.n("clean")
    fewer = [
        each.model_copy(
            update={
                "subsets": each.subsets.model_copy(
                    update={"clean": each.subsets.clean.model_copy(update={"n": clean - 1})}
                )
            }
        )
        for each in cnn.evaluations
    ]
    page = page_of(tmp_path, [cnn, dataclasses.replace(cnn, name="near", evaluations=fewer)], comparison)
    assert f"all test faces ({n}); hollow: the clean ones ({clean - 1} or {clean})." in page


def test_usages_choose_and_report_only_where_they_divide_the_faces(in_run: Path, tmp_path: Path) -> None:
    for name in ("cnn", LEAKY):
        (tmp_path / name).mkdir()
    by_usage, at_random = (page_of(tmp_path / name, [results()[name]]) for name in ("cnn", LEAKY))
    assert "PublicTest is for choosing settings" in by_usage
    assert "A random validation subset is for choosing settings" in at_random
    assert "PublicTest" not in at_random.partition("</header>")[0]
    assert 'class="findings"' not in at_random  # no sentence, no list
