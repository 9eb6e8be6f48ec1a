"""Snakemake and DVC: the same commands over the same files, re-run for the same parameters."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from dvc.dependency.param import ParamsDependency
from dvc.repo import Repo

from ferflow import paths
from ferflow.engines.stages import jobs
from ferflow.params import load
from tests.pipeline.copies import copy_project, run_in
from tests.pipeline.plans import (
    LIST_CODE,
    commands_dvc_would_run,
    commands_to_run,
    cover,
    dvc_plan,
    snakemake_plan,
    tell_dvc_of_code,
)

Parameters = dict[str, Any]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("parity"))


def test_every_stage_has_the_same_command_inputs_and_outputs(copy: Path) -> None:
    for rules in (copy / "workflow" / "rules").glob("*.smk"):
        rules.write_text(re.sub(r"    message:\n.*\n", "", rules.read_text()))
    snakemake = snakemake_plan(run_in(copy, "snakemake", "-nFp").stdout)
    dvc = dvc_plan(copy)
    assert dvc.pop(LIST_CODE).outputs == {paths.CODE.as_posix()}
    assert set(snakemake) == set(dvc)
    for command, job in dvc.items():
        other = snakemake[command]
        # Snakemake records a digest of the code; the report reads what its evidence vouches for.
        code = f"{paths.CODE.as_posix()}/{Path(command.split()[1]).stem}.txt"
        assert code in job.inputs, command
        inputs = job.inputs - {code}
        folders = frozenset(path for path in inputs if not PurePosixPath(path).suffix)
        assert other.outputs == job.outputs, command
        extra = cover(other.inputs, folders) - inputs
        assert cover(other.inputs, folders) >= inputs, command
        assert not extra or (command.endswith("report.py") and all(map(_vouched_for, extra))), command


def _vouched_for(path: str) -> bool:
    return path.startswith(("results/experiments/", "results/records/"))


def test_every_stage_depends_on_the_same_parameters(copy: Path) -> None:
    settings = load(copy / "params.yaml")
    with Repo(copy) as repo:
        stages = {str(stage.cmd): stage for stage in repo.index.stages}
    for job in jobs(settings):
        arguments = [f" --experiment {job.experiment}"] if job.experiment else []
        arguments += [f" --seed {job.seed}"] if job.seed >= 0 else []
        stage = stages[f"python workflow/scripts/{job.stage}.py{''.join(arguments)}"]
        keys = {key for dep in stage.deps if isinstance(dep, ParamsDependency) for key in dep.params}
        # DVC cannot look up the protocol of an experiment, nor what a study sets it against.
        wide = {"protocols", "experiments"} & keys
        narrow = {key for key in job.keys(settings) if key.split(".")[0] not in wide}
        assert keys - wide == narrow - {f"experiments.{job.experiment}.protocol"} | (
            {f"experiments.{job.experiment}.protocol"} & keys
        ), job


def _set(*path: str, to: Any) -> Callable[[Parameters], None]:
    def change(parameters: Parameters) -> None:
        for key in path[:-1]:
            parameters = parameters[key]
        parameters[path[-1]] = to

    return change


def _without_the_network(parameters: Parameters) -> None:
    parameters["experiments"].pop("cnn-oversample")
    parameters["explain"].clear()


IN_SEQUENCE = {"train", "evaluate", "explain", "labels"}  # one after another
STUDIES = {"sweep", "repeated_splits"}  # these train by themselves
SAMPLES = {"balance", "split"}
FROM_FACES = {"clusters", *SAMPLES, *IN_SEQUENCE, *STUDIES}
#: What DVC plans besides, as it cannot look up an experiment's protocol, nor what a study sets it against.
WIDE_EXPERIMENT = {"repeated_splits"}
WIDE_PROTOCOL = {*SAMPLES, *IN_SEQUENCE, *STUDIES}

CHANGES: dict[str, tuple[Callable[[Parameters], None], set[str], set[str]]] = {
    "nothing": (lambda parameters: None, set(), set()),
    "tracking": (_set("tracking", "enabled", to=False), set(), set()),
    "sample": (_set("sample", "seed", to=5), {"sample", "ingest", *FROM_FACES}, set()),
    "data": (_set("data", "image_size", to=32), {"ingest", *FROM_FACES}, set()),
    "audit": (_set("audit", "near_duplicates", to=2), {"ingest", *FROM_FACES}, set()),
    "budget": (_set("budget", to="full"), {*IN_SEQUENCE, *STUDIES}, set()),
    "precision": (_set("precision", to="bfloat16"), {*IN_SEQUENCE, *STUDIES}, set()),
    "device": (_set("device", to="cpu"), {*IN_SEQUENCE, *STUDIES}, set()),
    "threads": (_set("threads", to=2), {"clusters", *IN_SEQUENCE, *STUDIES}, set()),
    "seeds": (_set("seeds", to=[0, 1]), {"train", "evaluate", "sweep"}, set()),
    "epochs": (
        _set("experiments", "cnn-oversample", "epochs", "quick", to=2),
        {*IN_SEQUENCE},
        WIDE_EXPERIMENT,
    ),
    "dropout": (
        _set("experiments", "cnn-oversample", "model", "dropout", to=0.4),
        {*IN_SEQUENCE},
        WIDE_EXPERIMENT,
    ),
    "a protocol": (
        _set("protocols", "pair", "split", "seed", to=3),
        {*SAMPLES, *IN_SEQUENCE, *STUDIES},
        WIDE_PROTOCOL,
    ),
    "an experiment": (
        _set("experiments", "softmax", "class_weight", to="balanced"),
        {*IN_SEQUENCE, "repeated_splits"},
        set(),
    ),
    "the protocol of an experiment": (
        _set("experiments", "softmax", "protocol", to="pair"),
        {*SAMPLES, *IN_SEQUENCE, "repeated_splits"},
        set(),
    ),
    "an experiment that is not run": (
        _set("experiments", "another", to={"protocol": "pair", "model": {"name": "softmax"}}),
        set(),
        WIDE_EXPERIMENT,
    ),
    "one experiment only": (_set("run", to=["softmax"]), set(), set()),
    "evaluate": (_set("evaluate", "resamples", to=200), {"evaluate", "clusters", "explain", "labels"}, set()),
    "sweeps": (_set("sweeps", "logistic", to={"l2": [0.1, 0.2]}), {"sweep"}, set()),
    "repeated splits": (_set("repeated_splits", "softmax", "repetitions", to=4), {"repeated_splits"}, set()),
    "clusters": (_set("clusters", "nearest", to=10), {"clusters"}, set()),
    "explain": (_set("explain", to=[]), {"explain"}, set()),
    "labels": (_set("labels", "experiment", to="softmax"), {"labels"}, set()),
    "votes": (_set("labels", "votes", to="fer2013new.csv"), {"labels"}, set()),
}
#: Changes after which the report stays as it is.
NO_REPORT = {"nothing", "tracking", "an experiment that is not run"}


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_stages_run_again_when_parameters_change(finished: Path, name: str) -> None:
    change, stages, wide = CHANGES[name]
    original = (finished / "params.yaml").read_text()
    parameters = yaml.safe_load(original)
    change(parameters)
    (finished / "params.yaml").write_text(yaml.safe_dump(parameters))
    try:
        snakemake = commands_to_run(run_in(finished, "snakemake", "-np"))
        dvc = commands_dvc_would_run(finished)
    finally:
        (finished / "params.yaml").write_text(original)
    assert snakemake <= dvc
    if name not in NO_REPORT:
        stages = stages | {"report"}
    assert _stages(snakemake) == stages
    assert _stages(dvc) == stages | (wide | {"report"} if wide else set())
    assert snakemake == dvc or wide


def _stages(commands: set[str]) -> set[str]:
    return {Path(command.split()[1]).stem for command in commands}


MODULES = {
    "sample/drawing.py": {"sample", "ingest", *FROM_FACES},
    "ingest/archive.py": {"ingest", *FROM_FACES},
    "data/samples.py": FROM_FACES - {"clusters"},
    "models/logistic.py": {*IN_SEQUENCE, *STUDIES},
    "models/cnn.py": {*IN_SEQUENCE, "repeated_splits"},
    "remedies/focal.py": {"repeated_splits"},
    "remedies/thresholds.py": set(),
    "remedies/oversample.py": {*SAMPLES, *IN_SEQUENCE, "repeated_splits"},
    "plots/evaluation.py": {"evaluate", "explain", "labels"},
    "plots/clusters.py": {"clusters"},
    "studies/clusters/clustering.py": {"clusters"},
    "studies/explain/saliency.py": {"explain"},
    "studies/labels/ranking.py": {"labels"},
    "report/build.py": set(),
    "studies/sweep.py": {"sweep"},
    "tracking/publish.py": None,
    "engines/sync.py": None,
}


@pytest.mark.parametrize("module", MODULES)
def test_what_runs_again_when_a_module_changes(finished: Path, module: str) -> None:
    file = finished / "src" / "ferflow" / module
    original = file.read_text()
    file.write_text(original + "\n_A_CHANGE = True\n")
    try:
        snakemake = commands_to_run(run_in(finished, "snakemake", "-np"))
        assert LIST_CODE in commands_dvc_would_run(finished)
        tell_dvc_of_code(finished)
        dvc = commands_dvc_would_run(finished)
    finally:
        file.write_text(original)
        tell_dvc_of_code(finished)
    stages = MODULES[module]
    expected = set() if stages is None else stages | {"report"}
    assert snakemake <= dvc
    assert _stages(snakemake) == expected
    # Under DVC a stage depends on all models and remedies that it might work with.
    wide = {"models": {*IN_SEQUENCE, *STUDIES}, "remedies": {*SAMPLES, *IN_SEQUENCE, *STUDIES}}
    wide["remedies/thresholds.py"] = {"evaluate", "explain", "labels"}  # nothing is trained again
    assert _stages(dvc) == expected | wide.get(module, wide.get(module.partition("/")[0], set()))


def test_strangers_names_are_never_executed(project: Path) -> None:
    parameters = yaml.safe_load((project / "params.yaml").read_text())
    parameters["run"] = ["softmax", "x; touch pwned #"]
    parameters["seeds"] = [0, "0; touch pwned"]
    parameters["sweeps"]["$(touch pwned)"] = {"l2": [0.1]}
    (project / "params.yaml").write_text(yaml.safe_dump(parameters))
    run_in(project, "dvc", "repro", "--keep-going", code=None)
    for stage in dvc_plan(project):
        if "pwned" in stage:
            subprocess.run(["bash", "-c", stage], cwd=project, capture_output=True, check=False)
    run_in(project, "snakemake", "-n", code=2)
    assert not list(project.rglob("pwned"))
