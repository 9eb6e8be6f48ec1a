"""Names of the files that are written, where what is read, or another of them, has the same."""

from pathlib import Path

import pytest

from ferflow.errors import InputError
from ferflow.predict.output import check_out
from ferflow.predict.targets import Targets


@pytest.mark.parametrize(
    ("names", "given"),
    [
        (["a.png", "a.png", "a.png"], ["a.png", "a-2.png", "a-3.png"]),
        (["a-2.png", "a.png", "a.png"], ["a-2.png", "a.png", "a-3.png"]),  # the next number may be taken too
        (["a.png", "b.png"], ["a.png", "b.png"]),
    ],
)
def test_no_two_outputs_have_one_name(names: list[str], given: list[str]) -> None:
    targets = Targets([])
    assert [str(targets.claim(Path(name))) for name in names] == given


def test_a_numbered_name_is_checked_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "a-2.png").touch()
    targets = Targets([tmp_path / "a-2.png"])
    targets.claim(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"a-2\.png: would overwrite"):
        targets.claim(tmp_path / "a.png")


def test_no_picture_is_written_where_the_table_goes() -> None:
    targets = Targets([])
    check_out("a.png", targets)
    assert targets.claim(Path("a.png")) == Path("a-2.png")


def test_what_is_no_plain_file_can_be_read_and_written() -> None:
    Targets(["/dev/null"]).check(Path("/dev/null"))
