"""A GPU of its own for each job of a machine that has several.

Snakemake counts GPUs (``--resources gpu=4``) and DVC does not, but neither says which one a job may use
(snakemake#281); without this all jobs would take the first. A scheduler that names them, as Slurm does, is
left alone.
"""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from filelock import FileLock, Timeout

VISIBLE = "CUDA_VISIBLE_DEVICES"
_PAUSE = 0.5  # seconds between two looks at GPUs that are all taken
_claims: list[FileLock] = []  # held until the process ends, however it ends


def claim_gpu(device: str) -> str | None:
    """Take a GPU that no other job of this user has on this machine; wait for one if all are taken.

    To be called before CUDA is initialized, which reads ``CUDA_VISIBLE_DEVICES`` but once.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda", "mps"}
        Of ``params.yaml``.

    Returns
    -------
    str or None
        Its number, now in ``CUDA_VISIBLE_DEVICES``; None where there is nothing to choose: no NVIDIA GPU or a
        single one, a device that is no GPU, processes that torchrun has started and that have one each.
    """
    if device not in ("auto", "cuda") or "LOCAL_RANK" in os.environ:
        return None
    gpus = visible_gpus()
    if len(gpus) < 2:
        return None
    folder = Path(tempfile.gettempdir()) / f"ferflow-gpus-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    while True:
        for gpu in gpus:
            claim = FileLock(folder / f"{gpu}.lock")
            try:
                claim.acquire(timeout=0)
            except Timeout:
                continue
            _claims.append(claim)
            os.environ[VISIBLE] = gpu
            return gpu
        time.sleep(_PAUSE)


def visible_gpus() -> list[str]:
    """List the GPUs that this process may use: numbers, or whatever ``CUDA_VISIBLE_DEVICES`` calls them."""
    named = os.environ.get(VISIBLE)
    if named is not None:
        return [gpu.strip() for gpu in named.split(",") if gpu.strip()]
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=index", "--format=csv,noheader"]
    done = subprocess.run(query, capture_output=True, text=True, check=False)
    return done.stdout.split() if done.returncode == 0 else []
