"""Tables block by block, as Arrow reads them: ahead, by a thread of its own."""

import atexit
import contextlib
import time
import weakref
from typing import Any

import pyarrow.csv as pa_csv

from ferflow.ingest.lines import CountedLines

_LET_GO = 0.3  # seconds for Arrow's thread to give back what it holds of Python's; it does not say when
_OPEN: "weakref.WeakKeyDictionary[pa_csv.CSVStreamingReader, CountedLines]" = weakref.WeakKeyDictionary()


def open_blocks(lines: CountedLines, **options: Any) -> pa_csv.CSVStreamingReader:
    """Open a table; see :func:`pyarrow.csv.open_csv` for the options.

    Parameters
    ----------
    lines : CountedLines
        Of the table, after its header.

    Returns
    -------
    CSVStreamingReader

    Raises
    ------
    pyarrow.ArrowInvalid
        If there are no lines.
    """
    reader = pa_csv.open_csv(lines, **options)
    _OPEN[reader] = lines
    return reader


@atexit.register
def _let_go() -> None:
    """Stop reading ahead, as after Ctrl-C: a thread that asks a Python that ends for bytes aborts it."""
    for reader, lines in list(_OPEN.items()):
        lines.stop()
        with contextlib.suppress(Exception):  # whatever is wrong with the rest of the table
            for _ in reader:
                pass
        time.sleep(_LET_GO)
