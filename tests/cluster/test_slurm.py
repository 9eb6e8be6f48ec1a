"""The pipeline through the profile `slurm`, on a real Slurm of one node, and of two."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ferflow.engines.processes import NODES, PROCESSES
from ferflow.engines.resources import NEEDS, megabytes
from ferflow.files import read_json
from ferflow.models.checkpoint import load_checkpoint
from ferflow.timings import timings_path
from tests.cluster import accounting
from tests.cluster.slurm import ON_SLURM, Node, slurm, why_not
from tests.cluster.squeue import field, queue
from tests.pipeline.copies import copy_project, environment, run_in
from tests.pipeline.small import digests, is_done, shrink, write

NAME = "cnn-augment"
FOLDER = Path(f"results/experiments/{NAME}/0")
MODEL = str(FOLDER / "model.safetensors")
pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy in which one network is trained for long enough to be killed."""
    folder = copy_project(tmp_path_factory.mktemp("sources"))
    parameters = shrink(folder)
    parameters |= {"run": [NAME], "sweeps": {}, "repeated_splits": {}}
    parameters["experiments"][NAME]["epochs"]["quick"] = 25
    write(folder, parameters)
    return folder


@pytest.fixture(scope="module")
def peace(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy in which all was done in peace, without Slurm."""
    folder = tmp_path_factory.mktemp("peace") / "copy"
    shutil.copytree(sources, folder, symlinks=True)
    run_in(folder, "snakemake", "-j1", "all")
    return folder


def test_killed_jobs_wall_times_and_a_lost_node_cost_no_byte(
    sources: Path, peace: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "cluster"
    shutil.copytree(sources, folder, symlinks=True)
    with slurm(tmp_path / "slurm") as node:
        _disturb(folder, node)
        submitted = [name for _, name in queue(all_states=True)]
    assert digests(folder) == digests(peace)
    assert is_done(folder)
    times = read_json(folder / "timings" / timings_path(folder / MODEL).name)
    assert "train_seconds" not in times  # which a training that went on from a checkpoint does not know
    assert sum("train" in name for name in submitted) == 3  # Slurm started the third one twice by itself
    assert any("balance" in name and "split" in name for name in submitted)  # one job for both
    assert any("evaluate" in name and "labels" in name for name in submitted)


@pytest.mark.skipif(bool(accounting.why_not()), reason=accounting.why_not())
def test_jobs_are_charged_to_an_account_that_need_not_be_named(peace: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    shutil.copytree(peace, folder, symlinks=True)
    run_in(folder, "ferflow", "set", f"experiments.{NAME}.epochs.quick=1")
    one_is_named = ("--set-resources", f"train:slurm_account={accounting.ACCOUNT}")
    with slurm(tmp_path / "slurm", accounts=True):
        assert "Invalid account" in _submit("--account=nobodys").stderr
        run_in(folder, *ON_SLURM, "--slurm-status-command", "sacct", *one_is_named, "--", "all")
        submitted = queue(all_states=True)
        asked = {
            name.split("_")[1]: (field(job, "minmemory"), field(job, "timelimit")) for job, name in submitted
        }
        charged = accounting.jobs()
        accounting.close_account()
        assert "Invalid account" in _submit().stderr
    assert is_done(folder)
    assert [name.split("_")[1] for _, name in submitted] == ["train", "figures"]
    faces = read_json(folder / "results/audit.json")["faces"]
    memory = megabytes(NEEDS["train"], faces)
    assert memory > NEEDS["train"].megabytes
    assert asked["train"] == (f"{memory}M", "12:00:00")
    assert charged == {job: (accounting.ACCOUNT, "COMPLETED") for job, _ in submitted}


@pytest.fixture(scope="module")
def together(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy in which two processes of one machine have trained a network."""
    folder = tmp_path_factory.mktemp("together") / "copy"
    shutil.copytree(sources, folder, symlinks=True)
    run_in(folder, "ferflow", "set", f"experiments.{NAME}.epochs.quick=3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PROCESSES, "2")
        run_in(folder, "snakemake", "-j1", "--", str(FOLDER / "history.csv"))
    return folder


@pytest.fixture(scope="module")
def two_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep a Slurm of two nodes running."""
    with slurm(tmp_path_factory.mktemp("slurm") / "state", nodes=2):
        yield


@pytest.mark.usefixtures("two_nodes")
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
    nodes = {name.split("_")[1]: field(job, "numnodes") for job, name in _jobs_of(folder)}
    assert nodes == {"train": "2", "figures": "1"}
    dry_run = run_in(folder, "snakemake", "-n", *metrics)
    assert "Nothing to be done" in dry_run.stdout + dry_run.stderr
    for name in ("model.safetensors", "history.csv"):
        assert (folder / FOLDER / name).read_bytes() == (together / FOLDER / name).read_bytes()


@pytest.mark.usefixtures("two_nodes")
@pytest.mark.parametrize(
    ("variables", "nodes", "asked", "gpus"),
    [({}, "1", "tres-per-job", 1), ({NODES: "2", PROCESSES: "2"}, "2", "tres-per-node", 2)],
)
def test_slurm_gives_gpus_to_a_training_that_wants_them(
    variables: dict[str, str],
    nodes: str,
    asked: str,
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
    ((job, _),) = _jobs_of(folder)
    assert (field(job, "numnodes"), field(job, asked)) == (nodes, f"gres:gpu:{gpus}")
    # It got as far as PyTorch, which sees none of them.
    assert "no 'cuda' here" in (folder / f"logs/train/{NAME}-0.log").read_text()


def _submit(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sbatch", *options, "--wrap=true"], capture_output=True, text=True, check=False)


def _disturb(folder: Path, node: Node) -> None:
    """Run the pipeline, and cancel, stop and lose trainings."""
    with (
        (folder / "engine.log").open("wb") as log,
        subprocess.Popen(
            [*ON_SLURM, "--set-resources", "train:runtime=1", "--", "all"],
            cwd=folder,
            env=environment(folder),
            stdout=log,
            stderr=log,
        ) as engine,
    ):
        with contextlib.ExitStack() as stack:
            stack.callback(engine.kill)
            _wait_for(lambda: _checkpoint(folder), "a first checkpoint", engine)
            (first,) = [job for job, name in queue() if "train" in name]
            subprocess.run(["scancel", first], check=True)
            _wait_for(lambda: field(first, "state") == "CANCELLED", "the end of the first job", engine)

            _wait_for_more(folder, "a checkpoint of the second", engine)
            (second,) = [job for job, name in queue() if "train" in name]
            _training(folder).suspend()  # so that the minute passes without work
            _wait_for(
                lambda: field(second, "state") == "TIMEOUT", "the end of the second job's minute", engine
            )

            _wait_for_more(folder, "a checkpoint of the third", engine)
            (third,) = [job for job, name in queue() if "train" in name]
            subprocess.run(["scontrol", "update", f"job={third}", "timelimit=10"], check=True)  # enough
            node.lose()
            _wait_for(lambda: node.state().startswith("down"), "the node's loss", engine)
            node.start()
            _wait_for(lambda: field(third, "restartcnt") == "1", "the third job's second start", engine)
            stack.pop_all()
        assert engine.wait(300) == 0, (folder / "engine.log").read_text()[-3000:]


def _checkpoint(folder: Path) -> str:
    """Say which state the checkpoint is in; empty for none."""
    times = [str(file.stat().st_mtime_ns) for file in _checkpoints(folder)]
    return times[0] if times else ""


def _checkpoints(folder: Path) -> list[Path]:
    """List the checkpoints that are whole; the one that is being written has a dot before its name."""
    return list((folder / "checkpoints").glob("[!.]*.pt"))


def _wait_for_more(folder: Path, what: str, engine: subprocess.Popen[bytes]) -> None:
    """Wait for the checkpoint of a training that goes on, and is not begun anew."""
    written, epochs = _checkpoint(folder), _epochs(folder)
    _wait_for(lambda: _checkpoint(folder) not in ("", written), what, engine)
    assert _epochs(folder) > epochs, f"{what} knows nothing of the epochs before it"


def _epochs(folder: Path) -> int:
    """Count the epochs that the checkpoint has behind it."""
    (file,) = _checkpoints(folder)
    state = load_checkpoint(file)
    assert state is not None
    return len(state["history"])


def _training(folder: Path) -> psutil.Process:
    (process,) = [
        process
        for process in psutil.process_iter(["cmdline", "cwd"])
        if "workflow/scripts/train.py" in (process.info["cmdline"] or [])
        and process.info["cwd"] == str(folder)
    ]
    return process


def _wait_for(condition: Callable[[], object], what: str, engine: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert engine.poll() is None, f"Snakemake ended with {engine.returncode} before {what}"
        assert time.monotonic() < deadline, f"no sign of {what}"
        time.sleep(0.05)


def _jobs_of(folder: Path) -> list[tuple[str, str]]:
    """List the jobs that Snakemake has submitted from a folder."""
    return [(job, name) for job, name in queue(all_states=True) if field(job, "workdir") == str(folder)]
