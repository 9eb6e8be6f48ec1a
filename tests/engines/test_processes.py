"""One training in several processes, inside the job that an engine runs."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ferflow.engines import script
from ferflow.engines.processes import NODES, PROCESSES, start_processes
from ferflow.engines.records import write_record
from ferflow.engines.stages import Job
from ferflow.errors import InputError
from ferflow.files import write_text
from ferflow.params import load

ROOT = Path(__file__).parents[2]

#: Without line ends of its own: those of two processes may come between each other's words.
SCRIPT = (
    "import os, sys; from ferflow.engines.processes import start_processes; start_processes(); "
    'os.write(1, f\'{os.environ.get("RANK")} of {os.environ.get("WORLD_SIZE")}: {sys.argv[1]}\\n\'.encode())'
)


@pytest.mark.parametrize(
    ("processes", "said"), [("2", ["0 of 2: --seed", "1 of 2: --seed"]), ("1", ["None of None: --seed"])]
)
def test_a_script_goes_on_in_as_many_processes_as_are_named(
    processes: str, said: list[str], tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py"), "--seed"],
        env=os.environ | {PROCESSES: processes},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert sorted(done.stdout.splitlines()) == said


@pytest.mark.parametrize("variable", [PROCESSES, NODES])
@pytest.mark.parametrize("count", ["", "0", "-1", "four", "²"])
def test_what_is_no_number_is_refused(variable: str, count: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, count)
    with pytest.raises(InputError, match=f"{variable}: must be a number"):
        start_processes()


def test_several_nodes_outside_of_slurm_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NODES, "2")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(InputError, match=r"FERFLOW_NODES: .* --workflow-profile profiles/slurm"):
        start_processes()


def test_a_head_node_where_salloc_was_called_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "srun").write_text("#!/bin/sh\n")
    (tmp_path / "srun").chmod(0o755)
    for name, value in ((NODES, "2"), ("SLURM_JOB_ID", "7"), ("PATH", str(tmp_path))):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SLURMD_NODENAME", raising=False)
    with pytest.raises(InputError, match="none of the nodes of Slurm's job 7"):
        start_processes()


def test_srun_starts_torchrun_on_each_node_and_all_meet_where_it_was_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "srun").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "srun").chmod(0o755)
    job = {
        "SLURM_JOB_ID": "7",
        "SLURMD_NODENAME": "node1",
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py"), "--seed"],
        env=os.environ | job | {NODES: "2", PROCESSES: "3"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert "--nodes=2 --ntasks=2" in done.stdout
    assert "--nnodes 2" in done.stdout
    assert "--nproc-per-node 3" in done.stdout
    assert f"--rdzv-endpoint {socket.gethostname()}:" in done.stdout
    assert done.stdout.endswith("script.py --seed\n")


@pytest.mark.parametrize(("experiment", "starts"), [("cnn", 1), ("softmax", 0)])
def test_the_training_of_a_network_alone_is_divided(
    experiment: str, starts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(ROOT / "params.yaml", "params.yaml")
    job = Job("train", experiment, 0)
    for maker, artifacts in job.needs(load()).items():
        for artifact in artifacts:
            write_text(artifact, "rows")
        write_record(maker.record, artifacts)
    calls: list[str] = []
    monkeypatch.setattr(script, "start_processes", lambda: calls.append("starts"))

    def main(context: script.Context) -> None:
        calls.append("trains")
        for artifact in context.job.artifacts():
            write_text(artifact, "trained")

    with pytest.raises(SystemExit) as end:
        script.run_stage("train", main, None, ["--experiment", experiment, "--seed", "0"])
    assert end.value.code == 0
    assert calls == ["starts"] * starts + ["trains"]
