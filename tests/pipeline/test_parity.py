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
from ferflow.engines.lookup import lookup
from ferflow.engines.stages import jobs
from ferflow.params import load
from tests.pipeline.copies import copy_project, run_in
from tests.pipeline.plans import (
    LOOKUP,
    commands_dvc_would_run,
    commands_to_run,
    cover,
    dvc_plan,
    look_up,
    snakemake_plan,
    would_look_up,
)
from tests.pipeline.small import shrink

Parameters = dict[str, Any]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("parity"))


def test_every_stage_has_the_same_command_inputs_and_outputs(copy: Path) -> None:
    for rules in (copy / "workflow" / "rules").glob("*.smk"):
        rules.write_text(re.sub(r"    message:\n.*\n", "", rules.read_text()))
    snakemake = snakemake_plan(run_in(copy, "snakemake", "-nFp").stdout)
    dvc = dvc_plan(copy)
    assert dvc.pop(LOOKUP).outputs == {paths.LOOKUPS.as_posix()}
    assert set(snakemake) == set(dvc)
    for command, job in dvc.items():
        other = snakemake[command]
        # Snakemake looks up by itself; the report reads what its evidence vouches for.
        words = command.split()
        experiment = words[words.index("--experiment") + 1] if "--experiment" in words else ""
        looked_up = paths.lookup(Path(words[1]).stem, experiment).as_posix()
        assert looked_up in job.inputs, command
        inputs = job.inputs - {looked_up}
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
        looked_up = {line.partition(" ")[0] for line in lookup(job, settings).splitlines()}
        assert keys == set(job.keys(settings)) - looked_up, job


def _set(*path: str, to: Any) -> Callable[[Parameters], None]:
    def change(parameters: Parameters) -> None:
        for key in path[:-1]:
            parameters = parameters[key]
        parameters[path[-1]] = to

    return change


IN_SEQUENCE = {"train", "evaluate", "explain", "labels"}  # one after another
STUDIES = {"sweep", "repeated_splits"}  # these train by themselves
SAMPLES = {"balance", "split"}
FROM_FACES = {"clusters", *SAMPLES, *IN_SEQUENCE, *STUDIES}

CHANGES: dict[str, tuple[Callable[[Parameters], None], set[str]]] = {
    "nothing": (lambda parameters: None, set()),
    "tracking": (_set("tracking", "enabled", to=False), set()),
    "sample": (_set("sample", "seed", to=5), {"sample", "ingest", *FROM_FACES}),
    "data": (_set("data", "image_size", to=32), {"ingest", *FROM_FACES}),
    "audit": (_set("audit", "near_duplicates", to=2), {"ingest", *FROM_FACES}),
    "budget": (_set("budget", to="full"), {*IN_SEQUENCE, *STUDIES}),
    "precision": (_set("precision", to="bfloat16"), {*IN_SEQUENCE, *STUDIES}),
    "device": (_set("device", to="cpu"), {*IN_SEQUENCE, *STUDIES}),
    "threads": (_set("threads", to=2), {"clusters", *IN_SEQUENCE, *STUDIES}),
    "seeds": (_set("seeds", to=[0, 1]), {"train", "evaluate", "sweep"}),
    "epochs": (
        _set("experiments", "cnn-oversample", "epochs", "quick", to=2),
        {*IN_SEQUENCE},
    ),
    "dropout": (
        _set("experiments", "cnn-oversample", "model", "dropout", to=0.4),
        {*IN_SEQUENCE},
    ),
    "a protocol": (
        _set("protocols", "pair", "split", "seed", to=3),
        {*SAMPLES, *IN_SEQUENCE, *STUDIES},
    ),
    "an experiment": (
        _set("experiments", "softmax", "class_weight", to="balanced"),
        {*IN_SEQUENCE, "repeated_splits"},
    ),
    "the protocol of an experiment": (
        _set("experiments", "softmax", "protocol", to="pair"),
        {*SAMPLES, *IN_SEQUENCE, "repeated_splits"},
    ),
    "an experiment that is not run": (
        _set("experiments", "another", to={"protocol": "pair", "model": {"name": "softmax"}}),
        set(),
    ),
    "one experiment only": (_set("run", to=["softmax"]), set()),
    "evaluate": (_set("evaluate", "resamples", to=200), {"evaluate", "clusters", "explain", "labels"}),
    "sweeps": (_set("sweeps", "logistic", to={"l2": [0.1, 0.2]}), {"sweep"}),
    "repeated splits": (_set("repeated_splits", "softmax", "repetitions", to=4), {"repeated_splits"}),
    "clusters": (_set("clusters", "nearest", to=10), {"clusters"}),
    "explain": (_set("explain", to=[]), {"explain"}),
    "labels": (_set("labels", "experiment", to="softmax"), {"labels"}),
    "votes": (_set("labels", "votes", to="fer2013new.csv"), {"labels"}),
}
#: Changes after which the report stays as it is.
NO_REPORT = {"nothing", "tracking", "an experiment that is not run"}


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_stages_run_again_when_parameters_change(finished: Path, name: str) -> None:
    change, stages = CHANGES[name]
    original = (finished / "params.yaml").read_text()
    parameters = yaml.safe_load(original)
    change(parameters)
    (finished / "params.yaml").write_text(yaml.safe_dump(parameters))
    try:
        snakemake = commands_to_run(run_in(finished, "snakemake", "-np"))
        look_up(finished)
        dvc = commands_dvc_would_run(finished)
    finally:
        (finished / "params.yaml").write_text(original)
    assert _stages(snakemake) == (stages if name in NO_REPORT else stages | {"report"})
    assert snakemake == dvc


def _stages(commands: set[str]) -> set[str]:
    return {Path(command.split()[1]).stem for command in commands}


MODULES = {
    "sample/drawing.py": {"sample", "ingest", *FROM_FACES},
    "ingest/archive.py": {"ingest", *FROM_FACES},
    "data/samples.py": FROM_FACES - {"clusters"},
    "models/logistic.py": {*IN_SEQUENCE, *STUDIES},
    "models/cnn.py": IN_SEQUENCE,
    "remedies/focal.py": set(),
    "remedies/thresholds.py": set(),
    "remedies/oversample.py": {*SAMPLES, *IN_SEQUENCE},
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
        assert would_look_up(finished)
        look_up(finished, code_changed=True)
        dvc = commands_dvc_would_run(finished)
    finally:
        file.write_text(original)
    stages = MODULES[module]
    expected = set() if stages is None else stages | {"report"}
    assert _stages(snakemake) == expected
    assert snakemake == dvc


def test_strangers_names_are_never_executed(project: Path) -> None:
    parameters = shrink(project)
    parameters["run"] = ["logistic", "x; touch pwned #"]
    parameters["seeds"] = [0, "0; touch pwned"]
    parameters["sweeps"]["$(touch pwned)"] = {"l2": [0.1]}
    (project / "params.yaml").write_text(yaml.safe_dump(parameters))
    run_in(project, "dvc", "repro", "--keep-going", code=None)
    for stage in dvc_plan(project):
        if "pwned" in stage:
            subprocess.run(["bash", "-c", stage], cwd=project, capture_output=True, check=False)
    run_in(project, "snakemake", "-n", code=2)
    assert not list(project.rglob("pwned"))
