"""Snakemake and DVC: the same commands over the same files, re-run for the same parameters."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from tests.cut import cut
from tests.pipeline.copies import copy_project, run_in
from tests.pipeline.plans import commands_to_run, covered, dvc_plan, snakemake_plan

# Stands in for every script: what is compared is the plans, and for these it is enough that files are there.
STUB = """
import json, sys
from pathlib import Path, PurePosixPath

for output in map(Path, json.loads(Path("outputs.json").read_text())["python " + " ".join(sys.argv)]):
    if not output.suffix:
        output.mkdir(parents=True, exist_ok=True)
        output /= "figure.png"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps({"command": sys.argv}))
"""

Parameters = dict[str, Any]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("parity"))


def test_every_stage_has_the_same_command_inputs_and_outputs(copy: Path) -> None:
    for rules in (copy / "workflow" / "rules").glob("*.smk"):
        rules.write_text(re.sub(r"    message:\n.*\n", "", rules.read_text()))
    snakemake = snakemake_plan(run_in(copy, "snakemake", "-nFp").stdout)
    dvc = dvc_plan(copy)
    assert set(snakemake) == set(dvc)
    for command, job in dvc.items():
        other = snakemake[command]
        # packages and results/experiments are folders in dvc.yaml, single files in Snakefile
        folders = frozenset(path for path in job.inputs if not PurePosixPath(path).suffix)
        assert other.outputs == job.outputs, command
        assert covered(other.inputs, folders) == job.inputs, command


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy with stubs for scripts and three experiments, in which both engines have all done."""
    folder = copy_project(tmp_path_factory.mktemp("finished"))
    parameters = yaml.safe_load((folder / "params.yaml").read_text())
    cut(parameters, ("logistic", "softmax", "cnn-oversample"))
    parameters["sweeps"] = {"logistic": {"l2": [0.1]}}
    parameters["redraws"] = {"softmax": {"against": "logistic", "repetitions": 3}}
    parameters["explain"] = ["cnn-oversample"]
    (folder / "params.yaml").write_text(yaml.safe_dump(parameters))
    plan = dvc_plan(folder)
    (folder / "outputs.json").write_text(
        json.dumps({command: sorted(job.outputs) for command, job in plan.items()})
    )
    for command in plan:
        (folder / command.split()[1]).write_text(STUB)
    run_in(folder, "snakemake", "-j2")
    run_in(folder, "python", "workflow/scripts/handover.py", "to-dvc")
    return folder


def _set(*path: str, to: Any) -> Callable[[Parameters], None]:
    def change(parameters: Parameters) -> None:
        for key in path[:-1]:
            parameters = parameters[key]
        parameters[path[-1]] = to

    return change


def _without_the_network(parameters: Parameters) -> None:
    parameters["experiments"].pop("cnn-oversample")
    parameters["explain"].clear()


TRAINED = {"train", "evaluate", "explain"}  # one after another
LINEAR = {"sweep", "redraw"}  # these train by themselves
FROM_FACES = {"balance", "split", "clusters", *TRAINED, *LINEAR}

CHANGES: dict[str, tuple[Callable[[Parameters], None], set[str]]] = {
    "nothing": (lambda parameters: None, set()),
    "tracking": (_set("tracking", "enabled", to=False), set()),
    "sample": (_set("sample", "seed", to=5), {"sample", "ingest", *FROM_FACES}),
    "data": (_set("data", "image_size", to=32), {"ingest", *FROM_FACES}),
    "audit": (_set("audit", "near_duplicates", to=2), {"ingest", *FROM_FACES}),
    "budget": (_set("budget", to="full"), {*TRAINED, *LINEAR}),
    "epochs": (_set("epochs", "quick", "cnn", to=2), {*TRAINED, *LINEAR}),
    "precision": (_set("precision", to="bfloat16"), {*TRAINED, *LINEAR}),
    "threads": (_set("threads", to=2), {"clusters", *TRAINED, *LINEAR}),
    "seeds": (_set("seeds", to=[0, 1]), {"train", "evaluate", "sweep"}),
    "a protocol": (
        _set("protocols", "pair", "split", "seed", to=3),
        {"balance", "split", "train", "evaluate", *LINEAR},
    ),
    "an experiment": (
        _set("experiments", "softmax", "class_weight", to="balanced"),
        {"train", "evaluate", "redraw"},
    ),
    "the protocol of an experiment": (
        _set("experiments", "softmax", "protocol", to="pair"),
        {"split", "train", "evaluate", "redraw"},
    ),
    "an experiment more": (
        _set("experiments", "another", to={"protocol": "pair", "model": {"name": "softmax"}}),
        {"split", "train", "evaluate"},
    ),
    "an experiment less": (_without_the_network, set()),
    "evaluate": (_set("evaluate", "resamples", to=200), {"evaluate", "clusters", "explain"}),
    "sweeps": (_set("sweeps", "logistic", to={"l2": [0.1, 0.2]}), {"sweep"}),
    "redraws": (_set("redraws", "softmax", "repetitions", to=4), {"redraw"}),
    "clusters": (_set("clusters", "nearest", to=10), {"clusters"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_stages_run_again_when_parameters_change(finished: Path, name: str) -> None:
    change, stages = CHANGES[name]
    original = (finished / "params.yaml").read_text()
    parameters = yaml.safe_load(original)
    change(parameters)
    (finished / "params.yaml").write_text(yaml.safe_dump(parameters))
    try:
        snakemake = commands_to_run(run_in(finished, "snakemake", "-np"))
        dvc = commands_to_run(run_in(finished, "dvc", "repro", "--dry", "--force-downstream"))
    finally:
        (finished / "params.yaml").write_text(original)
    assert snakemake == dvc
    if name not in ("nothing", "tracking"):
        stages = stages | {"report"}
    assert {Path(command.split()[1]).stem for command in snakemake} == stages


def test_handing_over_leaves_nothing_to_do_even_with_large_files(finished: Path) -> None:
    # Snakemake compares checksums of small files only; for large ones it looks at times, which DVC changes
    (finished / "results/faces.npy").write_bytes(bytes(2_000_000))
    run_in(finished, "snakemake", "--touch", "--forceall", "-j1", "all")
    run_in(finished, "python", "workflow/scripts/handover.py", "to-dvc")
    assert _is_done(run_in(finished, "snakemake", "-n"))
    assert "Data and pipelines are up to date" in run_in(finished, "dvc", "repro").stdout


def test_handing_over_refuses_what_is_stale(finished: Path) -> None:
    original = (finished / "params.yaml").read_text()
    (finished / "params.yaml").write_text(original.replace("resamples: 1000", "resamples: 300"))
    try:
        for direction, complaint in (("to-dvc", "snakemake -j2"), ("to-snakemake", "dvc repro")):
            done = run_in(finished, "python", "workflow/scripts/handover.py", direction, code=2)
            assert done.stderr.count("\n") == 1
            assert complaint in done.stderr
    finally:
        (finished / "params.yaml").write_text(original)


def test_handing_over_refuses_files_of_unknown_making(finished: Path) -> None:
    (finished / ".snakemake" / "metadata").rename(finished / ".snakemake" / "away")
    try:
        done = run_in(finished, "python", "workflow/scripts/handover.py", "to-dvc", code=2)
        assert "does not know how some files were made" in done.stderr
        run_in(finished, "python", "workflow/scripts/handover.py", "to-snakemake")
        assert _is_done(run_in(finished, "snakemake", "-n"))
    finally:
        subprocess.run(["rm", "-rf", str(finished / ".snakemake" / "metadata")], check=True)
        (finished / ".snakemake" / "away").rename(finished / ".snakemake" / "metadata")


def _is_done(dry_run: subprocess.CompletedProcess[str]) -> bool:
    said = dry_run.stdout + dry_run.stderr
    return "Nothing to be done" in said and "provenance" not in said
