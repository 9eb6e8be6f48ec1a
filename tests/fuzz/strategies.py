"""Inputs: damaged bytes, odd tables, archives and trees, mappings with a stranger in them."""

import copy
import functools
import io
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.ingest.drawn import PIXELS, image, table

# Damage: (what, where, with which bytes); where is taken modulo the length.
_EDIT = st.tuples(
    st.sampled_from(["flip", "write", "insert", "delete", "cut", "double", "zero"]),
    st.integers(0, 2**24),
    st.binary(min_size=1, max_size=8),
)


def damaged(content: bytes, edits: list[tuple[str, int, bytes]]) -> bytes:
    """Damage some bytes."""
    result = bytearray(content)
    for what, where, with_bytes in edits:
        at = where % (len(result) + 1)
        match what:
            case "flip" if at < len(result):
                result[at] ^= 1 << with_bytes[0] % 8
            case "write":
                result[at : at + len(with_bytes)] = with_bytes
            case "insert":
                result[at:at] = with_bytes
            case "delete":
                del result[at : at + with_bytes[0]]
            case "cut":
                del result[at:]
            case "double":
                result[at:at] = result[at : at + 16 * with_bytes[0]]
            case "zero":
                result[at : at + with_bytes[0]] = bytes(len(result[at : at + with_bytes[0]]))
    return bytes(result)


@functools.cache
def edits(least: int = 0, most: int = 3) -> st.SearchStrategy[list[tuple[str, int, bytes]]]:
    """Draw what :func:`damaged` does."""
    return st.lists(_EDIT, min_size=least, max_size=most)


_FACES = [row.split(",")[1] for row in table(6)]
_PIXELS = st.one_of(
    st.sampled_from(_FACES),
    st.sampled_from(_FACES),
    st.sampled_from(["", "256 1", " ".join(["1"] * 9), "1" * 4301, " ".join(["0" * 5000] * PIXELS)[:20_000]]),
    st.text(st.sampled_from("0123456789 -.e\xa0"), max_size=30),
)
_LABELS = st.one_of(
    st.sampled_from([*"0123456", "happy", "sad", "Angry", "7", "", " 3 ", "03", "é", "x" * 300]),
    st.text(max_size=5),
)
_USAGES = st.sampled_from(["Training", "PublicTest", "PrivateTest", "train", "", "other"])
_NOTES = st.one_of(st.just(""), st.text(st.sampled_from("ab\" ,;\t'é€😀\0\x1a\x1b"), max_size=6))
_ODD_LINES = st.sampled_from(
    [b"", b",", b",,,", b",,,,,", b"   ", b'"', b"\xe9", b"1,2", b",,Training,", b",,,n"]
)


_DELIMITERS = st.sampled_from(",,,;\t")
_ENDS = st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"])
_MARKS = st.sampled_from([b"", b"", b"\xef\xbb\xbf"])


@functools.cache  # to make a strategy takes longer than to draw from it
def _lines(columns: tuple[str, ...], delimiter: str) -> st.SearchStrategy[list[bytes]]:
    """Draw rows, half of them good, and lines that are none."""
    cells = {"emotion": _LABELS, "pixels": _PIXELS, "Usage": _USAGES, "note": _NOTES, "id": _LABELS}
    row = st.tuples(*(cells[name] for name in columns)).map(delimiter.join)
    good = st.sampled_from(
        [delimiter.join(values.split(",") + [""] * (len(columns) - 3)) for values in table(6)]
    )
    line = st.one_of(good, good, good, row).map(lambda line: line.encode("utf-8", "replace"))
    return st.lists(line | _ODD_LINES, max_size=9)


@st.composite
def tables(draw: st.DrawFn, columns: tuple[str, ...] = ("emotion", "pixels", "Usage", "note")) -> bytes:
    """Draw a table, most of its rows good, with this and that between them."""
    delimiter, end = draw(_DELIMITERS), draw(_ENDS)
    content = draw(_MARKS) + end.join([delimiter.join(columns).encode(), *draw(_lines(columns, delimiter))])
    return damaged(content + end * draw(st.booleans()), draw(edits()))


_CONTENTS = {
    "png": image(1),
    "jpeg": image(2, form="JPEG"),
    "bmp": image(3, "RGB", "BMP"),
    "webp": image(4, "RGB", "WEBP"),
    "palette": image(5, "P"),
    "alpha": image(6, "LA"),
    "table": "\n".join(["emotion,pixels,Usage", *table(4), ""]).encode(),
    "empty": b"",
    "noise": bytes(range(256)) * 3,
    "zeros": bytes(5000),
}
_NAMES = st.one_of(
    st.builds(
        "{}/{}.{}".format,
        st.sampled_from(["happy", "sad", "train/happy", "test/sad", "a/b/c", "", ".hidden", "é", "$x$"]),
        st.sampled_from(["1", "2", "PublicTest_3", "é", "x" * 300, "\udcff", "a\nb", "\x1b[2J"]),
        st.sampled_from(["png", "png", "JPG", "bmp", "webp", "csv", "txt"]),
    ),
    st.builds("{}/{}.png".format, st.sampled_from(["happy", "sad"]), st.integers(0, 20)),
    st.sampled_from(
        ["fer2013.csv", "a/fer2013.csv", "b.csv", "../x.png", "/x.png", "C:/x.png", "happy/", "./happy/1.png"]
    ),
)
Files = list[tuple[str, bytes]]


@functools.cache
def files(least: int = 0, most: int = 7) -> st.SearchStrategy[Files]:
    """Draw names and contents, names perhaps twice."""
    content = st.sampled_from(sorted(_CONTENTS)).map(_CONTENTS.__getitem__)
    spoilt = st.builds(damaged, content, edits(1))
    return st.lists(st.tuples(_NAMES, content | content | spoilt), min_size=least, max_size=most)


@dataclass(frozen=True)
class Archive:
    """An archive: its suffix, its bytes, and what was written into it; None if its bytes were damaged."""

    suffix: str
    content: bytes
    files: Files | None


_SUFFIXES = st.sampled_from([".zip", ".zip", ".tar", ".tar.gz", ".tgz"])
_METHODS = st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
_SOME_EDITS: st.SearchStrategy[list[tuple[str, int, bytes]]] = st.one_of(st.just([]), st.just([]), edits(1))


@st.composite
def archives(draw: st.DrawFn) -> Archive:
    """Draw an archive of any kind, a third of them damaged."""
    suffix = draw(_SUFFIXES)
    entries = draw(files())
    if suffix == ".zip":  # its library writes no surrogates
        entries = [(name.encode("utf-8", "replace").decode(), content) for name, content in entries]
    methods = [draw(_METHODS) for _ in entries]
    whole = _zipped(entries, methods) if suffix == ".zip" else _tarred(entries, suffix)
    changes = draw(_SOME_EDITS)
    return Archive(suffix, damaged(whole, changes), None if changes else entries)


def _zipped(entries: Files, methods: list[int]) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")  # two of one name
        for (name, content), method in zip(entries, methods, strict=True):
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def _tarred(entries: Files, suffix: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w" if suffix == ".tar" else "w:gz") as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            if name.endswith("/"):
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


_NUMBERS = st.one_of(st.integers(), st.integers(10**15, 10**30), st.floats(), st.just(10**400))
#: What may stand in YAML or JSON.
VALUES = st.recursive(
    st.one_of(_NUMBERS, st.text(max_size=20), st.booleans(), st.none(), st.just("x" * 5000)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List every place in nested mappings and lists."""
    entries = content.items() if isinstance(content, dict) else enumerate(content)
    result: list[tuple[Any, ...]] = []
    for key, value in entries:
        result.append((*path, key))
        if isinstance(value, (dict, list)):
            result += places(value, (*path, key))
    return result


@st.composite
def with_a_stranger(draw: st.DrawFn, content: Any) -> Any:
    """Draw nested mappings and lists with another value in one place, a key less, or one more."""
    result = copy.deepcopy(content)
    *parents, last = draw(st.sampled_from(places(content)))
    inner = result
    for key in parents:
        inner = inner[key]
    match draw(st.sampled_from(["set", "set", "delete", "add"])):
        case "set":
            inner[last] = draw(VALUES)
        case "delete":
            del inner[last]
        case "add" if isinstance(inner, dict):
            inner[draw(st.text(max_size=5))] = draw(VALUES)
    return result


Text = Callable[[Any], str]


def texts(content: Any, write: Text) -> st.SearchStrategy[bytes]:
    """Draw the text of a mapping, with a stranger in it or damaged bytes."""
    whole = write(content).encode()
    return st.one_of(
        with_a_stranger(content).map(lambda other: write(other).encode("utf-8", "replace")),
        st.builds(damaged, st.just(whole), edits(1)),
    )
