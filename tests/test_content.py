"""Files of a typed shape: what is read is written back to the same bytes, what does not fit is refused."""

import json
import math
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import Field, ValidationError

from ferflow import params, paths
from ferflow.content import Content, Estimate, Names, Number, as_shape, read_content, write_content
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import read_evaluation, write_evaluation


class Shape(Content):
    n: int
    value: Number
    names: Names = ()
    estimate: Estimate | None = None


def test_a_number_without_meaning_is_null_in_the_file_and_nan_in_memory(tmp_path: Path) -> None:
    write_content(tmp_path / "shape.json", Shape(n=1, value=math.nan, names=("a", "b")))
    content = json.loads((tmp_path / "shape.json").read_text())
    assert content == {"n": 1, "value": None, "names": ["a", "b"], "estimate": None}
    shape = read_content(tmp_path / "shape.json", Shape, "evaluate")
    assert math.isnan(shape.value)
    assert shape.names == ("a", "b")


def test_numbers_are_written_with_ten_digits(tmp_path: Path) -> None:
    write_content(tmp_path / "shape.json", Shape(n=1, value=float(np.float64(1) / 3)))
    assert '"value": 0.3333333333\n' in (tmp_path / "shape.json").read_text()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"value": 1.0}, r"shape\.json: n: field required; damaged, or written by another version"),
        ({"n": 1, "value": 1.0, "side": 3}, r"shape\.json: side: extra inputs are not permitted"),
        ({"n": "1", "value": 1.0}, r"shape\.json: n: input should be a valid integer"),
        ({"n": 1, "value": 1.0, "estimate": {"value": 1}}, r"shape\.json: estimate\.low: field required"),
        ([1], r"shape\.json: input should be a valid dictionary"),
    ],
)
def test_a_file_that_does_not_fit_is_one_line_that_names_its_stage(
    tmp_path: Path, content: Any, message: str
) -> None:
    (tmp_path / "shape.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=message) as refused:
        read_content(tmp_path / "shape.json", Shape, "evaluate")
    assert str(refused.value).endswith("run the evaluate stage again (`snakemake -j2` or `dvc repro`)")
    assert "\n" not in str(refused.value)


def test_of_a_long_reason_the_middle_is_left_out(tmp_path: Path) -> None:
    class Choice(Content):
        kind: Annotated[str, Field(pattern="b" * 500)]

    with pytest.raises(InputError, match="kind: string should match pattern 'bb") as refused:
        as_shape(tmp_path / "shape.json", {"kind": "c"}, Choice, "evaluate")
    assert "b" * 150 not in str(refused.value)


def test_a_key_that_a_terminal_would_obey_is_written_out(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        as_shape(tmp_path / "shape.json", {"n": 1, "value": 1.0, "\x1b[2J": 1}, Shape, "evaluate")
    assert "\x1b" not in str(refused.value)


def test_what_was_read_is_not_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Shape(n=1, value=1.0).n = 2


def test_an_evaluation_is_written_back_as_it_was(in_run: Path) -> None:
    settings = params.load()
    for experiment in settings.run:
        for seed in settings.seeds:
            before = paths.evaluation(experiment, seed).read_bytes()
            write_evaluation(read_evaluation(experiment, seed))
            assert paths.evaluation(experiment, seed).read_bytes() == before


def test_an_evaluation_of_an_older_version_is_named(in_run: Path) -> None:
    path = paths.evaluation("cnn", 1)
    before = path.read_bytes()
    content = json.loads(before)
    del content["machine"]
    path.write_text(json.dumps(content))
    try:
        with pytest.raises(InputError, match=r"cnn/1/evaluation\.json: machine: field required; .* evaluate"):
            read_evaluation("cnn", 1)
    finally:
        path.write_bytes(before)
