"""Artifacts that are damaged, empty or another's: one line that names the file and the stage to run."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ferflow import paths
from ferflow.data.faces import load_faces
from ferflow.data.samples import load_samples
from ferflow.engines.parameters import snakemake_parameters
from ferflow.engines.records import check_artifacts
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import read_plain_metrics
from ferflow.evaluation.predictions import read_predictions
from ferflow.files import read_json, read_parquet, write_json, write_parquet
from ferflow.ingest.audit_file import read_audit
from ferflow.params import load
from ferflow.report.results import read_results
from ferflow.tables import HISTORY, Columns, read_table
from ferflow.tracking.run import read_history


def refusal(read: Callable[[], object], path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read()
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert len(message) < 400
    return message


@pytest.fixture
def run_folder(fabricated_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a copy of the finished run, to damage it."""
    shutil.copytree(fabricated_run, tmp_path / "run")
    monkeypatch.chdir(tmp_path / "run")
    return tmp_path / "run"


TRAINING = paths.training("cnn", 0)
TABLES = [
    "",
    "\n",
    "epoch\n",
    "epoch,epoch\n1,2\n",
    "a,b\n1,2\n",
    "epoch,train_loss\nx,y\n",
    "\xff",
    'a,"b\n1',
]


@pytest.mark.parametrize("content", TABLES)
def test_a_history_that_is_none(content: str, run_folder: Path) -> None:
    path = TRAINING / "history.csv"
    path.write_bytes(content.encode("latin-1"))
    assert "run the train stage again" in refusal(lambda: read_table(path, HISTORY, "train"), path)
    refusal(lambda: read_history(path), path)
    if not content:
        refusal(lambda: read_results(load()), path)


@pytest.mark.parametrize(
    "content", ["{}", "[]", "1", '{"source": 1}', "[" * 100_000, '{"faces": ' + "9" * 5000 + "}"]
)
def test_an_audit_that_is_none(content: str, run_folder: Path) -> None:
    paths.AUDIT.write_text(content)
    refusal(read_audit, paths.AUDIT)
    snakemake_parameters({})  # must not need a hand: ingest writes it anew, or the report refuses


def test_an_audit_with_a_key_without_end(run_folder: Path) -> None:
    write_json(paths.AUDIT, read_json(paths.AUDIT) | {"k" * 5000: 1})
    refusal(read_audit, paths.AUDIT)


@pytest.mark.parametrize("content", ["[]", '{"a": 1}', '"x"', "null"])
def test_a_record_that_is_none(content: str, run_folder: Path) -> None:
    record = Path("results/records/ingest.json")
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(content)
    refusal(lambda: check_artifacts(record, [paths.FACES], "ingest"), record)


@pytest.mark.parametrize("content", ["[]", "1", '{"validation": 1}', '{"validation": {"macro_f1": "x"}}'])
def test_metrics_that_are_none(content: str, run_folder: Path) -> None:
    path = TRAINING / "metrics.json"
    path.write_text(content)
    refusal(lambda: read_plain_metrics(path), path)


def test_a_foreign_split(run_folder: Path) -> None:
    path = paths.split("cnn")
    table = read_parquet(path)
    write_parquet(path, table)
    assert "classes: field required" in refusal(lambda: load_samples(path), path)
    for metadata in ("[", "[]", "{}", json.dumps({"classes": 3})):
        write_parquet(path, table, {"protocol": metadata})
        refusal(lambda: load_samples(path), path)
    write_parquet(path, pd.DataFrame({"x": [1]}), {"protocol": "{}"})
    assert "has no column 'face'" in refusal(lambda: load_samples(path), path)
    write_parquet(path, table.assign(subset=1))
    assert "column 'subset': not of the kind text" in refusal(lambda: load_samples(path), path)
    write_parquet(path, table.iloc[:0])
    assert "has no rows" in refusal(lambda: load_samples(path), path)


def test_foreign_predictions(run_folder: Path) -> None:
    path = TRAINING / "predictions.parquet"
    table = read_parquet(path)
    for other in (
        table.drop(columns=[name for name in table.columns if str(name).startswith("p_")]),
        table.assign(label=99),
        table.assign(p_angry="x"),
        table.drop(columns="clean"),
    ):
        write_parquet(path, other)
        refusal(lambda: read_predictions(path), path)


def test_pixels_that_are_none(run_folder: Path) -> None:
    whole = paths.PIXELS.read_bytes()
    for content in (
        b"",
        b"PK\x03\x04",
        b"\x80\x04K\x01.",
        whole[:50],
        whole[:-1],
        whole.replace(b"'|u1'", b"'<f8'"),
    ):
        paths.PIXELS.write_bytes(content)
        refusal(load_faces, paths.PIXELS)
    for array in (np.zeros(5), np.zeros((3, 4), np.uint8), np.array([None], dtype=object)):
        with paths.PIXELS.open("wb") as file:
            np.save(file, array, allow_pickle=True)
        refusal(load_faces, paths.PIXELS)


def test_numbers_may_be_missing_in_a_table_but_no_text_and_no_flag(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    columns: Columns = {"face": "integer", "loss": "number", "label": "text", "clean": "flag"}
    whole = pd.DataFrame({"face": [1, 2], "loss": [0.5, np.nan], "label": ["a", "b"], "clean": [True, False]})
    write_parquet(path, whole)
    assert read_table(path, columns, "split")["loss"].isna().tolist() == [False, True]
    for name in ("label", "clean"):
        write_parquet(path, whole.assign(**{name: [whole[name][0], None]}))
        assert f"column '{name}': not of the kind" in refusal(
            lambda: read_table(path, columns, "split"), path
        )


def test_a_row_of_a_csv_that_is_too_long_does_not_move_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    columns: Columns = {"epoch": "integer", "train_loss": "number"}
    path.write_text("epoch,train_loss\n1,0.5,\n2,0.4,\n")
    assert read_table(path, columns, "train")["epoch"].tolist() == [1, 2]


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_a_table_that_is_not_there_is_named_with_the_target_that_makes_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    message = refusal(lambda: read_table(path, {"face": "integer"}, "split"), path)
    assert message.endswith(f"no such file; run the split stage first (`snakemake -j1 {path}`)")


def test_text_of_a_csv_stays_text_whatever_it_looks_like(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    columns: Columns = {"experiment": "text", "error": "number"}
    for names in (["1", "02"], ["nan", "null"], ["a", "b"]):
        pd.DataFrame({"experiment": names, "error": [0.5, np.nan]}).to_csv(path, index=False)
        table = read_table(path, columns, "repeated_splits")
        assert (table["experiment"].tolist(), table["error"].isna().tolist()) == (names, [False, True])
    path.write_text("experiment,error\n,0.5\n")
    assert "column 'experiment': not of the kind text" in refusal(
        lambda: read_table(path, columns, "repeated_splits"), path
    )
