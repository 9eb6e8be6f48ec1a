"""Where a network is trained: Lightning Fabric on a processor or on GPUs, in one process or several."""

import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from lightning_fabric import Fabric


def make_fabric(device: str, precision: str) -> "Fabric":
    """Make what moves a network and its batches to a device, and joins the processes that train it.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda", "mps"}
        ``auto`` takes a GPU where there is one.
    precision : {"float32", "bfloat16"}
        bfloat16 is mixed: weights and sums stay float32.

    Returns
    -------
    Fabric
        Launched: one process, or as many as torchrun started.
    """
    # They take a second to import, and predictions do without.
    from lightning_fabric import Fabric
    from lightning_fabric.plugins.environments.lightning import LightningEnvironment
    from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment

    logging.getLogger("lightning.fabric").setLevel(logging.WARNING)
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    several = "WORLD_SIZE" in os.environ
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    fabric = Fabric(
        accelerator=device,
        devices=processes,
        num_nodes=int(os.environ.get("WORLD_SIZE", "1")) // processes,
        strategy="ddp" if several else "auto",
        # Said, as in a job of Slurm it would be guessed that srun starts the processes.
        plugins=TorchElasticEnvironment() if several else LightningEnvironment(),
        precision="bf16-mixed" if precision == "bfloat16" else "32-true",
    )
    fabric.launch()
    if fabric.device.type == "cuda":
        use_repeatable_kernels()
    return fabric


def use_repeatable_kernels() -> None:
    """Let PyTorch take the kernels that give the same bytes in every run on one kind of GPU.

    It warns where it has none, and takes what it has. On a CPU the networks need no other.
    """
    import torch

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS asks for
    torch.backends.cudnn.benchmark = False  # would choose by the clock
    torch.use_deterministic_algorithms(True, warn_only=True)


def hardware_name(device: "torch.device") -> str:
    """Name a GPU and the libraries whose kernels it runs; empty for a processor and for Macs."""
    import torch

    if device.type != "cuda":
        return ""
    libraries = f"CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"
    return f"{torch.cuda.get_device_name(device)}, {libraries}, deterministic kernels"
