"""Trainings over several nodes, and with what Slurm takes for GPUs, on a real Slurm of two nodes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ferflow.engines.processes import NODES, PROCESSES
from tests.cluster.slurm import ON_SLURM, slurm, why_not
from tests.cluster.squeue import field, queue
from tests.pipeline.copies import copy_project, run_in
from tests.pipeline.small import shrink, write

NAME = "cnn-augment"
FOLDER = Path(f"results/experiments/{NAME}/0")

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy in which two processes of one machine have trained a network."""
    folder = copy_project(tmp_path_factory.mktemp("together"))
    parameters = shrink(folder)
    parameters |= {"run": [NAME], "sweeps": {}, "repeated_splits": {}}
    parameters["experiments"][NAME]["epochs"]["quick"] = 3
    write(folder, parameters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PROCESSES, "2")
        run_in(folder, "snakemake", "-j1", "--", str(FOLDER / "history.csv"))
    return folder


@pytest.fixture(scope="module", autouse=True)
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep a Slurm of two nodes running."""
    with slurm(tmp_path_factory.mktemp("slurm") / "state", nodes=2):
        yield


def test_two_nodes_train_what_two_processes_of_one_machine_do(
    together: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(together, folder, symlinks=True)
    shutil.rmtree(folder / FOLDER)
    metrics = ("--", str(FOLDER / "metrics.json"))
    monkeypatch.setenv(NODES, "2")
    run_in(folder, *ON_SLURM, *metrics)
    monkeypatch.delenv(NODES)
    nodes = {name.split("_")[1]: field(job, "numnodes") for job, name in jobs_of(folder)}
    assert nodes == {"train": "2", "figures": "1"}
    dry_run = run_in(folder, "snakemake", "-n", *metrics)
    assert "Nothing to be done" in dry_run.stdout + dry_run.stderr
    for name in ("model.safetensors", "history.csv"):
        assert (folder / FOLDER / name).read_bytes() == (together / FOLDER / name).read_bytes()


@pytest.mark.parametrize(
    ("variables", "nodes", "gpus"), [({}, "1", 1), ({NODES: "2", PROCESSES: "2"}, "2", 4)]
)
def test_slurm_gives_gpus_to_a_training_that_wants_them(
    variables: dict[str, str],
    nodes: str,
    gpus: int,
    together: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(together, folder, symlinks=True)
    run_in(folder, "ferflow", "set", "device=cuda")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    run_in(folder, *ON_SLURM, "--retries", "0", "--", str(FOLDER / "history.csv"), code=1)
    ((job, _),) = jobs_of(folder)
    assert (field(job, "numnodes"), field(job, "tres-per-job")) == (nodes, f"gres:gpu:{gpus}")
    # It got as far as PyTorch, which sees none of them.
    assert "no 'cuda' here" in (folder / f"logs/train/{NAME}-0.log").read_text()


def jobs_of(folder: Path) -> list[tuple[str, str]]:
    """List the jobs that Snakemake has submitted from a folder."""
    return [(job, name) for job, name in queue(all_states=True) if field(job, "workdir") == str(folder)]
