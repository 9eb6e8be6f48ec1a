"""Numbers of rows where some are skipped."""

from types import SimpleNamespace

import numpy as np
import pytest

from ferflow.ingest.tables import RowNumbers


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_numbered_past_those_that_were_skipped(seed: int) -> None:
    rng = np.random.default_rng(seed)
    is_bad = rng.random(60) < rng.random()
    bad, good = ((np.flatnonzero(which) + 1).tolist() for which in (is_bad, ~is_bad))
    rows, given, told = RowNumbers(), list[int](), 0
    while len(given) < len(good):
        count = int(rng.integers(0, 9))
        batch = good[len(given) : len(given) + count]
        ahead = max([*batch, *good[: len(given)], 0]) + int(rng.integers(0, 20))  # Arrow reads ahead
        while told < len(bad) and bad[told] <= ahead:
            rows.skip(0, SimpleNamespace(number=bad[told], actual_columns=1, expected_columns=2))
            told += 1
        before = rows.last
        assert rows.of(len(batch)).tolist() == batch
        assert rows.skipped(before, rows.last) == [row for row in bad if before < row < rows.last]
        given += batch
    assert list(rows.faults) == bad[:told]
