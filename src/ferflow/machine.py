"""How many threads, which device, which precision: fixed before anything is computed.

Results may differ in the last digits between numbers of threads, and more between devices and precisions.
``auto`` looks at the machine only, never at what else runs, so that one machine always gives the same.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from threadpoolctl import threadpool_limits

from ferflow.errors import InputError

_MOST_THREADS = 4  # what a training of faces this small can use
_CORES_PER_THREAD = 4  # several trainings run side by side: that serves more than threads within one
# Instructions of x86-64 (the first two) and of arm64 for bfloat16; without them it is emulated, slowly.
_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")


@dataclass(frozen=True)
class Device:
    """Where networks are trained.

    Attributes
    ----------
    name : {"cpu", "cuda", "mps"}
    precision : {"float32", "bfloat16"}
    """

    name: str
    precision: str


@contextmanager
def limited_threads(count: int) -> Iterator[None]:
    """Let BLAS, OpenMP and (where it has been imported) PyTorch use so many threads.

    Parameters
    ----------
    count : int
        How many.
    """
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
    with threadpool_limits(count):
        yield


def resolve_threads(setting: int | Literal["auto"]) -> int:
    """Settle the number of threads of a job.

    Parameters
    ----------
    setting : int or "auto"
        ``auto`` is one thread for every four physical cores that this process may use, from one to four.

    Returns
    -------
    int
        At least 1.
    """
    if setting != "auto":
        return setting
    from joblib import cpu_count

    result: int = min(_MOST_THREADS, max(1, cpu_count(only_physical_cores=True) // _CORES_PER_THREAD))
    return result


def resolve_device(
    device: Literal["auto", "cpu", "cuda", "mps"], precision: Literal["auto", "float32", "bfloat16"]
) -> Device:
    """Settle where and in which precision networks are trained.

    Parameters
    ----------
    device : "auto", "cpu", "cuda" or "mps"
        ``auto`` is ``cuda`` where PyTorch sees it, else ``cpu``; ``mps``, never tried, must be named.
    precision : "auto", "float32" or "bfloat16"
        ``auto`` is bfloat16 on a GPU that has it, and on a processor that has instructions for it if PyTorch
        uses them (oneDNN; builds for macOS lack it); else float32. Only ``auto`` imports PyTorch.

    Returns
    -------
    Device

    Raises
    ------
    InputError
        If PyTorch sees no such device.
    """
    if device == "cpu" and precision != "auto":
        return Device(device, precision)
    import torch

    available = ["cpu"]
    available += ["cuda"] if torch.cuda.is_available() else []
    available += ["mps"] if torch.backends.mps.is_available() else []
    if device not in ("auto", *available):
        raise InputError(
            f"params.yaml: device: PyTorch sees no '{device}' here, only {' and '.join(available)}; "
            "set it to auto"
        )
    name = ("cuda" if "cuda" in available else "cpu") if device == "auto" else device
    if precision == "auto":
        precision = "bfloat16" if has_fast_bfloat16(name) else "float32"
    return Device(name, precision)


def has_fast_bfloat16(device: str) -> bool:
    """Tell whether a device computes in bfloat16, and does not emulate it with what it has.

    Parameters
    ----------
    device : {"cpu", "cuda", "mps"}

    Returns
    -------
    bool
    """
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device == "mps":
        return False
    capabilities = torch.cpu.get_capabilities()
    return torch.backends.mkldnn.is_available() and any(capabilities.get(name) for name in _BFLOAT16)
