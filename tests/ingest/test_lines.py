"""No row of a table is lost without a word, whatever stands in the columns that nobody reads."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferflow.errors import InputError
from ferflow.ingest import table, unlabelled
from ferflow.ingest.lines import CountedLines
from ferflow.ingest.tables import read_header
from tests.ingest.drawn import SIDE, face, text

NOTES = st.text(st.sampled_from("ab\" ,;\t'é"), max_size=6)


def labelled(notes: list[str], end: str = "\n") -> bytes:
    rows = [f"{number % 7},{text(face(number % 6))},Training,{note}" for number, note in enumerate(notes)]
    return end.join(["emotion,pixels,Usage,note", *rows, ""]).encode()


def plain(notes: list[str], end: str = "\n") -> bytes:
    rows = [f"{number},{text(face(number % 6))},{note}" for number, note in enumerate(notes)]
    return end.join(["id,pixels,note", *rows, ""]).encode()


def check_message(error: InputError) -> None:
    message = str(error)
    assert message.startswith("t.csv")
    assert "\n" not in message
    assert len(message) < 400


@settings(max_examples=150)
@given(st.lists(NOTES, min_size=1, max_size=20), st.sampled_from(["\n", "\r\n"]))
def test_faces_and_bad_rows_are_all_rows(notes: list[str], end: str) -> None:
    try:
        faces = table.read_table(io.BytesIO(labelled(notes, end)), "t.csv", SIDE)
    except InputError as error:
        check_message(error)
    else:
        assert len(faces.label) + len(faces.bad) == len(notes)


@settings(max_examples=150)
@given(st.lists(NOTES, min_size=1, max_size=20), st.sampled_from(["\n", "\r\n"]))
def test_unlabelled_rows_are_all_there(notes: list[str], end: str) -> None:
    try:
        rows = list(unlabelled.read_pixels(io.BytesIO(plain(notes, end)), "t.csv", SIDE))
    except InputError as error:
        check_message(error)
    else:
        assert len(rows) == len(notes)


@settings(max_examples=300)
@given(st.text(st.sampled_from('a"\r\n'), max_size=30), st.integers(1, 5))
def test_lines_are_those_of_python(content: str, size: int) -> None:
    lines = CountedLines(io.BytesIO(content.encode()))
    while lines.read(size):
        pass
    expected = content.encode().splitlines()
    assert lines.lines == len(expected)
    assert lines.empty == sum(not line for line in expected)
    odd = [number for number, line in enumerate(expected, start=2) if line.count(b'"') % 2]
    assert lines.odd_quotes == (odd[0] if odd else None)


@pytest.mark.parametrize("read", ["labelled", "plain"])
def test_an_unclosed_quote_is_refused_with_its_line(read: str) -> None:
    notes = ["x"] * 100
    notes[11] = '"never closed'
    message = "t.csv, line 13: a quote is opened and not closed in its line (100 lines follow the header, "
    with pytest.raises(InputError) as caught:
        if read == "labelled":
            table.read_table(io.BytesIO(labelled(notes)), "t.csv", SIDE)
        else:
            list(unlabelled.read_pixels(io.BytesIO(plain(notes)), "t.csv", SIDE))
    assert str(caught.value).startswith(message)


def test_a_quote_inside_a_cell_is_no_matter() -> None:
    faces = table.read_table(io.BytesIO(labelled(['5" tall', 'a "b" c'])), "t.csv", SIDE)
    assert len(faces.label) == 2


def test_carriage_returns_alone_are_refused() -> None:
    with pytest.raises(InputError, match="carriage returns alone"):
        read_header(io.BytesIO(labelled(["a"], "\r")), "t.csv", required=("emotion",), optional=())


def test_a_file_is_read_to_its_last_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(labelled(["a", "b"]).rstrip(b"\n"))
    assert len(table.read_table_file(path, SIDE).label) == 2
