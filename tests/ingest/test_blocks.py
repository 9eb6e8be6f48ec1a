"""How a table is cut into blocks changes nothing."""

import io
import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferflow.ingest import blocks
from ferflow.ingest.blocks import read_blocks
from ferflow.ingest.lines import CountedLines
from ferflow.ingest.tables import RowNumbers

INTERRUPTED = """
import io
import sys
import time

from ferflow.ingest import blocks
from ferflow.ingest.lines import CountedLines
from ferflow.ingest.tables import RowNumbers


class Slow(io.BytesIO):
    def read(self, size=-1):
        time.sleep(0.02)
        return super().read(size)


lines = CountedLines(Slow(b"1,2\\n" * 100_000))
blocks.BLOCK_BYTES = 1000
batches = blocks.read_blocks(lines, RowNumbers(), ["a", "b"], ["a"], with_empty=True)
assert next(batches).num_rows > 0
sys.exit(130)
"""


def test_a_program_that_ends_in_the_middle_of_a_table_is_not_aborted() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")


Read = tuple[dict[int, str], dict[int, str], bool]


def rows_of(content: bytes, size: int, *, with_empty: bool) -> Read:
    """Read cells and faults, by the number of their row, and whether rows are as many as lines."""
    lines, rows = CountedLines(io.BytesIO(content)), RowNumbers()
    cells: dict[int, str] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", size)
        for batch in read_blocks(lines, rows, ["a", "b"], ["b"], with_empty=with_empty):
            cells |= zip(rows.of(len(batch)).tolist(), batch.column("b").to_pylist(), strict=True)
    total = len(cells) + len(rows.faults)
    return cells, rows.faults, total == lines.lines - (0 if with_empty else lines.empty)


LINES = st.lists(st.sampled_from(["a,b", "c,d d", "", "1", "1,2,3", 'a,5" tall', 'e,"f"']), max_size=30)


@settings(max_examples=300)
@given(LINES, st.sampled_from(["\n", "\r\n"]), st.integers(12, 60), st.booleans())
def test_rows_and_their_numbers_are_those_of_the_whole_table(
    lines: list[str], end: str, size: int, with_empty: bool
) -> None:
    content = end.join(lines).encode()
    whole = rows_of(content, 1 << 16, with_empty=with_empty)
    assert rows_of(content, size, with_empty=with_empty) == whole
    assert whole[2]


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(["a,b", 'c,"d', "", 'e,"f"', 'g"']), min_size=4, max_size=30),
    st.integers(24, 60),
)
def test_an_open_quote_makes_rows_fewer_than_lines_wherever_blocks_are_cut(
    lines: list[str], size: int
) -> None:
    content = "\n".join(["a,b", *lines, "a,b", ""]).encode()
    opened = 'c,"d' in lines
    assert rows_of(content, size, with_empty=True)[2] is not opened
    assert rows_of(content, 1 << 16, with_empty=True)[2] is not opened


def test_a_row_fits_into_a_block() -> None:
    assert rows_of(b"a,b\n" + b"c" * 57 + b",d\n", 60, with_empty=True)[0] == {1: "b", 2: "d"}
    with pytest.raises(pa.ArrowInvalid, match="a row is longer than 60 bytes"):
        rows_of(b"a,b\n" + b"c" * 200 + b",d\n", 60, with_empty=True)
