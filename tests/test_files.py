"""Artifacts are written whole or not at all, and with the same bytes each time."""

import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ferflow import files
from ferflow.errors import InputError
from ferflow.files import (
    atomic_path,
    read_json,
    read_parquet,
    read_parquet_metadata,
    write_json,
    write_parquet,
    write_text,
)


def test_failure_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_are_readable_as_the_umask_says(tmp_path: Path) -> None:
    write_text(tmp_path / "new.txt", "x")
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    assert stat.S_IMODE((tmp_path / "new.txt").stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


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


LEAVE = """
import os, signal
from pathlib import Path
from ferflow.files import atomic_folder, atomic_path
with atomic_path(Path("a.txt")) as file, atomic_folder(Path("page")) as folder:
    file.write_text("half"); (folder / "index.html").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, "-c", LEAVE], check=False)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == 2
    assert all(".writing-" in name for name in left)
    with files.atomic_path(tmp_path / "mine.txt") as mine:  # of a living process
        mine.write_text("x")
        monkeypatch.setattr(files, "_swept", set())
        files.write_text(tmp_path / "other.txt", "x")
        assert mine.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt", "other.txt"]


def test_long_names_are_written_too(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 240 + ".txt")
    files.write_text(path, "x")
    assert path.read_text() == "x"
