"""What the filters of a layer look for, and how they respond to a face.

References
----------
Erhan, Bengio, Courville & Vincent, "Visualizing higher-layer features of a deep network", 2009: the input
that most excites a unit, by gradient ascent. Simonyan, Vedaldi & Zisserman, "Deep inside convolutional
networks", 2014: with decay. Yosinski et al., "Understanding neural networks through deep visualization",
2015: and blur. Responses are captum's layer activations (Kokhlikyan et al., 2020).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import LayerActivation
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

from ferflow.studies.explain.architecture import describe

MOST_FILTERS = 32  # as many as can be told apart in one figure
_WIDTHS = range(16, MOST_FILTERS + 1)
_GREY = 127.5


@dataclass(frozen=True)
class Layer:
    """Filters (or units) of one layer of a network.

    Attributes
    ----------
    name : str
        Of the layer among the network's modules.
    kind : str
        What it does, in a few words.
    output : nn.Module
        The module that gives their value before the ReLU, shape (n, filters, ...).
    filters : int64 array
        Which of them are shown.
    count : int
        How many there are.
    convolutional : bool
        Whether they have a value at every place.
    """

    name: str
    kind: str
    output: nn.Module
    filters: NDArray[np.int64]
    count: int
    convolutional: bool


def choose_layer(network: nn.Module) -> Layer:
    """Choose the layer to show.

    Of a convolutional network it is the first convolution with 16 to 32 filters that has more than its first
    one (what that sees are edges); without such a one, the second. Of a fully connected network it is the
    first layer. At most 32 filters are shown: those whose weights have the greatest norm.

    Parameters
    ----------
    network : nn.Module

    Returns
    -------
    Layer
    """
    modules = list(network.named_modules())
    convolutions = [entry for entry in modules if isinstance(entry[1], nn.Conv2d) and entry[1].groups == 1]
    if convolutions:
        fewest = convolutions[0][1].out_channels
        wider = [e for e in convolutions if e[1].out_channels in _WIDTHS and e[1].out_channels > fewest]
        name, layer = next(iter(wider), convolutions[min(1, len(convolutions) - 1)])
    else:
        name, layer = next(entry for entry in modules if isinstance(entry[1], nn.Linear))
    following = modules[[module for _, module in modules].index(layer) + 1 :]
    has_normalisation = following and isinstance(following[0][1], (nn.BatchNorm1d, nn.BatchNorm2d))
    norm = layer.weight.detach().flatten(1).norm(dim=1).numpy()
    strongest = np.argsort(-norm, kind="stable")[:MOST_FILTERS]
    return Layer(
        name,
        describe(layer),
        following[0][1] if has_normalisation else layer,
        np.sort(strongest),
        len(norm),
        bool(convolutions),
    )


def exciting_inputs(
    network: nn.Module, layer: Layer, size: int, *, seed: int, steps: int = 120, step: float = 6.0
) -> NDArray[np.float32]:
    """Find by gradient ascent the face that most excites each filter of a layer.

    What is raised is the filter's value before the ReLU, averaged over all places; a filter that is silent at
    the start has a gradient that way. Each step is ``step`` grey levels in root mean square, then the input
    decays towards grey by 2% and is blurred slightly, so that the network's taste shows and not its noise.

    Parameters
    ----------
    network : nn.Module
        From faces (n, height, width) to logits, in evaluation mode.
    layer : Layer
        What :func:`choose_layer` chose.
    size : int
        Side of the faces in pixels.
    seed : int
        Of the faint noise that the ascent starts from.
    steps : int, default=120
        Number of steps.
    step : float, default=6.0
        Their length.

    Returns
    -------
    float32 array of shape (filters, size, size)
        0 to 255.
    """
    rng = np.random.default_rng(seed)
    start = _GREY + rng.normal(0.0, 8.0, (len(layer.filters), size, size))
    x = torch.from_numpy(start.astype(np.float32))
    each_its_filter = torch.arange(len(layer.filters)), torch.from_numpy(layer.filters)
    for _ in range(steps):
        x.requires_grad_(True)
        with _outputs_of(layer.output) as values:
            network(x)
        excitement = values[0].flatten(2).mean(2) if layer.convolutional else values[0]
        (gradient,) = torch.autograd.grad(excitement[each_its_filter].sum(), x)
        length = gradient.square().mean((1, 2), keepdim=True).sqrt()
        x = x.detach() + step * gradient / (length + 1e-12)
        x = _blur(_GREY + 0.98 * (x - _GREY)).clamp(0, 255)
    return x.numpy()


def responses(network: nn.Module, layer: Layer, face: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Compute how the filters of a layer respond to one face (height, width), after the ReLU.

    Parameters
    ----------
    network : nn.Module
    layer : Layer
    face : uint8 array of shape (height, width)

    Returns
    -------
    float32 array
        Of shape (filters, h, w) of a convolution, (filters,) of a fully connected layer.
    """
    activation = LayerActivation(network, layer.output).attribute(
        torch.from_numpy(face[None].astype(np.float32))
    )
    result: NDArray[np.float32] = activation[0].detach().clamp(min=0).numpy()[layer.filters]
    return result


@contextmanager
def _outputs_of(module: nn.Module) -> Iterator[list[Tensor]]:
    """Collect what a module gives; cloned, as the ReLU after it works in place."""
    values: list[Tensor] = []
    hook = module.register_forward_hook(lambda _module, _inputs, output: values.append(output.clone()))
    try:
        yield values
    finally:
        hook.remove()


def _blur(x: Tensor) -> Tensor:
    """Smooth (n, height, width) by a 3 x 3 kernel, edges repeated."""
    line = torch.tensor([0.1, 0.8, 0.1])
    kernel = (line[:, None] * line)[None, None]
    return conv2d(pad(x[:, None], (1, 1, 1, 1), mode="replicate"), kernel)[:, 0]
