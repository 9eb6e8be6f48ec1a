"""One GPU for each job, on a machine that only seems to have some."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from ferflow.engines.gpus import VISIBLE, claim_gpu, visible_gpus

CLAIM = (
    "import os, sys; from ferflow.engines.gpus import claim_gpu; os.write(1, b'asks\\n'); "
    "print(claim_gpu('auto'), os.environ.get('CUDA_VISIBLE_DEVICES'), flush=True); sys.stdin.readline()"
)


@pytest.fixture
def two_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an nvidia-smi on PATH that knows two GPUs."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nprintf '0\\n1\\n'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delenv(VISIBLE, raising=False)
    monkeypatch.delenv("LOCAL_RANK", raising=False)


def job() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CLAIM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def claimed(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    return claimed(process) if line == "asks" else line


@pytest.mark.usefixtures("two_gpus")
def test_jobs_at_a_time_have_a_gpu_each_and_a_third_waits() -> None:
    with job() as first, job() as second:
        try:
            assert {claimed(first), claimed(second)} == {"0 0", "1 1"}
            with job() as third:
                assert third.stdout is not None
                assert os.read(third.stdout.fileno(), 100) == b"asks\n"  # and nothing more
                answered, _, _ = select.select([third.stdout], [], [], 2)
                assert not answered
                first.kill()  # a killed job gives its GPU back
                assert claimed(third) in ("0 0", "1 1")
                third.communicate("\n")
        finally:
            first.kill()
            second.kill()


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_other_devices_take_none(device: str) -> None:
    assert claim_gpu(device) is None


@pytest.mark.usefixtures("two_gpus")
def test_what_a_scheduler_or_torchrun_gave_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, "3")
    assert claim_gpu("cuda") is None
    assert visible_gpus() == ["3"]
    monkeypatch.setenv(VISIBLE, "")
    assert claim_gpu("auto") is None
    monkeypatch.delenv(VISIBLE)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert claim_gpu("auto") is None


def test_without_nvidia_smi_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(VISIBLE, raising=False)
    assert visible_gpus() == []
