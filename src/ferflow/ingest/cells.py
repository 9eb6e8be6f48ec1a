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
from ferflow.errors import shown
from ferflow.ingest.names import SUBSTITUTE, name_fault, usage_of

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
        return text if re.search(r"[^\W\d_]", text) and not name_fault(text) else None

    names, faults = _look_up(column, parse, "emotion", "the name of a class, as in other rows,")
    return [name or "" for name in names], faults


def parse_people(column: pa.Array, name: str) -> tuple[list[str], dict[int, Fault]]:
    """Take the names of people; nobody may be named.

    Parameters
    ----------
    column : pa.Array
        Of n strings.
    name : str
        What the column is called.

    Returns
    -------
    people : list of str
        Empty where there is a fault.
    faults : dict of int to Fault
        By position.
    """

    def parse(text: str) -> str | None:
        return None if name_fault(text) else text

    people, faults = _look_up(column, parse, name, "who is shown")
    return [person or "" for person in people], faults


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
        index: Fault(name, f"{_quote(texts[code])}{_because(texts[code])} where {expected} is expected")
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
    """Parse grey values 0..255 between spaces, ``side`` squared in each cell that has no fault.

    Parameters
    ----------
    column : pa.Array
        Of n strings.
    side : int or None
        Pixels; None where no face of the table is square, so that all are faults.

    Returns
    -------
    pixels : uint8 array of shape (n - number of faults, side, side)
        One large face costs many small ones no room.
    faults : dict of int to Fault
        By position.
    """
    if side is None:
        faults = {
            index: Fault("pixels", _count_fault(text.as_py(), None)) for index, text in enumerate(column)
        }
        return np.empty((0, 0, 0), dtype=np.uint8), faults
    values = _parse_at_once(column, side * side)
    if values is not None:
        return values.reshape(-1, side, side), {}
    faces, faults = [], {}  # some value is no uint8, or missing: find out where, one face at a time
    for index, cell in enumerate(column):
        text = cell.as_py()
        reason = _count_fault(text, side) or _value_fault(text)
        if reason:
            faults[index] = Fault("pixels", reason)
        else:
            faces.append(np.array([int(word.lstrip("0") or "0") for word in text.split()], dtype=np.uint8))
    return np.array(faces, dtype=np.uint8).reshape(-1, side, side), faults


def _parse_at_once(column: pa.Array, count: int) -> NDArray[np.uint8] | None:
    """Parse cells of ``count`` values each, much faster than one by one; None if one of them has a fault."""
    if pc.any(pc.match_substring_regex(column, "[xX]")).as_py():
        return None  # 0x1f: all that Arrow takes for a number beside digits
    try:
        words = pc.ascii_split_whitespace(pc.utf8_trim_whitespace(column))
        if pc.all(pc.equal(pc.list_value_length(words), count)).as_py():
            values: NDArray[np.uint8] = pc.cast(words.flatten(), pa.uint8()).to_numpy()
            return values
    except pa.ArrowInvalid:
        pass
    return None


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
        digits = word.lstrip("0") or "0"  # Python takes no number of more than 4,300 digits
        if not (word.isascii() and word.isdigit() and len(digits) <= 3 and int(digits) <= 255):
            return f"pixel {position:,} is {_quote(word)}, not a whole number from 0 to 255"
    return ""


def _because(text: str) -> str:
    fault = name_fault(text)
    return f", which {fault}," if fault else ""


def _quote(text: str) -> str:
    text = text.replace(SUBSTITUTE, "\ufffd")
    return f"'{shown(text[:20])}{'...' if len(text) > 20 else ''}'" if text else "empty"
