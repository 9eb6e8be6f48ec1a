"""Cautions where a reader meets the figures: table, first lines, Markdown, terminal."""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from ferflow import params
from ferflow.evaluation.cautions import Caution, cautions_of
from ferflow.files import read_parquet
from ferflow.report.context import ReportContext, gather_context
from ferflow.report.findings import best_of, remedy_for_the_rarest
from ferflow.report.footnotes import caution_lines, footnotes
from ferflow.report.markdown import comparison_markdown
from ferflow.report.results import Result, read_results
from ferflow.report.schedules import schedule_of
from ferflow.report.sections import comparison
from tests.evaluations import evaluation_of
from tests.report.contexts import context_of, rendered

CHANCE, STEPS = Caution("chance", "chance 14.3%"), Caution("few steps", "only 7 optimizer steps")
FACES = Caution("few faces", "3 of disgust")


@pytest.fixture
def results(in_run: Path) -> dict[str, Result]:
    return {result.name: result for result in read_results(params.load())}


@pytest.fixture
def context(in_run: Path, tmp_path: Path) -> ReportContext:
    (tmp_path / "figures").mkdir()
    return gather_context(params.load(), tmp_path)


def test_the_networks_schedule_is_read_from_the_files(results: dict[str, Result]) -> None:
    settings, faces = params.load(), read_parquet("results/faces.parquet")
    schedule = schedule_of(results["cnn"], settings, faces)
    assert schedule is not None
    trained = read_parquet("results/experiments/cnn/split.parquet")
    assert (schedule.epochs, schedule.epoch_faces) == (12, int((trained["side"] == "train").sum()))
    assert schedule.batch_size == 128
    assert schedule.losses == pytest.approx([1.9 - 0.98168] * 2, abs=1e-4)
    weighted = schedule_of(results["cnn-weighted"], settings, faces)
    assert weighted is not None
    assert weighted.frequency_loss == pytest.approx(1.94591, abs=1e-5)  # log 7: all classes weigh alike
    assert 1.5 < schedule.frequency_loss < weighted.frequency_loss
    assert schedule_of(results["logistic"], settings, faces) is None


def test_every_experiment_is_judged(context: ReportContext) -> None:
    kinds = {name: [caution.kind for caution in cautions] for name, cautions in context.cautions.items()}
    assert kinds["kmeans"] == ["chance", "few faces"]  # its predictions are noise
    assert kinds["cnn"] == ["few steps", "few faces"]


def test_the_comparison_marks_the_figure_and_explains_below(context: ReportContext) -> None:
    page = rendered(context, comparison.section(context))
    (table, notes) = re.findall(r"<table.*?</table>|<ol class=\"cautions\".*?</ol>", page, re.DOTALL)[:2]
    row = next(row for row in table.split("<tr>") if "</i>kmeans" in row)
    cell = re.findall(r"<td data-sort.*?</td>", row, re.DOTALL)[0]  # balanced accuracy, official
    numbers = re.findall(r'<sup class="caution"><a href="#caution-1-(\d)" title="([^"]+)">', cell)
    assert [text.split(":")[0] for _, text in numbers] == [
        "not above chance",
        "fewer than ten test faces of a class",
    ]
    for number, text in numbers:
        (note,) = re.findall(rf'<li id="caution-1-{number}">(.*?)</li>', notes)
        assert note.startswith(text[0].upper() + text[1:])
        assert "kmeans" in note
    assert page.count('<ol class="cautions"') == 2  # the leaky experiment has ten faces of each class


def test_figures_without_a_caution_have_no_mark(context: ReportContext) -> None:
    calm = dataclasses.replace(context, cautions={})
    page = rendered(calm, comparison.section(calm))
    assert 'class="caution' not in page
    assert "[1]" not in comparison_markdown(calm.tested_alike, {}, on_sample=True, confidence=0.95)


def test_a_note_is_said_once_and_the_gravest_first() -> None:
    notes = footnotes(["a", "b"], {"a": [FACES, STEPS], "b": [CHANCE, FACES]})
    assert [(note.number, note.text.split(":")[0], note.names) for note in notes] == [
        (1, "not above chance", ("b",)),
        (2, "too little training", ("a",)),
        (3, "fewer than ten test faces of a class", ("a", "b")),
    ]


def test_the_markdown_bears_the_marks_too(in_run: Path) -> None:
    text = Path("results/report/comparison.md").read_text()
    (row,) = re.findall(r"^\| kmeans .*", text, re.MULTILINE)
    (number,) = re.findall(r"^- \[(\d)\] kmeans: not above chance: .*\.$", text, re.MULTILINE)
    assert f"[{number}]" in row.split("|")[4]


def test_the_terminal_gets_a_line_a_kind() -> None:
    cautions: dict[str, Sequence[Caution]] = {name: [FACES] for name in "abcdef"}
    cautions["a"] = [CHANCE, FACES]
    cautions["b"] = [Caution("chance", "chance 50.0%"), FACES]
    assert caution_lines(list("abcdef"), cautions) == [
        "caution: a, b: not above chance",
        "caution: a, b, c and 3 more: fewer than ten test faces of a class: 3 of disgust",
    ]
    assert caution_lines(["a"], {}) == []


def scored(name: str, value: float, confusion: list[list[int]]) -> Result:
    evaluation = evaluation_of(confusion, (value, value - 0.05, value + 0.05))
    return Result(name, "pair", "CNN", "none", "", [0], [evaluation], [], [])


CONSTANT, GUESSING, BETTER = [[50, 0], [50, 0]], [[26, 24], [24, 26]], [[35, 15], [15, 35]]


def test_no_model_is_praised_that_is_constant_or_not_above_chance() -> None:
    group = [scored("constant", 0.9, CONSTANT), scored("guessing", 0.52, GUESSING)]
    cautions = {result.name: cautions_of(result.evaluations) for result in group}
    sentence = best_of(group, cautions)
    assert sentence.startswith("Of two classes, no model beats chance (50.0% balanced accuracy)")
    assert "does best" not in sentence
    group.append(scored("better", 0.7, BETTER))
    cautions["better"] = cautions_of(group[-1].evaluations)
    assert best_of(group, cautions).startswith("Of two classes, better does best: balanced accuracy 70.0%")
    assert "Caution" not in best_of(group, cautions)
    assert best_of(group, cautions | {"better": (FACES,)}).endswith(
        " Caution: fewer than ten test faces of a class: 3 of disgust."
    )


def test_a_remedy_is_not_praised_without_a_word_on_chance(context: ReportContext) -> None:
    (family, recall) = next(zip(context.families, context.recalls, strict=True))
    plain = remedy_for_the_rarest(family, recall, {})
    warned = remedy_for_the_rarest(family, recall, {result.name: [CHANCE] for result in family.results})
    assert warned == f"{plain} Caution: not above chance: chance 14.3%."


def test_the_first_lines_of_the_page_praise_no_model_at_chance(page: str) -> None:
    first_lines = page[: page.index("</header>")]
    assert "kmeans does best" not in first_lines
    assert "Caution: " in first_lines


def test_the_context_of_one_section_needs_no_cautions(results: dict[str, Result], tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    context = context_of(params.load(), list(results.values()), tmp_path)
    assert comparison.section(context).content["tables"][0].notes == []
