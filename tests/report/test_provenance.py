"""Protocols in words."""

import pytest

from ferflow.params import Protocol, Split
from ferflow.report.sections.provenance import describe


@pytest.mark.parametrize(
    ("split", "has_usage", "words"),
    [
        (Split(by="random"), True, "copies of a face, and all of one subject, stay in one subset"),
        (Split(), False, "copies of a face, and all of one subject, stay in one subset"),
        (Split(), True, "copies of a face stay in one subset"),
        (Split(group_by="none"), False, "copies of a face may stand in several subsets (leaky)"),
    ],
)
def test_what_stays_together_is_said(split: Split, has_usage: bool, words: str) -> None:
    parts = describe(Protocol(split=split), has_usage=has_usage, group="subject").split("; ")
    assert words in parts


def test_without_public_test_a_share_of_training_chooses() -> None:
    text = describe(Protocol(split=Split(validation=0.2)), has_usage=True, has_validation=False)
    assert text.startswith("official division: Training trains, 20% of it chooses, PrivateTest reports")
