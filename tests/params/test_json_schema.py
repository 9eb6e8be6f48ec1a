"""The schema that editors read: it says of a file what ferflow says."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ferflow import params
from ferflow.cli.main import main
from ferflow.errors import InputError
from ferflow.init.command import TEMPLATE
from ferflow.params.editing import set_values
from ferflow.params.json_schema import params_schema, schema_text
from tests.fuzz.strategies import VALUES
from tests.params.test_mutations import PLACES

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "params.schema.json"
FIRST_LINE = "# yaml-language-server: $schema=docs/params.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(params_schema())


def content(path: Path = ROOT / "params.yaml") -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def changed(key: str | tuple[Any, ...], value: object) -> dict[str, Any]:
    parameters = content()
    *parents, last = key.split(".") if isinstance(key, str) else key
    inner: Any = parameters
    for name in parents:
        inner = inner[name]
    inner[last] = value
    return parameters


def is_refused(parameters: dict[str, Any], path: Path) -> bool:
    path.write_text(yaml.safe_dump(parameters))
    try:
        params.load(path)
    except InputError:
        return True
    return False


def test_the_committed_schema_is_current() -> None:
    assert FILE.read_text() == schema_text(), "run `ferflow schema --out docs/params.schema.json`"


def test_the_command_prints_it_or_writes_it(tmp_path: Path) -> None:
    for printed in (["schema"], ["schema", "--out", "-"]):
        assert CliRunner().invoke(main, printed).output == schema_text()
    CliRunner().invoke(main, ["schema", "--out", str(tmp_path / "own.json")])
    assert (tmp_path / "own.json").read_text() == schema_text()


def test_it_is_a_schema_in_which_every_key_is_described() -> None:
    schema = json.loads(FILE.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for section in [schema, *schema["$defs"].values()]:
        assert section["description"]
        for key, value in section["properties"].items():
            assert {"description", "const", "$ref"} & set(value), key


@pytest.mark.parametrize("file", [ROOT / "params.yaml", TEMPLATE])
def test_the_files_name_it_and_are_valid(file: Path) -> None:
    assert file.read_text().splitlines()[0] == FIRST_LINE
    VALIDATOR.validate(content(file))


def test_what_is_set_leaves_the_line_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    set_values(["budget=full", "explain=[]"])
    assert Path("params.yaml").read_text().splitlines()[0] == FIRST_LINE


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("budgett", "quick"),
        ("experiments.cnn.model.dropuot", 0.1),
        ("experiments.cnn.model.loss", {"name": "focal", "gama": 2.0}),
        ("experiments.cnn.model.loss", "focl"),
        ("experiments.cnn.model.name", "cnnn"),
        ("experiments.cnn.class_weight", "balancd"),
        ("experiments.cnn.adjustment", "threshold"),
        ("protocols.seven.balance.method", "undersampling"),
        ("experiments.cnn.epochs", 7),
        ("experiments.cnn.model.dropout", "0.1"),
        ("experiments.cnn.model.dropout", 1.0),
        ("experiments.cnn.model.batch_size", 1.5),
        ("experiments.cnn.model.widths", []),
        ("experiments.CNN", {"protocol": "all", "model": {"name": "cnn"}}),
        ("experiments.cnn.model", {"dropout": 0.1}),
        ("data.image_size", 4),
        ("seeds", []),
        ("seeds", [-1]),
        ("tracking.enabled", "yes"),
        ("evaluate.confidence", 95),
        ("run", "cnn"),
    ],
)
def test_mistakes_are_refused_by_both(key: str, value: object, tmp_path: Path) -> None:
    parameters = changed(key, value)
    assert not VALIDATOR.is_valid(parameters)
    assert is_refused(parameters, tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("experiments.cnn.model.loss", {"name": "focal", "gamma": 1}),
        ("experiments.cnn.epochs", None),
        ("experiments.softmax.model.momentum", 0.9),
        ("threads", 2),
        ("tracking.uri", "http://127.0.0.1:5000"),
        ("protocols.seven.classes", ["angry", "happy"]),
    ],
)
def test_other_valid_files_are_valid_to_both(key: str, value: object, tmp_path: Path) -> None:
    parameters = changed(key, value)
    VALIDATOR.validate(parameters)
    assert not is_refused(parameters, tmp_path / "params.yaml")


@settings(max_examples=25)
@given(place=st.sampled_from(PLACES), value=VALUES)
def test_nothing_is_marked_as_wrong_that_ferflow_takes(
    tmp_path: Path, place: tuple[Any, ...], value: object
) -> None:
    parameters = changed(place, value)
    if not is_refused(parameters, tmp_path / "params.yaml"):
        VALIDATOR.validate(parameters)
