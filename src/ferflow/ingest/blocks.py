"""Tables block by block, as Arrow reads them: ahead, by a thread of its own."""

import atexit
import contextlib
import time
import weakref
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.csv as pa_csv

from ferflow.ingest.lines import CountedLines
from ferflow.ingest.tables import RowNumbers

BLOCK_BYTES = 2 << 20  # Arrow reads up to 32 blocks ahead; a row must fit into one
_LET_GO = 0.3  # seconds for Arrow's thread to give back what it holds of Python's; it does not say when
_OPEN: "weakref.WeakKeyDictionary[pa_csv.CSVStreamingReader, CountedLines]" = weakref.WeakKeyDictionary()


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
    try:
        reader = pa_csv.open_csv(
            lines,
            read_options=pa_csv.ReadOptions(
                column_names=list(columns), block_size=BLOCK_BYTES, use_threads=False
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=lines.delimiter, ignore_empty_lines=not with_empty, invalid_row_handler=rows.skip
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=list(wanted), column_types={name: pa.string() for name in wanted}
            ),
        )
        _OPEN[reader] = lines
        yield from reader
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):  # Arrow's word for no row, on opening or at the end
            raise


@atexit.register
def _let_go() -> None:
    """Stop reading ahead, as after Ctrl-C: a thread that asks a Python that ends for bytes aborts it."""
    for reader, lines in list(_OPEN.items()):
        lines.stop()
        with contextlib.suppress(Exception):  # whatever is wrong with the rest of the table
            for _ in reader:
                pass
        time.sleep(_LET_GO)
