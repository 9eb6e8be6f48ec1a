"""claims.yaml: what the repository claims is valid, and what is wrong is refused in one line."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ferflow import params, paths
from ferflow.claims.schema import (
    FromHistory,
    SteadierSplits,
    experiments_of,
    load_claims,
    readings,
)
from ferflow.errors import InputError
from tests.claims.examples import ACCURACY, WORDS

REPOSITORY = Path(__file__).parents[2]


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
