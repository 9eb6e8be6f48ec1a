"""What is written down for DVC, by stage and experiment."""

import json
from pathlib import Path
from typing import Any

import pytest

from ferflow import paths
from ferflow.engines import code as module
from ferflow.engines.code import code, modules_of
from ferflow.engines.lookup import lookup, write_lookups
from ferflow.engines.stages import Job, jobs
from ferflow.params import RepeatedSplits, load

ROOT = Path(__file__).parents[2]
SETTINGS = load(ROOT / "params.yaml").model_copy(
    update={"repeated_splits": {"softmax": RepeatedSplits(against="logistic", repetitions=3)}}
)


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def parameters(job: Job) -> dict[str, Any]:
    """Read which parts of params.yaml a job's lookup holds."""
    lines = [line.partition(" ") for line in lookup(job, SETTINGS).splitlines()]
    return {key: json.loads(value) for key, _, value in lines if key.startswith(("experiments", "protocols"))}


def test_every_job_has_a_file_that_names_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "LOOKUPS", tmp_path)
    (tmp_path / "train").mkdir()
    (tmp_path / "train/former.txt").write_text("of an experiment that is no longer run")
    write_lookups(SETTINGS)
    every = {paths.lookup(job.stage, job.experiment): job for job in jobs(SETTINGS)}
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(every)
    for path, job in every.items():
        files = code(job.stage, modules_of(job, SETTINGS))
        assert [line.split()[0] for line in path.read_text().splitlines()][-len(files) :] == files


def test_protocols_and_rivals_are_looked_up_and_nothing_that_dvc_finds_by_itself() -> None:
    protocol = SETTINGS.experiment("softmax").protocol
    assert list(parameters(Job("split", "softmax"))) == [f"protocols.{protocol}"]
    study = parameters(Job("repeated_splits", "softmax"))
    assert set(study) == {"experiments.logistic"} | {
        f"protocols.{SETTINGS.experiment(name).protocol}" for name in ("softmax", "logistic")
    }
    assert study["experiments.logistic"]["model"]["name"] == "logistic"
    assert all(
        not parameters(Job(stage, "softmax", 0)) for stage in ("train", "evaluate", "explain", "labels")
    )
    assert not parameters(Job("report"))


def test_a_rival_whose_name_begins_as_the_experiments_does_is_looked_up_too() -> None:
    pair = {"logistic": RepeatedSplits(against="logistic-oversample", repetitions=3)}
    settings = SETTINGS.model_copy(update={"repeated_splits": pair})
    lines = lookup(Job("repeated_splits", "logistic"), settings).splitlines()
    keys = [line.split()[0] for line in lines if line.startswith("experiments.")]
    assert keys == ["experiments.logistic-oversample"]


def test_a_lookup_changes_with_the_files_of_its_own_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    network, linear = Job("train", "cnn", 0), Job("train", "softmax", 0)
    before = [lookup(job, SETTINGS).splitlines() for job in (network, linear)]
    digest = module._text_digest
    changed = {"models/cnn.py", "params/sections.py"}
    monkeypatch.setattr(
        module,
        "_text_digest",
        lambda path: "other" if any(path.as_posix().endswith(name) for name in changed) else digest(path),
    )
    after = [lookup(job, SETTINGS).splitlines() for job in (network, linear)]
    new = [{line for line in lines if line not in old} for lines, old in zip(after, before, strict=True)]
    assert new == [
        {f"src/ferflow/{name} other" for name in changed},
        {"src/ferflow/params/sections.py other"},
    ]
