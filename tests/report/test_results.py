"""What the report reads of each experiment."""

from pathlib import Path

import pandas as pd
import pytest

from ferflow import params, paths
from ferflow.errors import InputError
from ferflow.evaluation.predictions import read_predictions
from ferflow.report import drawings, results
from ferflow.report.results import comparable_metrics, read_results
from ferflow.report.spreadsheets import comparison_frame
from ferflow.report.tables import comparison_markdown
from tests.report.test_cautions import LEARNT, result


def test_predictions_are_read_when_asked_for_and_not_kept(in_run: Path) -> None:
    stored = read_results(params.load())[0].predictions
    first = stored[0]
    assert first is not stored[0]
    assert first.equals(stored[0])
    assert [len(table) for table in stored[:1]] == [len(first)]


def test_seeds_are_tested_on_the_same_faces(in_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = params.load()
    last = paths.training(settings.run[0], settings.seeds[-1])

    def other_faces(path: Path) -> pd.DataFrame:
        table = read_predictions(path)
        return table.assign(face=table["face"] + 1) if path.parent == last else table

    monkeypatch.setattr(results, "read_predictions", other_faces)
    with pytest.raises(InputError, match=f"{settings.run[0]}: seeds were tested on different faces"):
        read_results(settings)


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


def test_groups_of_as_many_classes_have_a_panel_each(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    panels: list[str] = []
    monkeypatch.setattr(drawings, "cost", lambda groups, **_: panels.extend(groups))
    monkeypatch.setattr(drawings, "save", lambda *_: None)
    three = [[5, 0, 0], [0, 5, 0], [0, 0, 5]]
    kinds = [("angry", "fear", "sad"), ("fear", "happy", "sad"), ("angry", "happy")]
    groups = [[result(three if len(kind) == 3 else LEARNT, classes=kind)] for kind in kinds]
    drawings.draw_compute(groups, tmp_path / "cost.png", "")
    assert panels == ["angry, fear, sad", "fear, happy, sad", "angry or happy"]
    panels.clear()
    drawings.draw_compute(groups[1:], tmp_path / "cost.png", "")
    assert panels == ["3 classes", "angry or happy"]


def test_clean_faces_are_counted_for_each_protocol() -> None:
    both = [result(LEARNT), result(LEARNT)]
    (evaluation,) = both[1].evaluations
    fewer = evaluation.subsets.clean.model_copy(update={"n": 93})
    subsets = evaluation.subsets.model_copy(update={"clean": fewer})
    both[1] = result(LEARNT, name="near", evaluations=[evaluation.model_copy(update={"subsets": subsets})])
    text = comparison_markdown([both], on_sample=False, confidence=0.95)
    assert "100 test faces, 93 or 100 of them clean; seeds: 1." in text
