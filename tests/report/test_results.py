"""What the report reads of each experiment."""

from pathlib import Path

from ferflow import params
from ferflow.report.results import comparable_metrics, read_results
from ferflow.report.spreadsheets import comparison_frame
from tests.report.test_cautions import LEARNT, result


def test_predictions_are_read_when_asked_for_and_not_kept(in_run: Path) -> None:
    stored = read_results(params.load())[0].predictions
    first = stored[0]
    assert first is not stored[0]
    assert first.equals(stored[0])
    assert [len(table) for table in stored[:1]] == [len(first)]


def test_what_may_choose_stands_beside_what_reports() -> None:
    both = result(LEARNT)
    (evaluation,) = both.evaluations
    nobody = evaluation.subsets.validation.model_copy(update={"n": 0})
    subsets = evaluation.subsets.model_copy(update={"validation": nobody})
    without = result(
        LEARNT, name="held-out", evaluations=[evaluation.model_copy(update={"subsets": subsets})]
    )
    metrics = comparable_metrics([both, without])
    assert set(metrics["cnn"]) == {"validation", "official", "clean"}
    assert set(metrics["held-out"]) == {"official", "clean"}
    assert {"validation_n", "validation_balanced_accuracy_low"} <= set(comparison_frame([both]))
