import errno
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from ferflow.data.scratch import BLOCK, GrowingArray, blocks, scratch_array, take


def mapped_files() -> set[str]:
    """Files that this process has mapped and that have no name any more."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    return {line.split(maxsplit=5)[5] for line in lines if line.endswith("(deleted)")}


def test_rows_lie_in_a_file_that_goes_with_the_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    array = scratch_array((3, 5, 5))
    assert array.sum() == 0
    array[1] = 7
    assert array.sum() == 25 * 7
    assert type(array) is np.ndarray
    assert list(tmp_path.iterdir()) == []  # without a name: nothing is left, whatever happens
    if Path("/proc/self/maps").exists():
        assert any(str(tmp_path) in line for line in mapped_files())
        del array
        assert not any(str(tmp_path) in line for line in mapped_files())


def test_blocks_of_rows_become_one_array() -> None:
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, 256, (n, 4, 4), dtype=np.uint8) for n in (3, 0, 700)]
    growing = GrowingArray((4, 4))
    for part in parts:
        growing.append(part[:, ::-1])
    assert np.array_equal(growing.finish(), np.concatenate(parts)[:, ::-1])
    assert GrowingArray((4, 4)).finish().shape == (0, 4, 4)


def test_rows_are_taken_in_any_order() -> None:
    rows = np.arange(2 * BLOCK + 10, dtype=np.int32).reshape(-1, 2)
    index = np.random.default_rng(0).permutation(len(rows))[: BLOCK + 3]
    assert np.array_equal(take(rows, index), rows[index])
    assert take(rows, index[:0]).shape == (0, 2)


def test_slices_cover_the_rows() -> None:
    assert list(blocks(7, 3)) == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert list(blocks(0)) == []


def test_a_full_disk_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(OSError, match="No space left"):
        scratch_array((10, 10))
