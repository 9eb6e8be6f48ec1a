"""The report in a real Chromium: figures, filters, an experiment's page, two side by side, no scripts."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ferflow import params
from ferflow.evaluation.significance import mcnemar
from ferflow.report.contract import SHOWN, first_of
from ferflow.report.results import read_results
from tests.accessibility import serious
from tests.fabricated import LEAKY, SOME

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Open = Callable[..., "Page"]


@pytest.fixture
def open_report(chromium: "Browser", fabricated_run: Path) -> Iterator[Open]:
    """Open the report at a fragment; afterwards, no script has failed and nothing came from elsewhere."""
    complaints: list[str] = []
    folder = fabricated_run.resolve()

    def open_report(fragment: str = "", width: int = 1200, *, scripts: bool = True) -> "Page":
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts, reduced_motion="reduce"
        )
        context.set_default_timeout(30_000)  # a machine that runs other tests is slow
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((f"file://{folder}", "data:"))
                else complaints.append(request.url)
            ),
        )
        page.goto(f"file://{folder}/results/report/index.html{fragment}")
        return page

    yield open_report
    for context in list(chromium.contexts):
        context.close()
    assert complaints == []


def test_a_figure_is_enlarged_by_the_keyboard_and_gives_the_focus_back(open_report: Open) -> None:
    page = open_report()
    button = page.locator("#confusion button.enlarge").first
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Enlarged figure")
    dialog.get_by_role("img", name=re.compile("^Confusion matrix of ")).wait_for()
    page.get_by_role("button", name="Actual size").click()
    natural, shown = dialog.locator("img").evaluate("image => [image.naturalWidth, image.width]")
    assert shown == natural
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    assert button.evaluate("button => button === document.activeElement")
    button.click()
    dialog.get_by_role("button", name="Close").click()
    assert dialog.is_hidden()


def names(page: "Page") -> list[str]:
    """Read the experiments that the first comparison shows, from top to bottom."""
    rows = page.locator("#comparison table").first.locator("tbody:first-of-type tr:visible th a")
    return rows.all_inner_texts()


def test_the_comparison_is_filtered_and_sorted(open_report: Open) -> None:
    page = open_report("#comparison")
    controls = page.locator("#comparison .controls").first
    assert len(names(page)) == 4
    controls.get_by_label("Model").select_option("CNN")
    assert set(names(page)) == {"cnn", "cnn-oversample", "cnn-weighted"}
    assert page.locator("#comparison .filtered").first.inner_text() == "3 of 4 rows: CNN."
    controls.get_by_label("Remedy").select_option("oversampling")
    assert names(page) == ["cnn-oversample"]
    controls.get_by_label("Model").select_option("")
    controls.get_by_label("Remedy").select_option("")
    head = page.locator("#comparison table").first.get_by_role("button", name="accuracy", exact=True).first
    head.click()
    falling = names(page)
    head.click()
    assert names(page) == falling[::-1]


def test_a_pair_stays_where_either_model_is_chosen(open_report: Open) -> None:
    page = open_report("#tests")
    page.locator("#tests details summary").first.click()
    page.locator("#tests .controls").first.get_by_label("Remedy").select_option("class weights")
    pairs = page.locator("#tests table.filterable").first.locator("tbody tr:visible")
    assert {"cnn-weighted" in text for text in pairs.all_inner_texts()} == {True}
    assert pairs.count() == 3


def test_an_experiment_has_a_page_with_all_about_it(open_report: Open) -> None:
    page = open_report("#comparison")
    link = page.locator("#comparison").get_by_role("link", name="cnn-oversample", exact=True)
    link.click()
    page.get_by_role("heading", name="cnn-oversample", exact=True).wait_for()
    assert page.title().startswith("cnn-oversample · ")
    assert (
        page.locator("#comparison, #data, nav, article[id='experiment=cnn']").locator("visible=true").count()
        == 0
    )
    article = page.locator("article.experiment:visible")
    heads = article.locator("h4").all_inner_texts()
    assert heads == [
        "Metrics", "Classes", "Confusion", "History", "Cost", "Paired tests", "Settings",
    ]  # fmt: skip
    figures = article.locator("figure img").evaluate_all("images => images.map(image => image.alt)")
    assert [alt.rpartition(" of ")[0] for alt in figures] == [
        "Learning curves",
        "Confusion matrix",
        "ROC and precision-recall curves",
    ]
    article.locator("button.enlarge").first.click()
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.go_back()
    page.locator("#comparison h2").wait_for()
    assert link.evaluate("link => link === document.activeElement")


def test_the_network_that_is_explained_shows_where_it_looks(open_report: Open) -> None:
    page = open_report("#experiment=cnn-weighted")
    page.get_by_role("img", name="Saliency of correct and mistaken test faces").wait_for()


def test_two_experiments_stand_side_by_side(open_report: Open, in_run: Path) -> None:
    page = open_report("#side-by-side")
    page.get_by_label("First").select_option("cnn-weighted")
    page.get_by_label("Second").select_option("cnn")
    page.get_by_role("button", name="Set side by side").click()
    page.get_by_role("heading", name="cnn-weighted and cnn").wait_for()
    results = {result.name: result for result in read_results(params.load())}
    weighted, plain = results["cnn-weighted"], results["cnn"]
    test = mcnemar(weighted.correct(0), plain.correct(0))
    assert (
        f"Only cnn-weighted is right about {test.only_first} test faces, only cnn about {test.only_second}"
        in page.inner_text("article:visible")
    )
    gap = weighted.interval("official", "log_loss")[0] - plain.interval("official", "log_loss")[0]
    row = page.get_by_role("row").filter(has_text="log loss").locator("visible=true")
    assert row.locator("td").nth(2).inner_text() == f"{gap:+.3f}".replace("-", "\u2212")
    for name, total in (("cnn-weighted", test.only_first), ("cnn", test.only_second)):
        side = page.get_by_role("region", name=f"Only {name} is right", exact=True)
        assert side.locator("figure").count() == min(SHOWN, total)
        for label, *says in (text.split("\n") for text in side.locator("figcaption").all_inner_texts()):
            right = {line.partition(": ")[0] for line in says if line.endswith(f": {label}")}
            assert right == {name}


def test_numbers_are_rounded_as_the_tables_round_them(open_report: Open) -> None:
    page = open_report()
    middles = [(k / 16, 3) for k in range(-40, 40)] + [(k / 4, 1) for k in range(-40, 40)]
    others = [(k / 2000, 3) for k in range(2000)] + [(k / 20, 1) for k in range(-2000, 2000)]
    texts = page.evaluate(
        "numbers => numbers.map(([value, digits]) => fixed(value, digits))", middles + others
    )
    assert texts == [f"{value:.{digits}f}" for value, digits in middles + others]


def test_experiments_tested_on_other_faces_are_not_compared(open_report: Open) -> None:
    page = open_report("#compare=cnn,logistic")
    note = page.get_by_role("note")
    assert "They tell different classes apart: cnn (angry, disgust, fear" in note.inner_text()
    odd = [
        {"experiment": {"name": name, "protocol": "p", "n": {"official": 1}}, "group": {"classes": classes}}
        for name, classes in (("a", ["calm, neutral", "joy"]), ("b", ["joy", "sad"]))
    ]
    assert page.evaluate("experiments => whyNot(...experiments)", odd) == (
        "They tell different classes apart: a (calm, neutral; joy) and b (joy, sad)."
    )
    page.goto(page.url.partition("#")[0] + f"#compare=logistic,{LEAKY}")
    page.get_by_role("note").filter(has_text="They are tested on different faces: logistic on the").wait_for()
    article = page.locator("article:visible")
    assert "leaky" in article.inner_text()
    assert article.locator("h4").all_inner_texts() == ["Metrics"]
    assert "difference" not in article.locator("thead").inner_text()


@pytest.mark.parametrize(
    ("fragment", "sentence"),
    [
        ("#experiment=gone", 'No experiment of this report is called "gone".'),
        ("#compare=cnn,<b>", 'No experiment of this report is called "<b>".'),
        ("#compare=cnn,cnn", "Choose two different experiments."),
        ("#compare=cnn", "Two experiments can be set side by side"),
    ],
)
def test_a_fragment_that_names_nothing_is_a_sentence_above_the_report(
    open_report: Open, fragment: str, sentence: str
) -> None:
    page = open_report(fragment)
    page.get_by_role("status").filter(has_text=sentence).wait_for()
    assert page.locator("#comparison h2").is_visible()


def test_without_scripts_all_can_be_read(open_report: Open) -> None:
    page = open_report("#experiment=cnn", scripts=False)
    assert page.locator("article.experiment:visible").count() == len(SOME)
    assert page.get_by_text("Choosing needs JavaScript.").is_visible()
    assert page.locator("form, select").locator("visible=true").count() == 0
    box = page.locator("article[id='experiment=cnn']").bounding_box()
    assert box is not None
    assert -50 < box["y"] < 100


@pytest.mark.parametrize("fragment", ["", "#experiment=cnn-weighted", "#compare=cnn,cnn-weighted"])
def test_nothing_keeps_readers_out(open_report: Open, fragment: str) -> None:
    page = open_report(fragment)
    assert serious(page) == []
    page.set_viewport_size({"width": 420, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == 420


def test_nothing_keeps_readers_out_of_an_enlarged_figure_in_the_dark(open_report: Open) -> None:
    page = open_report("#confusion")
    page.emulate_media(color_scheme="dark")
    page.locator("#confusion button.enlarge").first.click()
    assert serious(page) == []


def test_print_has_no_controls_and_cuts_no_figure(open_report: Open) -> None:
    page = open_report()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1032, "height": 703})  # A4 landscape within its margins
    assert page.locator("nav, form, select, dialog, .view-bar").locator("visible=true").count() == 0
    figures = page.locator("main figure .card img:visible").evaluate_all(
        "images => images.map(image => [image.getBoundingClientRect().right, image.height])"
    )
    assert len(figures) > 20
    assert max(right for right, _ in figures) <= 1032
    assert max(height for _, height in figures) <= 703


def test_the_block_of_data_holds_the_faces_of_every_pair_and_ends_no_script(page: str) -> None:
    block = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', page)
    assert block is not None
    assert "<" not in block[1]
    data = json.loads(block[1])
    assert {e["name"] for group in data["groups"] for e in group["experiments"]} == set(SOME)
    for group in data["groups"]:
        for pair in group["pairs"]:
            for key, right, wrong in (
                ("faces_first", "first", "second"),
                ("faces_second", "second", "first"),
            ):
                faces = [group["faces"][index] for index in pair[key]]
                assert len(faces) == min(SHOWN, pair[key.replace("faces", "only")])
                assert all(face["says"][pair[right]] == face["label"] for face in faces)
                assert all(face["says"][pair[wrong]] != face["label"] for face in faces)


def test_faces_are_taken_in_order() -> None:
    order = np.array([4, 2, 0, 1, 3])
    assert first_of(order, np.array([True, False, True, True, False])) == [2, 0, 3]
    assert len(first_of(np.arange(50), np.ones(50, dtype=bool))) == SHOWN
