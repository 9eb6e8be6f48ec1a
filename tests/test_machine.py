"""Threads, device and precision: what is set is taken, and ``auto`` looks at the machine alone."""

import subprocess
import sys
from typing import Any

import pytest

from ferflow.errors import InputError
from ferflow.machine import Device, limited_threads, resolve_device, resolve_threads


@pytest.mark.parametrize("count", [1, 2])  # not what the tests have set anyway
def test_threads_are_limited_for_as_long_as_asked(count: int) -> None:
    import torch
    from threadpoolctl import threadpool_info

    of_torch = torch.get_num_threads()
    before = [pool["num_threads"] for pool in threadpool_info()]
    with limited_threads(count):
        assert torch.get_num_threads() == count
        assert {pool["num_threads"] for pool in threadpool_info()} == {count}
    torch.set_num_threads(of_torch)
    assert [pool["num_threads"] for pool in threadpool_info()] == before


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (7, 1), (8, 2), (12, 3), (16, 4), (128, 4)])
def test_auto_threads_leave_cores_to_other_jobs(
    cores: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("joblib.cpu_count", lambda only_physical_cores: cores)
    assert resolve_threads("auto") == threads
    assert resolve_threads(7) == 7


@pytest.mark.parametrize(
    ("capabilities", "one_dnn", "precision"),
    [
        ({"architecture": "x86_64", "avx2": True, "avx512_bf16": False, "amx_bf16": False}, True, "float32"),
        ({"architecture": "x86_64", "avx512_bf16": True, "amx_bf16": False}, True, "bfloat16"),
        ({"architecture": "x86_64", "amx_bf16": True}, True, "bfloat16"),
        ({"architecture": "aarch64", "neon": True, "bf16": True}, True, "bfloat16"),
        ({"architecture": "aarch64", "neon": True, "bf16": True}, False, "float32"),  # macOS
        ({"architecture": "aarch64", "neon": True}, True, "float32"),
    ],
)
def test_auto_precision_is_what_the_processor_is_fast_in(
    capabilities: dict[str, Any], one_dnn: bool, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: capabilities)
    monkeypatch.setattr("torch.backends.mkldnn.is_available", lambda: one_dnn)
    assert resolve_device("cpu", "auto") == Device("cpu", precision)


def test_what_is_set_is_taken_and_flat_models_do_without_torch() -> None:
    code = (
        "import sys\n"
        "from ferflow.machine import *\n"
        "assert resolve_device('cpu', 'bfloat16') == Device('cpu', 'bfloat16')\n"
        "assert resolve_threads('auto') >= 1\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_device_that_is_not_there_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(InputError, match=r"PyTorch sees no 'cuda' here, only cpu.*; set it to auto"):
        resolve_device("cuda", "float32")


def test_auto_takes_a_gpu_in_its_fast_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    for has_bfloat16, precision in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda *, including_emulation, h=has_bfloat16: h)
        assert resolve_device("auto", "auto") == Device("cuda", precision)
    assert resolve_device("cpu", "float32") == Device("cpu", "float32")


def test_what_is_named_stays_where_auto_would_take_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda *, including_emulation: True)
    assert resolve_device("cpu", "auto").name == "cpu"
    assert resolve_device("auto", "float32") == Device("cuda", "float32")
    assert resolve_device("cuda", "float32") == Device("cuda", "float32")


def test_a_gpu_that_only_emulates_bfloat16_is_not_fast_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda *, including_emulation: including_emulation)
    assert resolve_device("cuda", "auto") == Device("cuda", "float32")


def test_apples_gpu_is_taken_by_name_alone_and_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    monkeypatch.setattr("torch.backends.mkldnn.is_available", lambda: True)
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"bf16": True})
    assert resolve_device("auto", "auto") == Device("cpu", "bfloat16")
    assert resolve_device("mps", "auto") == Device("mps", "float32")
