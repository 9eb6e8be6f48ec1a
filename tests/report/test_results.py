"""What the report reads of each experiment."""

from pathlib import Path

from ferflow import params
from ferflow.report.results import read_results


def test_predictions_are_read_when_asked_for_and_not_kept(in_run: Path) -> None:
    stored = read_results(params.load())[0].predictions
    first = stored[0]
    assert first is not stored[0]
    assert first.equals(stored[0])
    assert [len(table) for table in stored[:1]] == [len(first)]
