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
    "print(claim_gpu(sys.argv[1]), os.environ.get('CUDA_VISIBLE_DEVICES'), flush=True); sys.stdin.readline()"
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


def job(device: str = "auto") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CLAIM, device], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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
def test_a_gpu_that_params_yaml_names_is_claimed_too_in_a_folder_of_this_user(tmp_path: Path) -> None:
    with job("cuda") as process:
        assert claimed(process) == "0 0"
        process.communicate("\n")
    assert (tmp_path / f"ferflow-gpus-{os.getuid()}").stat().st_mode & 0o777 == 0o700


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


def test_a_list_of_gpus_may_have_spaces_and_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, "2, GPU-5f1d,")
    assert visible_gpus() == ["2", "GPU-5f1d"]


@pytest.mark.usefixtures("two_gpus")
def test_what_an_nvidia_smi_without_driver_says_is_no_gpu(tmp_path: Path) -> None:
    program = tmp_path / "bin/nvidia-smi"
    program.write_text("#!/bin/sh\necho NVIDIA-SMI has failed\nexit 9\n")
    assert visible_gpus() == []


def test_without_nvidia_smi_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(VISIBLE, raising=False)
    assert visible_gpus() == []
