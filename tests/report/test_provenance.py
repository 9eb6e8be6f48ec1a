"""Protocols in words."""

from pathlib import Path

import pytest

from ferflow.params import Protocol, Split
from ferflow.report.sections.provenance import describe, versions


@pytest.mark.parametrize(
    ("split", "has_usage", "words"),
    [
        (Split(by="random"), True, "copies of a face, and all of one subject, stay in one subset"),
        (Split(), False, "copies of a face, and all of one subject, stay in one subset"),
        (Split(), True, "copies of a face stay in one subset"),
        (Split(group_by="near_duplicates"), True, "copies and near duplicates of a face stay in one subset"),
        (Split(group_by="none"), False, "copies of a face may be in several subsets (leaky)"),
    ],
)
def test_what_stays_together_is_said(split: Split, has_usage: bool, words: str) -> None:
    parts = describe(Protocol(split=split), has_usage=has_usage, group="subject").split("; ")
    assert words in parts


def test_without_public_test_a_share_of_training_chooses() -> None:
    text = describe(Protocol(split=Split(validation=0.2)), has_usage=True, has_validation=False)
    assert text.startswith("official division: Training trains, 20% of it chooses, PrivateTest reports")


def test_shares_of_a_random_division_are_not_rounded() -> None:
    text = describe(Protocol(split=Split(by="random", validation=0.005, test=0.125)), has_usage=True)
    assert text.startswith("random division, 12.5% test, 0.5% validation, ")


def test_packages_that_add_models_or_remedies_are_named_with_their_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "mypackage" not in versions()
    about = tmp_path / "mypackage-0.7.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mypackage\nVersion: 0.7\n")
    (about / "entry_points.txt").write_text("[ferflow.remedies]\nsofter = mypackage.softer\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert versions()["mypackage"] == "0.7"
    assert list(versions()).count("ferflow") == 1
