"""The optimizers of the networks, all of them PyTorch's own, over weights grouped as is usual."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from torch import Tensor, nn
from torch.optim import SGD, AdamW, Muon, Optimizer

# Muon's steps are orthogonal matrices, far longer than AdamW's at the same rate.
_ADAMW_SHARE = 0.15


class ConvolutionMuon(Muon):
    """PyTorch's Muon, which takes matrices, on the kernels of convolutions.

    A kernel (outputs, inputs, height, width) is seen as a matrix with a row for each output (Jordan et al.,
    "Muon: An optimizer for hidden layers in neural networks", 2024). The matrices share the kernels' memory.

    Parameters
    ----------
    kernels : sequence of Parameter of four dimensions
    learning_rate, weight_decay : float
    """

    def __init__(self, kernels: Sequence[nn.Parameter], *, learning_rate: float, weight_decay: float) -> None:
        self._kernels = list(kernels)
        self._matrices = [nn.Parameter(_matrix(kernel.detach(), kernel)) for kernel in self._kernels]
        super().__init__(self._matrices, lr=learning_rate, weight_decay=weight_decay)

    def step(self, closure: Any = None) -> Any:
        """Take one step with the kernels' gradients."""
        for kernel, matrix in zip(self._kernels, self._matrices, strict=True):
            matrix.grad = None if kernel.grad is None else _matrix(kernel.grad, kernel)
        return super().step(closure)  # type: ignore[no-untyped-call]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the kernels."""
        super().zero_grad(set_to_none)
        for kernel in self._kernels:
            kernel.grad = None


def _matrix(values: Tensor, kernel: Tensor) -> Tensor:
    """See values, laid out as a kernel or not, as a matrix with a row for each output.

    The columns stand in the order of the kernel's memory, so that the kernel itself needs no copy.
    """
    if not kernel.is_contiguous():  # channels last
        values = values.permute(0, 2, 3, 1)
    return values.reshape(len(values), -1)


def _sgd(network: nn.Module, learning_rate: float, weight_decay: float) -> list[Optimizer]:
    groups = _decay_groups(network.parameters(), weight_decay)
    return [SGD(groups, lr=learning_rate, momentum=0.9, nesterov=True)]


def _adamw(network: nn.Module, learning_rate: float, weight_decay: float) -> list[Optimizer]:
    return [AdamW(_decay_groups(network.parameters(), weight_decay), lr=learning_rate)]


def _muon(network: nn.Module, learning_rate: float, weight_decay: float) -> list[Optimizer]:
    parameters = list(network.parameters())
    kernels = [p for p in parameters if p.ndim == 4 and p.requires_grad]
    others = _decay_groups((p for p in parameters if p.ndim != 4), weight_decay)
    return [
        ConvolutionMuon(kernels, learning_rate=learning_rate, weight_decay=weight_decay),
        AdamW(others, lr=learning_rate * _ADAMW_SHARE),
    ]


#: By name: map a network, its learning rate and its weight decay to optimizers, all of which take each step.
OPTIMIZERS: dict[str, Callable[[nn.Module, float, float], list[Optimizer]]] = {
    "adamw": _adamw,  # Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019
    "sgd": _sgd,  # with Nesterov's momentum of 0.9
    "muon": _muon,  # for kernels; AdamW for what else there is
}


def _decay_groups(parameters: Iterable[nn.Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Decay weights but neither biases nor batch norms' scales, as is usual; leave out what is frozen."""
    trainable = [parameter for parameter in parameters if parameter.requires_grad]
    return [
        {"params": [p for p in trainable if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trainable if p.ndim <= 1], "weight_decay": 0.0},
    ]
