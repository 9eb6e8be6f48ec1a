"""Counts the lines of a table before Arrow parses it, so that no row is lost without a word.

A quote that is opened and never closed makes Arrow take the line ends after it for part of a cell, in
whatever column: rows are fewer than lines then, and nothing else would tell. Bytes that
are not UTF-8 are marked on the way: Arrow would refuse the whole table, and not just the row.
"""

import bisect
import codecs
from typing import BinaryIO

from ferflow.errors import InputError
from ferflow.ingest.damage import naming_damage
from ferflow.ingest.names import SUBSTITUTE

_SUBSTITUTION = "ferflow.substitute"
codecs.register_error(_SUBSTITUTION, lambda error: (SUBSTITUTE, error.end))  # type: ignore[attr-defined]


def blank_characters(delimiter: str) -> str:
    """List what may stand in a line that holds nothing.

    Parameters
    ----------
    delimiter : str
        Between the columns of its table.

    Returns
    -------
    str
    """
    return f'{delimiter}" \t\r\n'


class CountedLines:
    """The bytes of a table after its header.

    Parameters
    ----------
    stream : BinaryIO
        After the header.
    delimiter : str
        Between its columns.

    Attributes
    ----------
    delimiter : str
    lines, empty : int
        Lines that went through, and how many of these hold nothing.
    odd_quotes : int or None
        The first line with an odd number of quotes; None if there is none. Lines count from 1 at the header.
    """

    def __init__(self, stream: BinaryIO, delimiter: str = ",") -> None:
        self.delimiter = delimiter
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")(_SUBSTITUTION)
        self._blank_bytes = blank_characters(delimiter).encode()
        self._blank: list[tuple[int, int]] = []  # first and last of lines in a row
        self.lines = self.empty = 0
        self.odd_quotes: int | None = None
        self._open = False  # whether a line has begun and not ended
        self._content = self._quotes = 0  # bytes and quotes of that line
        self._is_blank = True  # so far
        self._return = False  # whether the last byte was a carriage return

    def read(self, size: int) -> bytes:
        """Read on, counting; an empty result ends the last line. What is not UTF-8 becomes ``SUBSTITUTE``."""
        chunk = b""
        while not chunk:
            pending = bool(self._decoder.getstate()[0])  # a letter that the last chunk cut in two
            with naming_damage():
                raw = self._stream.read(size)
            if raw.isascii() and not pending:
                chunk = raw
            else:
                chunk = self._decoder.decode(raw, final=not raw).encode()
            if not raw:
                break
        if chunk:
            self._count(chunk)
        elif self._open:
            self._end()
        return chunk

    def check(self, source: str, rows: int, *, with_empty: bool) -> None:
        """Compare with the rows that Arrow has given.

        Parameters
        ----------
        source : str
            What to call the table in messages.
        rows : int
        with_empty : bool
            Whether empty lines are among the rows.

        Raises
        ------
        InputError
            If there were more lines than rows.
        """
        lines = self.lines if with_empty else self.lines - self.empty
        if rows == lines:
            return
        where = "" if self.odd_quotes is None else f", line {self.odd_quotes}"
        raise InputError(
            f"{source}{where}: a quote is opened and not closed in its line ({lines:,} lines follow the "
            f"header, {rows:,} rows were found); close or remove it"
        )

    def is_blank(self, row: int) -> bool:
        """Tell whether a row has nothing but delimiters in its line; rows count from 1.

        Parameters
        ----------
        row : int
            One that Arrow has given.
        """
        index = bisect.bisect_right(self._blank, row, key=lambda span: span[0]) - 1
        if index >= 0 and self._blank[index][1] >= row:
            return True
        return row == self.lines + 1 and self._open and self._is_blank  # the last, without a line end

    def _count(self, chunk: bytes) -> None:
        if self._return and chunk.startswith(b"\n"):  # of a line end that two chunks share
            chunk = chunk[1:]
        for line in chunk.splitlines(keepends=True):
            self._open = True
            self._content += len(line.rstrip(b"\r\n"))
            self._quotes += line.count(b'"')
            self._is_blank = self._is_blank and not line.strip(self._blank_bytes)
            if line.endswith((b"\n", b"\r")):
                self._end()
        self._return = chunk.endswith(b"\r") if chunk else False

    def _end(self) -> None:
        self.lines += 1
        self.empty += self._content == 0
        if self._quotes % 2 and self.odd_quotes is None:
            self.odd_quotes = self.lines + 1
        if self._is_blank:
            if self._blank and self._blank[-1][1] == self.lines - 1:
                self._blank[-1] = self._blank[-1][0], self.lines
            else:
                self._blank.append((self.lines, self.lines))
        self._open, self._content, self._quotes, self._is_blank = False, 0, 0, True
