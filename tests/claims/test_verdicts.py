"""Verdicts follow from published and measured figures."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ferflow.claims.evidence import Evidence, Measured
from ferflow.claims.schema import (
    Claim,
    SteadierSplits,
)
from ferflow.claims.verdicts import compare_splits, judge
from ferflow.content import Estimate
from ferflow.errors import InputError
from tests.claims.examples import ACCURACY, HISTORY, claim_of, evidence_of, run_of
from tests.cluster_figures import cluster_figures


def figure(published: float, **keys: Any) -> Claim:
    return claim_of(kind="figure", published=published, tolerance=0.04, ours=ACCURACY, **keys)


@pytest.mark.parametrize(("published", "verdict"), [(0.735, "reproduced"), (0.745, "not reproduced")])
def test_a_figure_is_reproduced_within_its_tolerance(published: float, verdict: str) -> None:
    assert judge(figure(published), evidence_of(one=0.7)).verdict == verdict


def test_an_experiment_that_was_not_chosen_leaves_the_claim_out_but_not_the_honest_figure() -> None:
    claim = figure(0.7, honest=ACCURACY | {"experiment": "sound"})
    outcome = judge(claim, evidence_of(sound=0.6))
    assert (outcome.verdict, outcome.reason) == ("left out", "not run: one")
    assert not outcome.ours
    assert outcome.honest[0].value == pytest.approx(0.6)
    assert judge(claim, evidence_of(one=0.7)).honest == []


def test_there_is_no_verdict_where_the_evidence_has_none_but_our_figure_stays() -> None:
    evidence = Evidence({"one": [run_of(0.7)]}, {"one": [HISTORY]}, no_verdict="sample faces")
    outcome = judge(figure(0.7), evidence)
    assert (outcome.verdict, outcome.reason) == ("no verdict", "sample faces")
    assert outcome.ours == [Measured(0.7, math.nan, 0.68, 0.72)]


def test_an_iteration_that_was_not_reached_gives_no_verdict() -> None:
    late = {"read": "history", "experiment": "one", "figure": "error", "iteration": 8500}
    claim = claim_of(kind="figure", published=0.255, tolerance=0.04, ours=late, honest=ACCURACY)
    outcome = judge(claim, evidence_of(one=0.7))
    assert outcome.verdict == "no verdict"
    assert outcome.reason == "one: no figures of epoch 8,501; the last is 500"
    assert outcome.honest[0].value == pytest.approx(0.7)
    assert judge(figure(0.7, honest=late), evidence_of(one=0.7)).honest == []


def test_a_figure_that_is_undefined_gives_no_verdict() -> None:
    lost = run_of(math.nan)
    for claim in (figure(0.7, honest=ACCURACY), several("greatest", "two", "one", honest=[ACCURACY] * 2)):
        evidence = Evidence({"one": [lost], "two": [run_of(0.7)]}, {"one": [HISTORY], "two": [HISTORY]})
        outcome = judge(claim, evidence)
        assert (outcome.verdict, outcome.reason) == ("no verdict", "one: this figure is undefined (NaN)")
        assert (outcome.finding, outcome.honest_finding) == ("", "")
        assert math.isnan(outcome.ours[-1].value)


def several(kind: str, *names: str, **keys: Any) -> Claim:
    ours = [ACCURACY | {"experiment": name} for name in names]
    return claim_of(kind=kind, published="so it was said", ours=ours, **keys)


def test_same_holds_only_within_its_tolerance() -> None:
    evidence = evidence_of(one=0.7, two=0.7, three=0.71)
    equal = judge(several("same", "one", "two", tolerance=0.0), evidence)
    assert (equal.verdict, equal.finding) == ("reproduced", "the same")
    apart = judge(several("same", "one", "three", tolerance=0.0), evidence)
    assert (apart.verdict, apart.finding) == ("not reproduced", "apart by 0.01")
    assert judge(several("same", "one", "three", tolerance=0.02), evidence).verdict == "reproduced"


def test_the_first_must_be_greater_than_every_other() -> None:
    evidence = evidence_of(one=0.7, two=0.69, three=0.6)
    assert judge(several("greatest", "one", "three"), evidence).finding == "it is, intervals apart"
    close = judge(several("greatest", "one", "three", "two"), evidence)
    assert (close.verdict, close.finding) == ("reproduced", "it is, but intervals overlap")
    assert judge(several("greatest", "two", "three", "one"), evidence).verdict == "not reproduced"
    assert judge(several("greatest", "one", "one"), evidence).verdict == "not reproduced"


def test_intervals_are_apart_only_from_every_other() -> None:
    unsure = run_of(0.6)
    official = unsure.subsets.official
    wide = official.metrics.model_copy(update={"accuracy": Estimate(value=0.6, low=0.4, high=0.8)})
    subsets = unsure.subsets.model_copy(update={"official": official.model_copy(update={"metrics": wide})})
    runs = {
        "one": [run_of(0.75)],
        "two": [run_of(0.7)],
        "wide": [unsure.model_copy(update={"subsets": subsets})],
    }
    claim = several("greatest", "one", "two", "wide")
    assert judge(claim, Evidence(runs, {})).finding == "it is, but intervals overlap"


def test_figures_without_intervals_are_compared_as_they_are() -> None:
    ours = [{"read": "history", "experiment": "one", "figure": "accuracy", "iteration": i} for i in (400, 0)]
    claim = claim_of(kind="greatest", published="it learns", ours=ours, honest=ours[::-1])
    outcome = judge(claim, evidence_of(one=0.7))
    assert (outcome.finding, outcome.honest_finding) == ("it is", "it is not")


def test_a_range_must_hold_every_number() -> None:
    about = {"read": "clusters", "path": "silhouette.pca"}
    claim = claim_of(kind="range", published="about 0.33", low=0.31, high=0.35, ours=about)
    outcome = judge(claim, evidence_of())
    assert outcome.verdict == "not reproduced"
    assert outcome.finding == "0.240 to 0.340; 2 of 4 within the range"
    wide = claim_of(kind="range", published="about 0.3", low=0.2, high=0.4, ours=about)
    assert judge(wide, evidence_of()).verdict == "reproduced"
    assert judge(wide, Evidence({}, {})).reason == "not run: clusters"


def test_a_range_may_hold_a_single_number_and_judges_none_without() -> None:
    one = {"read": "clusters", "path": "silhouette.pca.2.5"}
    for low, verdict in ((0.3, "reproduced"), (0.35, "not reproduced")):
        claim = claim_of(kind="range", published="about 0.33", low=low, high=0.4, ours=one)
        outcome = judge(claim, evidence_of())
        assert (outcome.verdict, outcome.finding) == (verdict, "")
    claim = claim_of(kind="range", published="about 0.33", low=0.3, high=0.4, ours=one)
    outcome = judge(claim, Evidence({}, {}, clusters=cluster_figures({"2": {"5": math.nan}})))
    assert outcome.verdict == "no verdict"
    assert outcome.reason == "clusters.json: no figure of silhouette.pca.2.5 has a meaning"


def test_the_ends_of_a_range_and_of_a_tolerance_belong_to_it() -> None:
    about = {"read": "clusters", "path": "silhouette.pca"}
    claim = claim_of(kind="range", published="0.24 to 0.34", low=0.24, high=0.34, ours=about)
    assert judge(claim, evidence_of()).verdict == "reproduced"
    half = claim_of(kind="figure", published=0.5, tolerance=0.25, ours=ACCURACY)
    assert judge(half, Evidence({"one": [run_of(0.75)]}, {})).verdict == "reproduced"
    ours = [ACCURACY, ACCURACY | {"experiment": "two"}]
    same = claim_of(kind="same", published="as good", tolerance=0.25, ours=ours)
    evidence = Evidence({"one": [run_of(0.75)], "two": [run_of(0.5)]}, {})
    assert judge(same, evidence).verdict == "reproduced"


def test_intervals_decide_only_where_both_figures_have_one() -> None:
    epoch = {"read": "history", "experiment": "one", "figure": "accuracy", "iteration": 0}  # 0.5, no interval
    for ours in ([ACCURACY, epoch], [epoch, ACCURACY | {"experiment": "low"}]):
        claim = claim_of(kind="greatest", published="it was better", ours=ours)
        assert judge(claim, evidence_of(one=0.7, low=0.4)).finding == "it is"


SPLITS = claim_of(
    kind="repeated_splits",
    published="equal expectation, less variance",
    repeated_splits="under",
    steadier="over",
    column="error",
    tolerance=0.02,
)


def draws(difference: float, spread: float, n: int = 20) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(2, n))
    noise = (noise - noise.mean(axis=1, keepdims=True)) / noise.std(axis=1, keepdims=True)
    errors = {"under": 0.3 + difference + spread * noise[0], "over": 0.3 + 0.01 * noise[1]}
    return pd.concat(
        pd.DataFrame({"repetition": range(n), "experiment": name, "error": error})
        for name, error in errors.items()
    )


@pytest.mark.parametrize(
    ("difference", "spread", "verdict"),
    [
        (0.0, 0.04, "reproduced"),
        (0.05, 0.04, "not reproduced"),  # other means
        (0.0, 0.01, "not reproduced"),  # equal spread
        (0.0, 0.002, "not reproduced"),  # the other is the steadier one
    ],
)
def test_repeated_splits_compare_mean_and_spread(difference: float, spread: float, verdict: str) -> None:
    outcome = judge(SPLITS, Evidence({}, {}, repeated_splits={"under": draws(difference, spread)}))
    assert outcome.verdict == verdict
    assert outcome.finding.startswith(f"{0.3 + difference:.3f} ± ")
    assert "over 20 draws" in outcome.finding


def test_on_sample_faces_repeated_splits_give_no_verdict_either() -> None:
    evidence = Evidence({}, {}, repeated_splits={"under": draws(0.0, 0.04)}, no_verdict="sample faces")
    outcome = judge(SPLITS, evidence)
    assert (outcome.verdict, outcome.reason) == ("no verdict", "sample faces")
    assert "over 20 draws" in outcome.finding


def test_an_iteration_that_was_not_reached_on_sample_faces_is_told_of_the_faces() -> None:
    late = {"read": "history", "experiment": "one", "figure": "error", "iteration": 8500}
    claim = claim_of(kind="figure", published=0.255, tolerance=0.04, ours=late)
    evidence = Evidence({"one": [run_of(0.7)]}, {"one": [HISTORY]}, no_verdict="sample faces")
    assert judge(claim, evidence).reason == "sample faces"


def test_repeated_splits_that_do_not_fit_are_refused_and_absent_ones_left_out() -> None:
    assert isinstance(SPLITS, SteadierSplits)
    with pytest.raises(InputError, match="no column 'error', found repetition, experiment"):
        compare_splits(SPLITS, draws(0, 0.01).drop(columns="error"))
    with pytest.raises(InputError, match="expected over and one other, found left, under"):
        compare_splits(SPLITS, draws(0, 0.01).replace({"experiment": {"over": "left"}}))
    assert judge(SPLITS, Evidence({}, {})).reason == "not run: repeated splits of under"
