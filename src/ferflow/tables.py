"""The tables that stages write and others read: the columns of each, and one way in.

A reader is given what it may rely on, or one line says what is wrong with the file: stages compare the hash
of an artifact before they read it, but commands and the page of a demonstration do not.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pandas as pd

from ferflow.content import write_again
from ferflow.errors import InputError, reason_of
from ferflow.files import read_parquet

#: What the cells of a column are: whole numbers, numbers (NaN among them), strings, or booleans.
Kind = Literal["integer", "number", "text", "flag"]
Columns = Mapping[str, Kind]

FACES: Columns = {
    "face": "integer",
    "label": "text",
    "usage": "text",
    "fingerprint": "text",
    "resembles": "integer",
}
ORIGINS: Columns = {"face": "integer", "origin": "text"}
PLAN: Columns = {
    "face": "integer",
    "copy": "integer",
    "transform": "text",
    "seed": "integer",
    "weight": "number",
}
SPLIT: Columns = {**PLAN, "subset": "text", "reason": "text", "clean": "flag", "leaky": "flag"}
PREDICTIONS: Columns = {"face": "integer", "subset": "text", "clean": "flag", "label": "integer"}
HISTORY: Columns = {
    "epoch": "integer",
    "train_loss": "number",
    "validation_loss": "number",
    "validation_accuracy": "number",
    "validation_balanced_accuracy": "number",
    "validation_macro_f1": "number",
}
SWEEP: Columns = {
    "key": "text",
    "value": "number",
    "epoch": "integer",
    "train_loss": "number",
    "validation_loss": "number",
    "validation_balanced_accuracy": "number",
    "untrained_loss": "number",
    "diverged": "flag",
}
REPEATED_SPLITS: Columns = {
    "repetition": "integer",
    "experiment": "text",
    "train_faces": "integer",
    "test_faces": "integer",
    "error": "number",
    "balanced_error": "number",
}

_IS = {
    "integer": pd.api.types.is_integer_dtype,
    "number": pd.api.types.is_numeric_dtype,
    "text": pd.api.types.is_string_dtype,
    "flag": pd.api.types.is_bool_dtype,
}


def read_table(path: Path, columns: Columns, stage: str) -> pd.DataFrame:
    """Read a table that a stage wrote, ``.parquet`` or ``.csv``.

    Parameters
    ----------
    path : Path
    columns : mapping of str to {"integer", "number", "text", "flag"}
        Those that are relied on; there may be others.
    stage : str
        The stage that writes the file.

    Returns
    -------
    DataFrame
        With a row or more, and nothing missing in columns of text, flags and whole numbers.

    Raises
    ------
    InputError
        If the file is missing, no such table, or has other columns: one line that names the stage to run.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the {stage} stage first (`snakemake -j1 {path}`)")
    table = read_parquet(path) if path.suffix == ".parquet" else _read_csv(path, columns, stage)
    for name, kind in columns.items():
        if name not in table.columns:
            raise InputError(f"{path}: has no column '{name}'; {write_again(stage)}")
        if not _IS[kind](table[name]) or (kind != "number" and table[name].isna().any()):
            raise InputError(f"{path}: column '{name}': not of the kind {kind}; {write_again(stage)}")
    if table.empty:
        raise InputError(f"{path}: has no rows; {write_again(stage)}")
    return table


def _read_csv(path: Path, columns: Columns, stage: str) -> pd.DataFrame:
    # An experiment may be called 1, or nan.
    text = {name: str for name, kind in columns.items() if kind == "text"}
    try:
        return pd.read_csv(path, index_col=False, dtype=text, keep_default_na=False, na_values=[""])
    except (ValueError, OverflowError) as error:  # pandas' own are ValueErrors
        raise InputError(
            f"{path}: not a whole table ({reason_of(error, 120)}); {write_again(stage)}"
        ) from error
