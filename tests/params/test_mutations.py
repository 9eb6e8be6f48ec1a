"""Whatever stands in params.yaml: it is valid, or one line says what is wrong with it."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ferflow import params
from ferflow.errors import InputError
from tests.fuzz.strategies import VALUES, places

ROOT = Path(__file__).parents[2]
CONTENT = yaml.safe_load((ROOT / "params.yaml").read_text())

PLACES = places(CONTENT)


def refusal(text: str, path: Path) -> str | None:
    """Load parameters; give what is said of them if they are refused."""
    path.write_text(text)
    try:
        params.load(path)
    except InputError as error:
        return str(error)
    return None


def check(message: str | None) -> None:
    if message is not None:
        assert "params.yaml: " in message
        assert "\n" not in message
        assert len(message) < 600, message


@settings(max_examples=150)
@given(place=st.sampled_from(PLACES), value=VALUES)
def test_any_value_anywhere_is_taken_or_refused_in_one_line(
    tmp_path: Path, place: tuple[Any, ...], value: object
) -> None:
    content = copy.deepcopy(CONTENT)
    *parents, last = place
    inner = content
    for key in parents:
        inner = inner[key]
    inner[last] = value
    check(refusal(yaml.safe_dump(content, allow_unicode=True), tmp_path / "params.yaml"))


@settings(max_examples=150)
@given(text=st.text(st.sampled_from("a: -[]{}!&*?|>'\"%@\n\t0123456789.e"), max_size=60))
def test_any_text_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    message = refusal(text, tmp_path / "params.yaml")
    assert message is not None
    check(message)


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 3000 + "]" * 3000,
        "a: " + "9" * 5000,
        "a: 2001-99-99",
        "a: !!timestamp 5",
        "a: !!python/object:os.system x",
        "a: !!binary =",
        "? [a]\n: b",
        "x" * 3000 + ": 1",
        "budget: " + "x" * 5000,
    ],
)
def test_what_yaml_itself_stumbles_over(tmp_path: Path, text: str) -> None:
    message = refusal(text, tmp_path / "params.yaml")
    assert message is not None
    check(message)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("experiments.cnn.model.learning_rate", float("inf")),
        ("experiments.cnn.model.learning_rate", float("nan")),
        ("experiments.cnn.model.learning_rate", 1e10),
        ("experiments.cnn.model.widths", [16, 10**9]),
        ("experiments.cnn.model.jitter", 10**6),
        ("experiments.cnn.model.batch_size", [1.5]),
        ("protocols.seven.split.seed", -1),
        ("evaluate.seed", -1),
        ("clusters.seed", 2**32),
        ("threads", 10**6),
        ("data.path", "data/s{1}.zip"),
        ("data.path", ""),
    ],
)
def test_values_that_only_a_stage_would_have_stumbled_over(tmp_path: Path, key: str, value: object) -> None:
    content = copy.deepcopy(CONTENT)
    *parents, last = key.split(".")
    inner = content
    for name in parents:
        inner = inner.setdefault(name, {})
    inner[last] = value
    message = refusal(yaml.safe_dump(content), tmp_path / "params.yaml")
    assert message is not None
    assert key in message
