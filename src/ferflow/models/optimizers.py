"""The optimizers of the networks, all of them PyTorch's own, over weights grouped as is usual."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, cast

from torch import Tensor, nn
from torch.optim import SGD, AdamW, Muon, Optimizer
from torch.overrides import TorchFunctionMode

from ferflow.machine import has_fast_bfloat16

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
        is_fast = has_fast_bfloat16(self._kernels[0].device.type)
        with nullcontext() if is_fast else _InFloat32():
            return super().step(closure)  # type: ignore[no-untyped-call]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the kernels."""
        super().zero_grad(set_to_none)
        for kernel in self._kernels:
            kernel.grad = None


class _InFloat32(TorchFunctionMode):
    """Leaves out conversions to bfloat16.

    Muon asks for one wherever it runs. A processor without instructions for it emulates them, and three
    quarters of a training step would be Muon's.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call what PyTorch calls, but copy where it would convert."""
        return args[0].clone() if func is Tensor.bfloat16 else func(*args, **(kwargs or {}))


def _matrix(values: Tensor, kernel: Tensor) -> Tensor:
    """See values, laid out as a kernel or not, as a matrix with a row for each output.

    The columns stand in the order of the kernel's memory, so that the kernel itself needs no copy.
    """
    if not kernel.is_contiguous():  # channels last
        values = values.permute(0, 2, 3, 1)
    return values.reshape(len(values), -1)


@dataclass(frozen=True)
class Layer:
    """Weights that learn at one rate.

    Attributes
    ----------
    parameters : list of Parameter
    learning_rate : float
    """

    parameters: list[nn.Parameter]
    learning_rate: float


class Layered(Protocol):
    """A network that knows the order of its layers."""

    def layers(self) -> list[list[nn.Parameter]]:
        """List the parameters of each layer, from the last back to the first."""


def make_optimizers(
    name: str, network: nn.Module, *, learning_rate: float, weight_decay: float, layer_decay: float = 1.0
) -> list[Optimizer]:
    """Make the optimizers of a network, all of which take each step.

    Parameters
    ----------
    name : str
        Of :data:`OPTIMIZERS`.
    network : Module
        With a ``layer_decay`` of less than 1, a :class:`Layered` one.
    learning_rate, weight_decay : float
    layer_decay : float, default=1
        Learning rate of a layer as a share of that of the layer behind it: what a pretrained network saw
        first, edges and textures, changes least (Howard & Ruder, "Universal Language Model Fine-tuning for
        Text Classification", ACL 2018, section 3.2).

    Returns
    -------
    list of Optimizer
        The first group of the first has the highest learning rate.
    """
    alike = layer_decay == 1.0
    layers = [list(network.parameters())] if alike else cast(Layered, network).layers()
    rated = [
        Layer([p for p in parameters if p.requires_grad], learning_rate * layer_decay**depth)
        for depth, parameters in enumerate(layers)
    ]
    return OPTIMIZERS[name]([layer for layer in rated if layer.parameters], weight_decay)


def _sgd(layers: Sequence[Layer], weight_decay: float) -> list[Optimizer]:
    return [SGD(_decay_groups(layers, weight_decay), momentum=0.9, nesterov=True)]


def _adamw(layers: Sequence[Layer], weight_decay: float) -> list[Optimizer]:
    return [AdamW(_decay_groups(layers, weight_decay))]


def _muon(layers: Sequence[Layer], weight_decay: float) -> list[Optimizer]:
    kernels = [Layer([p for p in layer.parameters if p.ndim == 4], layer.learning_rate) for layer in layers]
    others = [
        Layer([p for p in layer.parameters if p.ndim != 4], layer.learning_rate * _ADAMW_SHARE)
        for layer in layers
    ]
    return [
        *(
            ConvolutionMuon(layer.parameters, learning_rate=layer.learning_rate, weight_decay=weight_decay)
            for layer in kernels
            if layer.parameters
        ),
        AdamW(_decay_groups(others, weight_decay)),
    ]


#: By name: map layers, from the last back, and a weight decay to optimizers, all of which take each step.
OPTIMIZERS: dict[str, Callable[[Sequence[Layer], float], list[Optimizer]]] = {
    "adamw": _adamw,  # Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019
    "sgd": _sgd,  # with Nesterov's momentum of 0.9
    "muon": _muon,  # for kernels; AdamW for what else there is
}


def _decay_groups(layers: Sequence[Layer], weight_decay: float) -> list[dict[str, Any]]:
    """Decay weights but neither biases nor batch norms' scales, as is usual."""
    return [
        {"params": parameters, "weight_decay": decay, "lr": layer.learning_rate}
        for layer in layers
        for parameters, decay in (
            ([p for p in layer.parameters if p.ndim > 1], weight_decay),
            ([p for p in layer.parameters if p.ndim <= 1], 0.0),
        )
    ]
