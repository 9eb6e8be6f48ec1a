"""Claims: the file is refused in one line, figures are read where they stand, verdicts follow."""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import TypeAdapter

from ferflow import params, paths
from ferflow.claims.evidence import Evidence, Measured, NotReachedError, leaves, read
from ferflow.claims.schema import (
    Claim,
    FromHistory,
    Reading,
    SteadierSplits,
    experiments_of,
    load_claims,
    readings,
)
from ferflow.claims.verdicts import compare_splits, judge
from ferflow.content import Estimate
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import Evaluation, Subsets
from tests.cluster_figures import cluster_figures
from tests.evaluations import evaluation_of, subset_of

REPOSITORY = Path(__file__).parents[2]
CLASSES = ("happy", "fear")
WORDS = {"id": "x", "system": "A", "what": "what", "protocol": "pair", "why": "because"}
ACCURACY = {"read": "metric", "experiment": "one", "metric": "accuracy"}


def claim_of(**keys: Any) -> Claim:
    return TypeAdapter(Claim).validate_python(WORDS | keys)


def reading_of(**keys: Any) -> Reading:
    return TypeAdapter(Reading).validate_python(keys)


def run_of(accuracy: float, validation: int = 0) -> Evaluation:
    estimate = Estimate(value=accuracy, low=round(accuracy - 0.02, 6), high=round(accuracy + 0.02, 6))
    official = subset_of([[50, 10], [20, 20]], estimate, CLASSES)
    other = official.model_copy(update={"n": validation})
    return evaluation_of(Subsets(validation=other, official=official, clean=official), CLASSES)


HISTORY = pd.DataFrame(
    {
        "epoch": [1, 401, 500],
        "train_loss": [0.7, 0.6, 0.55],
        "validation_loss": [0.69, 0.62, 0.6],
        "validation_accuracy": [0.5, 0.663, 0.7],
    }
)


def evidence_of(**accuracies: float) -> Evidence:
    """Each experiment with two seeds, a hundredth to either subset of the given accuracy."""
    return Evidence(
        evaluations={
            name.replace("_", "-"): [run_of(value - 0.01), run_of(value + 0.01)]
            for name, value in accuracies.items()
        },
        histories={name.replace("_", "-"): [HISTORY, HISTORY] for name in accuracies},
        clusters=cluster_figures({"2": {"5": 0.34, "6": 0.33}, "3": {"5": 0.25, "6": 0.24}}),
    )


# ---- the file


def test_the_claims_of_the_repository_are_valid_and_cover_all_five_systems() -> None:
    claims = load_claims(REPOSITORY / paths.CLAIMS)
    assert list(claims.systems) == ["A", "B", "C", "D", "E"]
    assert {claim.system for claim in claims.claims} == set(claims.systems)
    assert {reference.name.split(",")[0] for reference in claims.references} >= {"WuJie1010"}


def test_claims_name_experiments_splits_and_protocols_that_exist() -> None:
    settings = params.load(REPOSITORY / "params.yaml")
    known = settings.experiments
    for claim in load_claims(REPOSITORY / paths.CLAIMS).claims:
        for honest in (False, True):
            assert set(experiments_of(claim, honest=honest)) <= set(known), claim.id
        if isinstance(claim, SteadierSplits):
            assert claim.repeated_splits in settings.repeated_splits
            assert claim.steadier == settings.repeated_splits[claim.repeated_splits].against
        if claim.protocol != "clusters":
            protocols = {known[name].protocol for name in experiments_of(claim)}
            assert protocols <= set(claim.protocol.split(", ")) <= set(settings.protocols), claim.id


def test_every_iteration_that_a_claim_reads_is_recorded() -> None:
    settings = params.load(REPOSITORY / "params.yaml")
    known = settings.experiments
    read_at = [
        (reading.experiment, reading.iteration)
        for claim in load_claims(REPOSITORY / paths.CLAIMS).claims
        for reading in readings(claim)
        if isinstance(reading, FromHistory) and reading.iteration != "last"
    ]
    assert len(read_at) > 5
    for name, iteration in read_at:
        experiment = known[name]
        assert experiment.epochs is not None
        assert iteration % getattr(experiment.model, "record_every") == 0  # noqa: B009
        assert iteration < experiment.epochs.full
        thin_after = getattr(experiment.model, "record_thin_after")  # noqa: B009
        assert thin_after is None or iteration < thin_after


def broken(tmp_path: Path, **keys: Any) -> Path:
    entry = WORDS | {"kind": "figure", "published": 0.5, "tolerance": 0.1, "ours": ACCURACY} | keys
    system = {"title": "title", "published": "where", "protocol": "how"}
    path = tmp_path / "claims.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "systems": {"A": system},
                "claims": [{k: v for k, v in entry.items() if v is not None}],
                "references": [],
            }
        )
    )
    return path


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"tolerence": 0.1, "tolerance": None}, r"claims\.x: unknown key 'tolerence'"),
        ({"why": None}, r"claims\.x: 'why' is missing"),
        ({"system": "B"}, r"claim 'x': no system is called 'B'; known: A"),
        ({"published": "0.5"}, r"claims\.x\.published: input should be a valid number"),
        ({"kind": "guess"}, r"claims\.x: .*'guess'.*'figure'"),
        (
            {"ours": ACCURACY | {"metric": "accuraccy"}},
            r"claims\.x\.ours\.metric: input should be 'accuracy'",
        ),
        ({"ours": ACCURACY | {"epoch": 3}}, r"claims\.x\.ours: unknown key 'epoch'"),
        ({"tolerance": 0}, r"claims\.x\.tolerance: input should be greater than 0"),
    ],
)
def test_a_wrong_entry_is_refused_in_one_line(tmp_path: Path, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_claims(broken(tmp_path, **keys))
    assert re.search(message, str(caught.value))
    assert "\n" not in str(caught.value)


def test_files_that_are_no_claims_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_claims(tmp_path / "claims.yaml")
    path = tmp_path / "claims.yaml"
    path.write_text("claims: [")
    with pytest.raises(InputError, match="not valid YAML"):
        load_claims(path)
    path.write_text("- a list")
    with pytest.raises(InputError, match="valid dictionary"):
        load_claims(path)


def test_two_claims_of_one_name_are_refused(tmp_path: Path) -> None:
    path = broken(tmp_path)
    content = yaml.safe_load(path.read_text())
    content["claims"] *= 2
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match="two claims are called 'x'"):
        load_claims(path)


# ---- reading


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ({"read": "history", "experiment": "one", "figure": "error", "iteration": 400}, 0.337),
        ({"read": "history", "experiment": "one", "figure": "accuracy", "iteration": 0}, 0.5),
        ({"read": "history", "experiment": "one", "figure": "cost", "iteration": 400}, 62.0),
        ({"read": "history", "experiment": "one", "figure": "train_loss"}, 0.55),
        (ACCURACY, 0.7),
        (ACCURACY | {"metric": "balanced_error"}, 0.3),
        ({"read": "class", "experiment": "one", "of": "fear", "metric": "recall"}, 0.7),
        ({"read": "confusion", "experiment": "one", "label": "fear", "predicted": "happy"}, 20),
        ({"read": "cost", "experiment": "one", "cost": "parameters"}, 2501),
        ({"read": "clusters", "path": "kept.silhouette"}, 0.33),
        ({"read": "clusters", "path": "kept.accuracy.nearest"}, 0.17),
    ],
)
def test_figures_are_read_where_they_stand(keys: dict[str, Any], value: float) -> None:
    assert read(reading_of(**keys), evidence_of(one=0.7)).value == pytest.approx(value)


def test_deviation_is_over_seeds_and_an_error_turns_its_interval_round() -> None:
    figure = read(reading_of(**(ACCURACY | {"metric": "error"})), evidence_of(one=0.7))
    assert figure.deviation == pytest.approx(np.std([0.29, 0.31], ddof=1))
    assert (figure.low, figure.high) == pytest.approx((0.28, 0.32))


def test_cost_is_summed_over_the_side_that_the_curves_follow() -> None:
    reading = reading_of(read="history", experiment="one", figure="cost", iteration=400)
    found = Evidence({"one": [run_of(0.7, validation=40)]}, {"one": [HISTORY]})
    assert read(reading, found).value == pytest.approx(0.62 * 40)
    assert math.isnan(read(reading, found).deviation)


def test_what_is_not_there_is_named() -> None:
    evidence = evidence_of(one=0.7)
    with pytest.raises(NotReachedError, match=r"no figures of epoch 8,501; the last is 500"):
        read(reading_of(read="history", experiment="one", figure="error", iteration=8500), evidence)
    with pytest.raises(InputError, match="one has no class 'sad', but happy, fear"):
        read(reading_of(read="class", experiment="one", of="sad", metric="f1"), evidence)
    with pytest.raises(NotReachedError, match=r"clusters\.json holds no kept\.inertia"):
        read(reading_of(read="clusters", path="kept.inertia"), evidence)
    with pytest.raises(InputError, match="'silhouette' is no number"):
        read(reading_of(read="clusters", path="silhouette"), evidence)


def test_leaves_are_all_numbers_below_a_key() -> None:
    assert leaves(evidence_of().clusters, "silhouette.pca") == [0.34, 0.33, 0.25, 0.24]
    assert leaves(evidence_of().clusters, "kept.names") == []
    assert leaves(evidence_of().clusters, "kept.draws.accuracy.nearest") == [0.16, 0.01, 0.15, 0.17]
    without = Evidence({}, {}, cluster_figures({"2": {"5": math.nan, "6": 0.33}}, silhouette=None))
    assert math.isnan(read(reading_of(read="clusters", path="kept.silhouette"), without).value)
    assert leaves(without.clusters, "silhouette.pca") == [0.33]


# ---- verdicts


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


def test_repeated_splits_that_do_not_fit_are_refused_and_absent_ones_left_out() -> None:
    assert isinstance(SPLITS, SteadierSplits)
    with pytest.raises(InputError, match="no column 'error', found repetition, experiment"):
        compare_splits(SPLITS, draws(0, 0.01).drop(columns="error"))
    with pytest.raises(InputError, match="expected over and one other, found left, under"):
        compare_splits(SPLITS, draws(0, 0.01).replace({"experiment": {"over": "left"}}))
    assert judge(SPLITS, Evidence({}, {})).reason == "not run: repeated splits of under"
