"""The report's tables as CSV files: the figures that the page shows, in full."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ferflow import params
from ferflow.evaluation.significance import holm, mcnemar
from ferflow.report.results import Result, by_test_faces, read_results
from ferflow.report.spreadsheets import classes_frame
from tests.report.test_cautions import LEARNT, result

pytestmark = pytest.mark.usefixtures("in_run")


@pytest.fixture
def results() -> dict[str, Result]:
    return {result.name: result for result in read_results(params.load())}


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(Path("results/report") / f"{name}.csv")


def the_row(table: pd.DataFrame, **where: str) -> "pd.Series[Any]":
    """Return the only row with these words."""
    part = table[(table[list(where)] == list(where.values())).all(axis="columns")]
    assert len(part) == 1
    return part.iloc[0]


def test_every_class_of_every_experiment_has_its_figures(results: dict[str, Result]) -> None:
    table = read("classes")
    assert set(table["experiment"]) == set(results)
    assert not table.duplicated(["experiment", "subset", "class"]).any()
    seeds = [each.subsets.official.per_class["disgust"] for each in results["cnn"].evaluations]
    row = the_row(table, experiment="cnn", subset="official", **{"class": "disgust"})
    assert row["faces"] == seeds[0].support
    assert row["recall"] == pytest.approx(np.mean([each.recall.value for each in seeds]), abs=1e-6)
    assert row["recall_high"] == pytest.approx(np.mean([each.recall.high for each in seeds]), abs=1e-6)
    deviation = np.std([each.precision.value for each in seeds], ddof=1)
    assert row["precision_sd"] == pytest.approx(deviation, abs=1e-6)


def test_of_one_seed_there_is_no_deviation_and_of_no_faces_no_row() -> None:
    one = result(LEARNT)
    table = classes_frame([one])
    assert set(table["subset"]) == {"validation", "official", "clean"}
    assert list(table["faces"][:2]) == [50, 50]
    assert table["recall_sd"].isna().all()
    (evaluation,) = one.evaluations
    nobody = evaluation.subsets.validation.model_copy(update={"n": 0})
    subsets = evaluation.subsets.model_copy(update={"validation": nobody})
    without = result(LEARNT, evaluations=[evaluation.model_copy(update={"subsets": subsets})])
    assert set(classes_frame([without])["subset"]) == {"official", "clean"}


def test_pairs_are_tested_face_by_face_and_corrected_in_their_group(results: dict[str, Result]) -> None:
    table = read("pairs")
    groups = [group for group in by_test_faces(results.values()) if len(group) > 1]
    assert len(table) == sum(len(group) * (len(group) - 1) // 2 for group in groups)
    first = table.iloc[0]
    one, other = results[first["first"]], results[first["second"]]
    test = mcnemar(one.correct(0), other.correct(0))
    assert (first["only_first_right"], first["only_second_right"]) == (test.only_first, test.only_second)
    assert first["p"] == pytest.approx(test.p_value, rel=1e-5)
    assert first["accuracy_difference"] == pytest.approx(
        (test.only_first - test.only_second) / first["faces"], rel=1e-5
    )
    names = {result.name for result in groups[0]}
    of_group = table[table["first"].isin(names)]
    assert of_group["p_holm"].to_numpy() == pytest.approx(holm(list(of_group["p"])), rel=1e-4)


def test_remedies_are_set_against_no_remedy(results: dict[str, Result]) -> None:
    table = read("remedies")
    assert not table.duplicated(["experiment", "class"]).any()
    row = the_row(table, experiment="cnn-weighted", **{"class": "disgust"})
    without = the_row(table, experiment="cnn", **{"class": "disgust"})
    assert (row["remedy"], row["against"]) == ("class weights", "cnn")
    assert row["difference"] == pytest.approx(row["recall"] - without["recall"], abs=2e-6)
    assert row["difference_low"] <= row["difference"] <= row["difference_high"]
    assert without[["difference", "difference_low", "difference_high"]].tolist() == [0, 0, 0]
    of_weighted = table[table["experiment"] == "cnn-weighted"].set_index("class")["recall"]
    assert of_weighted["balanced accuracy"] == pytest.approx(
        of_weighted[list(results["cnn"].classes)].mean(), abs=1e-5
    )
