"""params.yaml as `ferflow set` and `dvc exp run -S` write it."""

import json
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from ferflow.cli.main import main
from ferflow.engines.stages import jobs
from ferflow.errors import InputError
from ferflow.params import load
from ferflow.params.editing import preset_lines, set_values, use_preset
from tests.cut import cut

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def content() -> dict[str, Any]:
    return yaml.safe_load((REPOSITORY / "params.yaml").read_text())


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the default file in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "params.yaml"
    path.write_text((REPOSITORY / "params.yaml").read_text())
    return path


@pytest.fixture
def small(file: Path, content: dict[str, Any]) -> Path:
    """Return a file of one experiment, which is read and written in no time."""
    cut(content, ("softmax",))
    file.write_text(yaml.safe_dump(content))
    return file


def test_the_default_file_is_as_dvc_writes_it(file: Path) -> None:
    from dvc.utils.serialize import modify_yaml

    before = file.read_text()
    with modify_yaml(file):
        pass
    assert file.read_text() == before


def test_setting_a_value_changes_its_line_alone(file: Path) -> None:
    before = file.read_text().splitlines()
    assert set_values(["experiments.cnn.model.dropout=0.4"]) == ["experiments.cnn.model.dropout: 0.4"]
    after = file.read_text().splitlines()
    assert len(after) == len(before)
    assert [line for line, old in zip(after, before, strict=True) if line != old] == ["      dropout: 0.4"]


VALUES = {
    "data.image_size": 32,
    "sample.faces": 500,
    "audit.near_duplicates": 2,
    "budget": "full",
    "seeds": "[0,1]",
    "threads": 2,
    "precision": "bfloat16",
    "device": "cpu",
    "run": "[cnn]",
    "presets.core": "[cnn]",
    "protocols.pair.balance.method": "oversample",
    "protocols.seven-augment.balance.noise": 4.0,
    "protocols.seven.split.group_by": "none",
    "experiments.cnn.protocol": "seven-augment",
    "experiments.cnn.model.widths": "[4,8]",
    "experiments.cnn.model.dropout": 0.4,
    "experiments.cnn.class_weight": "balanced",
    "experiments.cnn.epochs.quick": 3,
    "experiments.cnn-focal.model.loss.gamma": 1.0,
    "experiments.logistic.model.l2": 0.5,
    "experiments.kmeans.model.n_clusters": 9,
    "sweeps.logistic-oversample.l2": "[0.1]",
    "repeated_splits.logistic-undersample.repetitions": 5,
    "clusters.keep.clusters": 8,
    "explain": "[cnn]",
    "evaluate.resamples": 500,
    "labels.experiment": "softmax",
    "labels.votes": "fer2013new.csv",
}


def values_of(key: str) -> list[Any]:
    """List what the jobs of the present file depend on as the value of a key."""
    settings, values = load(), []
    for job in jobs(settings):
        for part, value in json.loads(job.parameters(settings)).items():
            if key == part or key.startswith(f"{part}."):
                values.append(reduce(getitem, key.removeprefix(part).split(".")[1:], value))
    return values


@pytest.mark.parametrize("key", VALUES)
def test_what_is_set_is_seen_by_a_stage(file: Path, key: str) -> None:
    new_value = yaml.safe_load(str(VALUES[key]))
    before = values_of(key)
    assert before
    assert new_value not in before
    set_values([f"{key}={VALUES[key]}"])
    assert new_value in values_of(key)


@pytest.mark.parametrize("assignment", ["explain=[]", "presets.core=[]"])
def test_what_may_be_empty_can_be_emptied(file: Path, assignment: str) -> None:
    key = assignment.partition("=")[0]
    set_values([assignment])  # DVC's writer joins a comment beside the key with the next line
    settings = load()
    assert (settings.presets["core"] if key == "presets.core" else settings.explain) == []


def test_the_last_study_can_be_taken_out(file: Path) -> None:
    set_values(["~sweeps.logistic-oversample", "~repeated_splits.logistic-undersample"])
    settings = load()
    assert not settings.sweeps and not settings.repeated_splits


def leaves(content: Any, key: str = "") -> Iterator[str]:
    if not isinstance(content, dict):
        yield key
        return
    for name, part in content.items():
        yield from leaves(part, f"{key}.{name}" if key else name)


def test_every_value_of_the_file_is_a_part_of_some_stage(content: dict[str, Any], tmp_path: Path) -> None:
    """All but where figures are sent to: of experiments and protocols, when all are run."""
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(content | {"run": list(content["experiments"])}))
    settings = load(path)
    parts = {part for job in jobs(settings) for part in job.keys(settings)}
    keys = list(leaves(content))
    assert len(keys) > 300
    lost = [key for key in keys if not any(key == part or key.startswith(f"{part}.") for part in parts)]
    assert {key.partition(".")[0] for key in lost} == {"tracking"}


def test_what_cannot_be_set_leaves_the_file_alone(file: Path) -> None:
    before = file.read_text()
    with pytest.raises(InputError, match="needs a plus before it"):
        set_values(["experiments.softmax.model.momentum=0.5"])
    with pytest.raises(InputError, match=r"params\.yaml: unknown key 'experiments.cnn.model.emma'"):
        set_values(["+experiments.cnn.model.emma=0.5"])
    for key, near in (("experiments.cnn.model.droput", "dropout"), ("sample.face", "faces")):
        with pytest.raises(
            InputError, match=rf"^params\.yaml: unknown key '{key}'; did you mean '{near}'\?$"
        ):
            set_values([f"{key}=0.4", "budget=full"])
    with pytest.raises(InputError, match="budget"):
        set_values(["budget=half"])
    assert file.read_text() == before
    lines = set_values(["+experiments.softmax.model.momentum=0.5"])
    assert lines == ["experiments.softmax.model.momentum: 0.5"]
    assert load().experiment("softmax").model.model_dump()["momentum"] == 0.5


def test_a_preset_is_written_into_run(file: Path) -> None:
    names = yaml.safe_load(use_preset("remedies"))["run"]  # however many there are
    assert (len(names), names) == (14, load().run)
    assert use_preset("transfer").startswith("run: [efficientnet")
    assert load().run == load().presets["transfer"]
    assert any(line.startswith("core: logistic") for line in preset_lines())
    with pytest.raises(InputError, match="no preset is called 'al'"):
        use_preset("al")
    with pytest.raises(InputError, match=r"no preset is called 'cor'; did you mean 'core'\?"):
        use_preset("cor")


def test_the_command_lists_presets_or_writes_one(file: Path) -> None:
    assert CliRunner().invoke(main, ["preset"]).stdout.splitlines() == preset_lines()
    done = CliRunner().invoke(main, ["preset", "transfer"])
    assert (done.exit_code, done.stdout.startswith("run: [efficientnet")) == (0, True)
    assert load().run == load().presets["transfer"]


def test_a_password_is_not_repeated_on_the_terminal(file: Path) -> None:
    done = CliRunner().invoke(main, ["set", "tracking.uri=http://me:sesame@127.0.0.1:5000"])
    assert (done.exit_code, done.stdout) == (0, "tracking.uri: http://me:***@127.0.0.1:5000\n")
    assert "me:sesame@" in file.read_text()


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("seeds=range(0,3)", r"seeds=range\(0,3\): stands for several runs; write the one value"),
        ("seeds=[range(0,3)]", "stands for several runs"),
        ("tracking.uri=http://u:p${w}d@h:5000", r"tracking\.uri: '\$\{' begins a reference to another value"),
        ("budget=${oops}", r"budget: '\$\{' begins .* \(Interpolation key 'oops' not found\); leave it out"),
        ("budget=???", "cannot be read: Missing mandatory value"),
        (f"threads={'9' * 5000}", r"threads=9+\.\.\.9+: cannot be read: Exceeds the limit"),
    ],
)
def test_what_dvc_cannot_write_is_told_in_one_line(file: Path, assignment: str, message: str) -> None:
    before = file.read_text()
    with pytest.raises(InputError, match=f"^params.yaml: .*{message}") as caught:
        set_values([assignment])
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert file.read_text() == before


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("budget", "budget: Error parsing override 'budget' missing EQUAL"),
        ("seeds=[0,1", r"seeds=\[0,1: no viable alternative"),
        ("+budget=full", r"\+budget=full: Could not append to config. An item is already at 'budget'"),
        ("~nothing", "~nothing: Could not delete from config. 'nothing' does not exist"),
    ],
)
def test_a_plus_is_advised_only_where_it_helps(small: Path, assignment: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^params.yaml: {message}") as caught:
        set_values([assignment])
    assert "plus" not in str(caught.value)


@pytest.mark.parametrize("path", ["Gesichter/fröhlich", "~/faces"])
def test_a_value_that_needs_quotes_is_told_so_and_then_taken(small: Path, path: str) -> None:
    with pytest.raises(InputError, match="has a sign that Hydra takes in quotes only; write 'key=\"value\"'"):
        set_values([f"data.path={path}"])
    set_values([f'data.path="{path}"'])
    assert yaml.safe_load(small.read_text())["data"]["path"] == path


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_lines_end_as_they_did(small: Path, end: bytes) -> None:
    set_values(["budget=quick"])  # so that the rest is as DVC writes it
    before = small.read_bytes().replace(b"\n", end)
    small.write_bytes(before)
    set_values(["budget=full"])
    changed = set(small.read_bytes().split(b"\n")) - set(before.split(b"\n"))
    assert changed == {b"budget: full" + end[:-1]}


def test_a_link_stays_a_link(small: Path, tmp_path: Path) -> None:
    small.rename(tmp_path / "mine.yaml")
    small.symlink_to("mine.yaml")
    set_values(["budget=full"])
    assert small.is_symlink()
    assert yaml.safe_load((tmp_path / "mine.yaml").read_text())["budget"] == "full"


@pytest.mark.parametrize(
    ("assignment", "reason"),
    [("run.x=3", "invalid literal for int"), (f"data.path={'[' * 600}{']' * 600}", "recursion")],
)
def test_what_libraries_let_through_is_told_too(small: Path, assignment: str, reason: str) -> None:
    with pytest.raises(InputError, match=f"cannot be read: .*{reason}"):
        set_values([assignment])


def test_a_reference_that_stands_in_the_file_is_told_with_its_key(file: Path) -> None:
    set_values([r"tracking.uri=http://h/\${w}"])  # escaped as Hydra has it, it passes once
    assert load().tracking.uri == "http://h/${w}"
    with pytest.raises(InputError, match=r"tracking\.uri: '\$\{' begins a reference"):
        set_values(["budget=full"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- 1\n", "expected sections such as 'data:'"),
        ("budget: full\nbudget: quick\n", "lines 1 and 2: 'budget' stands twice"),
    ],
)
def test_a_file_that_is_no_mapping_is_told_before_anything_is_set(
    file: Path, text: str, message: str
) -> None:
    file.write_text(text)
    with pytest.raises(InputError, match=f"params.yaml: {message}"):
        set_values(["budget=full"])
    assert file.read_text() == text


def test_a_key_that_is_taken_out_is_told_with_what_then_holds(file: Path) -> None:
    assert set_values(["~claims", "~presets.timed", "run.1=kmeans-seven"]) == [
        "claims: true",
        "presets.timed: removed",
        "run.1: kmeans-seven",
    ]
    assert load().claims is True
