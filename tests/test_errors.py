"""What messages repeat of a file: in one line, cut in its middle, with the nearest name there is."""

import pytest

from ferflow.errors import nearest, reason_of, shown


def test_of_a_long_text_both_ends_are_shown() -> None:
    text = "a" * 50 + "b" * 50
    assert shown(text, 100) == text
    cut = shown(text, 20)
    assert cut == "a" * 10 + "..." + "b" * 7
    assert len(cut) == 20


def test_nothing_that_a_terminal_obeys_is_shown() -> None:
    assert shown("a\x1b[2Jb\nc\udce9 é") == r"a\x1b[2Jb\nc\udce9 é"
    assert len(shown("\x1b" * 500, 40)) == 40  # each is four letters long as it is shown


@pytest.mark.parametrize(
    ("error", "reason"),
    [(ValueError("two\n  lines"), "two lines"), (KeyboardInterrupt(), "KeyboardInterrupt")],
)
def test_a_reason_is_one_line_or_the_kind_of_error(error: BaseException, reason: str) -> None:
    assert reason_of(error) == reason


def test_the_nearest_name_or_the_first_sixteen_are_told() -> None:
    names = [f"experiment-{letter}" for letter in "abcdefghijklmnopqrst"]
    assert nearest("experimentb", ["cnn", "experiment-b"]) == "; did you mean 'experiment-b'?"
    assert nearest("xyz", ["cnn", "softmax"]) == "; known: cnn, softmax"
    assert nearest("zzz", names) == f"; known: {', '.join(names[:16])} and 4 more"
    assert nearest("zzz", names[:16]) == f"; known: {', '.join(names[:16])}"
