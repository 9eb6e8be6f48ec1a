"""Cells of the challenge's table: columns of text to labels, usages and pixels, with their faults."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ferflow.data.faces import FER_CLASSES
from ferflow.ingest.names import usage_of

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Fault:
    """What is wrong in a cell of ``column``."""

    column: str
    reason: str


def parse_labels(column: pa.Array) -> tuple[NDArray[np.int8], dict[int, Fault]]:
    """Parse labels 0..6 in FER-2013's order.

    Parameters
    ----------
    column : pa.Array
        Of n strings.

    Returns
    -------
    labels : int8 array of shape (n,)
        -1 where there is a fault.
    faults : dict of int to Fault
        By position.
    """

    def parse(text: str) -> int | None:
        return int(text) if text in {str(code) for code in range(len(FER_CLASSES))} else None

    codes, faults = _look_up(column, parse, "emotion", f"a label from 0 to {len(FER_CLASSES) - 1}")
    return np.array([-1 if code is None else code for code in codes], dtype=np.int8), faults


def are_codes(column: pa.Array) -> bool:
    """Tell whether labels are numbers, or what is wrong for one, and not names of classes.

    Parameters
    ----------
    column : pa.Array
        Of strings.

    Returns
    -------
    bool
        By the first that is not empty.
    """
    texts = (text.as_py().strip() for text in column)
    first = next(filter(None, texts), "")
    return not re.search(r"[^\W\d_]", first)


def parse_names(column: pa.Array) -> tuple[list[str], dict[int, Fault]]:
    """Take labels as names of classes.

    Parameters
    ----------
    column : pa.Array
        Of n strings.

    Returns
    -------
    names : list of str
        Empty where there is a fault.
    faults : dict of int to Fault
        By position.
    """

    def parse(text: str) -> str | None:
        return text if re.search(r"[^\W\d_]", text) else None

    names, faults = _look_up(column, parse, "emotion", "the name of a class, as in other rows,")
    return [name or "" for name in names], faults


def parse_usages(column: pa.Array) -> tuple[NDArray[np.str_], dict[int, Fault]]:
    """Parse Training, PublicTest, PrivateTest and their usual variants.

    Parameters
    ----------
    column : pa.Array
        Of n strings.

    Returns
    -------
    usages : str array of shape (n,)
        Empty where there is a fault.
    faults : dict of int to Fault
        By position.
    """
    usages, faults = _look_up(column, usage_of, "Usage", "Training, PublicTest or PrivateTest")
    return np.array([usage or "" for usage in usages], dtype="U11"), faults


def _look_up(
    column: pa.Array, parse: Callable[[str], _Value | None], name: str, expected: str
) -> tuple[list[_Value | None], dict[int, Fault]]:
    categorical = column.dictionary_encode()
    texts = [text.strip() for text in categorical.dictionary.to_pylist()]
    values = [parse(text) for text in texts]
    codes = categorical.indices.to_pylist()
    faults = {
        index: Fault(name, f"{_quote(texts[code])} where {expected} is expected")
        for index, code in enumerate(codes)
        if values[code] is None
    }
    return [values[code] for code in codes], faults


def side_of(column: pa.Array) -> int | None:
    """Find the side of the first face that is square.

    Parameters
    ----------
    column : pa.Array
        Of strings, a face each.

    Returns
    -------
    int or None
        Pixels; None if no face is square.
    """
    for text in column:
        count = len(text.as_py().split())
        if count and isqrt(count) ** 2 == count:
            return isqrt(count)
    return None


def parse_pixels(column: pa.Array, side: int | None) -> tuple[NDArray[np.uint8], dict[int, Fault]]:
    """Parse grey values 0..255 between spaces, ``side`` squared in each cell.

    Parameters
    ----------
    column : pa.Array
        Of n strings.
    side : int or None
        Pixels; None where no face of the table is square, so that all are faults.

    Returns
    -------
    pixels : uint8 array of shape (n, side, side)
        Zero where there is a fault.
    faults : dict of int to Fault
        By position.
    """
    if side is None:
        faults = {
            index: Fault("pixels", _count_fault(text.as_py(), None)) for index, text in enumerate(column)
        }
        return np.zeros((len(column), 0, 0), dtype=np.uint8), faults
    shape = (len(column), side, side)
    try:
        words = pc.ascii_split_whitespace(pc.utf8_trim_whitespace(column))
        if pc.all(pc.equal(pc.list_value_length(words), side * side)).as_py():
            return pc.cast(words.flatten(), pa.uint8()).to_numpy().reshape(shape), {}
    except pa.ArrowInvalid:
        pass  # some value is no uint8: find out where, one face at a time
    pixels, faults = np.zeros(shape, dtype=np.uint8), {}
    for index, cell in enumerate(column):
        text = cell.as_py()
        reason = _count_fault(text, side) or _value_fault(text)
        if reason:
            faults[index] = Fault("pixels", reason)
        else:
            pixels[index] = np.array(text.split(), dtype=np.uint8).reshape(side, side)
    return pixels, faults


def _count_fault(text: str, side: int | None) -> str:
    count = len(text.split())
    if count == 0:
        return "empty"
    if side is None:
        return f"{count:,} pixels, which make no square"
    if count != side * side:
        return f"{count:,} pixels where {side * side:,} ({side} x {side}) are expected"
    return ""


def _value_fault(text: str) -> str:
    for position, word in enumerate(text.split(), start=1):
        if not (word.isascii() and word.isdigit() and int(word) <= 255):
            return f"pixel {position:,} is {_quote(word)}, not a whole number from 0 to 255"
    return ""


def _quote(text: str) -> str:
    return f"'{text[:20]}{'...' if len(text) > 20 else ''}'" if text else "empty"
