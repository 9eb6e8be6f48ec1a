"""Ten kills at random moments; `make chaos` makes a hundred."""

from pathlib import Path

from tests.chaos.kills import Chaos


def test_a_killed_run_needs_no_hand_and_changes_no_byte(tmp_path: Path) -> None:
    tally = Chaos(tmp_path / "project", seed=0).kill(10)
    assert tally.kills.total() == 10
    assert not tally.faults
