"""The sections on saliency and filters: networks side by side, worded from results."""

import dataclasses
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ferflow import params, paths
from ferflow.data.faces import load_faces
from ferflow.errors import InputError
from ferflow.files import read_json, write_json
from ferflow.report.build import render
from ferflow.report.context import ReportContext
from ferflow.report.pairs import pair_tables
from ferflow.report.results import Result, by_test_faces, read_results
from ferflow.report.sections.explained import (
    FIGURES,
    compare_networks,
    explained_networks,
    most_confused,
    responses_sentence,
    saliency,
)
from ferflow.report.wording import equals_p
from ferflow.studies.explain.description import read_description
from tests.evaluations import evaluation_of, subsets_of
from tests.fabricated_studies import write_explanation

CNN, DNN = "cnn-weighted", "dnn-weighted"


@pytest.fixture
def results(in_run: Path) -> Iterator[dict[str, Result]]:
    """Read the finished run, and call its CNN without remedy a DNN."""
    found = {result.name: result for result in read_results(params.load())}
    found[DNN] = dataclasses.replace(found.pop("cnn"), name=DNN, model="DNN")
    write_explanation(DNN, 0)
    yield found
    shutil.rmtree(paths.EXPERIMENTS / DNN)


def settings() -> params.Params:
    return params.load().model_copy(update={"explain": [CNN, DNN]})


@pytest.fixture
def report(tmp_path: Path) -> Path:
    (tmp_path / "figures").mkdir()
    return tmp_path


def test_networks_are_compared_and_their_figures_copied(results: dict[str, Result], report: Path) -> None:
    networks = explained_networks(settings(), list(results.values()), report)
    assert [network.result.name for network in networks] == [CNN, DNN]
    assert {path.name for path in (report / "figures").iterdir()} == {
        f"{kind}-{name}.png" for kind in FIGURES for name in (CNN, DNN)
    }
    table = next(
        pair_tables(group) for group in by_test_faces(list(results.values())) if results[CNN] in group
    )
    (sentence,) = compare_networks([network.result for network in networks], [table])
    for name in (CNN, DNN):
        assert f"{name} has" in sentence or f", {name} {results[name].cost.parameters:,}" in sentence
        value = results[name].interval("official", "balanced_accuracy")[0]
        assert f"{name} {100 * value:.1f}%" in sentence
    only = (results[CNN].correct(0) & ~results[DNN].correct(0)).sum()
    assert f"{only:,} of {results[CNN].n('official'):,} test faces are recognised by {CNN} alone" in sentence
    pair = next(pair for pair in table.pairs if {pair.first, pair.second} == {CNN, DNN})
    assert pair.adjusted > pair.p_value  # there are other pairs
    assert f"Holm-corrected over {len(table.pairs)} pairs: p {equals_p(pair.adjusted)}" in sentence


def test_a_mean_map_of_some_faces_is_not_called_one_of_all(in_run: Path, report: Path) -> None:
    context = ReportContext(params.load(), read_results(params.load()), load_faces(), report, "sample faces")
    section = saliency(context)
    (entry, *_) = section.content["explained"]
    n = entry.result.n("official")
    for faces, said in ((n, "all test faces of the class."), (n - 1, f"among {n - 1} test faces drawn at")):
        middle = entry.about.middle.model_copy(update={"faces": faces})
        told = dataclasses.replace(entry, about=entry.about.model_copy(update={"middle": middle}))
        changed = dataclasses.replace(section, content={**section.content, "explained": [told]})
        assert said in " ".join(render(context, [changed]).split())


def test_without_networks_there_is_nothing_to_show(results: dict[str, Result], report: Path) -> None:
    others = [result for name, result in results.items() if name not in (CNN, DNN)]
    assert explained_networks(settings(), others, report) == []


def test_networks_on_other_faces_are_not_compared(results: dict[str, Result]) -> None:
    table = results[DNN].predictions[0].assign(face=lambda t: t["face"] + 1)
    elsewhere = dataclasses.replace(results[DNN], predictions=[table, *results[DNN].predictions[1:]])
    for other, sentences in ((results[DNN], 1), (elsewhere, 0)):
        both = [results[CNN], other]
        tables = [pair_tables(group) for group in by_test_faces(both)]
        assert len(compare_networks(both, tables)) == sentences


def test_the_most_confused_are_named(results: dict[str, Result]) -> None:
    result = results[CNN]
    counts = np.sum([e.subsets.official.confusion for e in result.evaluations], axis=0)
    share = counts / counts.sum(axis=1, keepdims=True)
    np.fill_diagonal(share, 0)
    true, predicted = np.unravel_index(share.argmax(), share.shape)
    pair = f"{result.classes[true]} for {result.classes[predicted]} ({100 * share.max():.1f}% of its faces)"
    assert most_confused(result).startswith(f"Most often it takes {pair}, ")
    official = result.evaluations[0].subsets.official
    subsets = subsets_of(np.eye(7, dtype=int).tolist(), official.metrics.accuracy, result.classes)
    perfect = evaluation_of(subsets, result.classes)
    assert most_confused(dataclasses.replace(result, evaluations=[perfect])) == (
        "No class is taken for another."
    )


@pytest.mark.parametrize(
    ("share", "said"), [(0.7, "more than"), (0.3, "less than"), (0.51, "as much as an even spread")]
)
def test_the_middle_is_judged_by_its_area(
    results: dict[str, Result], report: Path, share: float, said: str
) -> None:
    about = read_json(paths.EXPERIMENTS / CNN / "explain/explain.json")
    about["middle"] |= {"share": share, "area": 0.5, "mistaken": None}
    about["response"] |= {"predicted": "sad"}
    about["layer"] |= {"filters": 40, "convolutional": False}
    kept = (paths.EXPERIMENTS / CNN / "explain/explain.json").read_bytes()
    write_json(paths.EXPERIMENTS / CNN / "explain/explain.json", about)
    try:
        entry = explained_networks(settings(), [results[CNN]], report)[0]
    finally:
        (paths.EXPERIMENTS / CNN / "explain/explain.json").write_bytes(kept)
    assert said in entry.middle
    assert "mistaken" not in entry.middle
    assert "taken for sad" in entry.responses
    assert entry.filters.startswith("The 2 of 40 units with the largest weights")


@pytest.mark.parametrize(
    ("silent", "said"),
    [
        (0, "filter 1 responds most; none of 2 are silent."),
        (1, "filter 1 responds most; 1 of 2 is silent."),
        (2, "To a face that shows happy no filter responds."),
    ],
)
def test_filters_that_are_silent_are_counted(results: dict[str, Result], silent: int, said: str) -> None:
    about = read_description(CNN)
    assert responses_sentence(about.response.model_copy(update={"silent": silent}), about.layer).endswith(
        said
    )


def test_a_missing_stage_is_named(results: dict[str, Result], report: Path) -> None:
    lost = dataclasses.replace(results[CNN], name=DNN.replace("dnn", "gone"))
    asked = settings().model_copy(update={"explain": [lost.name]})
    with pytest.raises(InputError, match=r"gone-weighted/explain/explain.json"):
        explained_networks(asked, [lost], report)


def test_the_page_shows_them(page: str) -> None:
    for section in ("saliency", "filters"):
        assert re.search(rf'<section id="{section}"', page)
    assert f"Saliency of correct and mistaken test faces for {CNN}" in page
    assert f"Layers of {CNN}" in page
