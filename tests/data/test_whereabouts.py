"""Where a face stands, and why it is not trained on."""

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from ferflow import params, paths
from ferflow.cli.main import main
from ferflow.data.draw import draw_samples
from ferflow.data.samples import Samples
from ferflow.data.whereabouts import find_face, tell_unread, tell_whereabouts
from ferflow.errors import InputError
from ferflow.files import read_parquet, write_parquet
from ferflow.params import Balance, Protocol, Split


def table() -> pd.DataFrame:
    """Twenty angry and four happy training faces, one of each tested; face 0 has a copy in PrivateTest."""
    label = ["angry"] * 20 + ["happy"] * 4 + ["angry", "happy", "angry", "happy", "sad"]
    usage = ["Training"] * 24 + ["PrivateTest"] * 2 + ["PublicTest"] * 2 + ["Training"]
    mark = [f"{index:016x}" for index in range(len(label))]
    mark[24] = mark[0]
    return pd.DataFrame({"face": range(len(label)), "label": label, "usage": usage, "fingerprint": mark})


def samples(protocol: Protocol) -> Samples:
    return draw_samples(table(), protocol, "p")


PLAIN = Protocol(classes=["angry", "happy"])


def tell(face: int, protocol: Protocol = PLAIN) -> str:
    return tell_whereabouts(face, table(), samples(protocol), protocol)


def test_each_reason_is_told() -> None:
    assert tell(1) == "train"
    assert tell(24) == "test"
    assert tell(27) == "validation"
    assert tell(0) == "dropped: the same face, pixel for pixel, is in test"
    assert tell(28) == "left out: its class, sad, is none of the protocol's (angry, happy)"
    over = PLAIN.model_copy(update={"balance": Balance(method="oversample")})
    assert any("samples)" in tell(face, over) for face in range(20, 24))
    under = PLAIN.model_copy(update={"balance": Balance(method="undersample")})
    reasons = [tell(face, under) for face in range(1, 20)]
    assert reasons.count("left out: not drawn by the balance (undersample)") == 15
    few = PLAIN.model_copy(update={"faces_per_class": 10})
    assert any("at most 10 faces of a class are drawn" in tell(face, few) for face in range(1, 20))


def test_a_leak_is_told() -> None:
    leaky = PLAIN.model_copy(update={"split": Split(group_by="none")})
    assert tell(0, leaky) == "train, leaky: it is trained on and tested"
    assert tell(1, leaky) == "train"


def test_a_reason_is_stored_for_what_is_dropped_and_for_nothing_else() -> None:
    rows = samples(PLAIN).table
    assert (rows["reason"] != "").equals(rows["subset"] == "dropped")
    assert (rows["subset"] == "dropped").sum() == 1


def test_a_face_is_found_by_number_path_or_row() -> None:
    origins = pd.Series([f"Training/angry/{index}.png" for index in range(29)])
    assert find_face(table(), origins, "7") == 7
    assert find_face(table(), origins, "Training/angry/11.png") == 11
    assert find_face(table(), origins, "12.png") == 12
    assert find_face(table(), origins, "2.png") == 2
    with pytest.raises(InputError, match=r"29 faces stand at 'same.png'"):
        find_face(table(), pd.Series([f"{index}/same.png" for index in range(29)]), "same.png")
    with pytest.raises(InputError, match="there is no face 29; they are numbered from 0 to 28"):
        find_face(table(), origins, "29")
    with pytest.raises(InputError, match=r"there is no face 999+\.\.\.9+; they"):
        find_face(table(), origins, "9" * 5000)
    with pytest.raises(InputError, match="no face stands at 'x"):
        find_face(table(), origins, "x.png")


def test_a_face_that_was_skipped_has_its_reason() -> None:
    skipped = [
        {"origin": "Training/happy/cut.png", "reason": "damaged image"},
        {"origin": "row 17 (line 18)", "reason": "2 columns instead of 3"},
    ]
    assert tell_unread(skipped, "cut.png") == "Training/happy/cut.png: skipped, damaged image"
    assert tell_unread(skipped, "row 17") == "row 17 (line 18): skipped, 2 columns instead of 3"
    assert [tell_unread(skipped, name) for name in ("row 1", "7", "ut.png", "row 18")] == [""] * 4


def why(*arguments: str) -> list[str]:
    done = CliRunner().invoke(main, ["why", *arguments])
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_the_command_tells_of_each_experiment_that_is_run_or_of_those_that_are_named(in_run: Path) -> None:
    faces, origins = read_parquet(paths.FACES), read_parquet(paths.ORIGINS)["origin"]
    first, *places = why("7")
    assert first == f"face 7, {origins[7]}: {faces['label'][7]}, usage {faces['usage'][7]}"
    run = params.load().run
    assert [place.partition(": ")[0] for place in places] == run
    assert why(origins[7], "--experiment", run[1]) == [first, places[1]]


def test_the_command_says_why_a_face_was_not_read(in_run: Path) -> None:
    assert why("x.jpg") == ["train/sad/x.jpg: skipped, not an image"]


def test_a_face_that_no_usage_is_known_of_has_none(in_run: Path) -> None:
    before = paths.FACES.read_bytes()
    try:
        write_parquet(paths.FACES, read_parquet(paths.FACES).assign(usage=""))
        assert why("7")[0].endswith(", usage none")
    finally:
        paths.FACES.write_bytes(before)
