"""How many threads, and which precision: fixed before anything is computed, so that nothing else decides it.

Results may differ in the last digits between numbers of threads, and more between precisions. ``auto`` looks
at the processor only, never at what else runs, so that one machine always gives the same.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from threadpoolctl import threadpool_limits

_MOST_THREADS = 4  # what a training of faces this small can use
_CORES_PER_THREAD = 4  # several trainings run side by side: that serves more than threads within one
# Instructions of x86-64 (the first two) and of arm64 for bfloat16; without them it is emulated, slowly.
_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")


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


def resolve_precision(setting: Literal["auto", "float32", "bfloat16"]) -> str:
    """Settle the precision in which networks are trained.

    Parameters
    ----------
    setting : "auto", "float32" or "bfloat16"
        ``auto`` is bfloat16 where the processor has instructions for it and PyTorch uses them (oneDNN; builds
        for macOS lack it), else float32. Only ``auto`` imports PyTorch.

    Returns
    -------
    {"float32", "bfloat16"}
    """
    if setting != "auto":
        return setting
    import torch

    capabilities = torch.cpu.get_capabilities()
    fast = torch.backends.mkldnn.is_available() and any(capabilities.get(name) for name in _BFLOAT16)
    return "bfloat16" if fast else "float32"
