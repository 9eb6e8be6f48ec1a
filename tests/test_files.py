"""Artifacts hold the same bytes each time, and a broken one is said to be."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ferflow.errors import InputError
from ferflow.files import (
    read_json,
    read_parquet,
    read_parquet_metadata,
    write_json,
    write_parquet,
)


def test_json_is_sorted_rounded_and_without_nan(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"b": np.float32(0.1), "a": [np.int64(2), float("nan"), 1 / 3], "c": np.array([True])})
    assert path.read_text() == (
        '{\n "a": [\n  2,\n  null,\n  0.3333333333\n ],\n "b": 0.1000000015,\n "c": [\n  true\n ]\n}\n'
    )
    assert read_json(path)["a"][0] == 2


def test_parquet_keeps_values_and_metadata(tmp_path: Path) -> None:
    table = pd.DataFrame({"face": np.arange(3, dtype=np.int32), "side": ["a", "b", "c"]}, index=[5, 6, 7])
    write_parquet(tmp_path / "a.parquet", table, {"protocol": "seven"})
    write_parquet(tmp_path / "b.parquet", table, {"protocol": "seven"})
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    read = read_parquet(tmp_path / "a.parquet")
    assert read["face"].dtype == np.int32
    assert list(read["side"]) == ["a", "b", "c"]
    assert list(read.index) == [0, 1, 2]
    assert read_parquet_metadata(tmp_path / "a.parquet") == {"protocol": "seven"}


def test_readers_say_what_is_missing_or_broken(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"audit\.json: no such file; run the stage"):
        read_json(tmp_path / "audit.json")
    with pytest.raises(InputError, match="no such file"):
        read_parquet(tmp_path / "split.parquet")
    (tmp_path / "audit.json").write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        read_json(tmp_path / "audit.json")
    (tmp_path / "split.parquet").write_text("{")
    with pytest.raises(InputError, match="not a whole Parquet file"):
        read_parquet(tmp_path / "split.parquet")
