"""Tables block by block: whole lines, each block parsed by Arrow at once.

Arrow's own reader of blocks reads ahead in a thread, which aborts a Python that ends meanwhile (Ctrl-C).
"""

from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.csv as pa_csv

from ferflow.ingest.lines import CountedLines
from ferflow.ingest.tables import RowNumbers

BLOCK_BYTES = 2 << 20  # a row must fit into one


def read_blocks(
    lines: CountedLines, rows: RowNumbers, columns: Sequence[str], wanted: Sequence[str], *, with_empty: bool
) -> Iterator[pa.RecordBatch]:
    """Read the rows of a table that have the right number of columns; nothing where there are none.

    Parameters
    ----------
    lines : CountedLines
        Of the table, after its header.
    rows : RowNumbers
        Told of the other rows.
    columns : sequence of str
        Names of all.
    wanted : sequence of str
        Names of those to read.
    with_empty : bool
        Whether empty lines come as rows of empty cells.

    Yields
    ------
    RecordBatch
        The wanted columns, as text.

    Raises
    ------
    pyarrow.ArrowInvalid
        If this is no table, or a row does not fit into a block.
    """
    before = 0  # rows of earlier blocks
    for block in _whole_lines(lines):
        faults = len(rows.faults)
        table = pa_csv.read_csv(
            pa.BufferReader(block),
            read_options=pa_csv.ReadOptions(
                column_names=list(columns), block_size=len(block), use_threads=False
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=lines.delimiter,
                ignore_empty_lines=not with_empty,
                invalid_row_handler=partial(rows.skip, before),
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=list(wanted), column_types={name: pa.string() for name in wanted}
            ),
        )
        before += len(table) + len(rows.faults) - faults
        yield from table.to_batches()


def _whole_lines(lines: CountedLines) -> Iterator[bytes]:
    """Cut the bytes of a table where a line ends, about each ``BLOCK_BYTES``."""
    rest = b""
    while chunk := lines.read(BLOCK_BYTES):
        block = rest + chunk
        end = _end_of_lines(block)
        if end == 0 and len(block) > BLOCK_BYTES:
            raise pa.ArrowInvalid(f"a row is longer than {BLOCK_BYTES:,} bytes")
        rest = block[end:]
        if end:
            yield block[:end]
    if rest:
        yield rest


def _end_of_lines(block: bytes) -> int:
    """Find where to cut: not after a line whose last quote may be open, so that Arrow meets what follows."""
    end = last = block.rfind(b"\n") + 1
    while end:
        begin = block.rfind(b"\n", 0, end - 1) + 1
        if block.count(b'"', begin, end) % 2 == 0:
            return end
        end = begin
    return last
