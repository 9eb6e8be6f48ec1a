"""The layers of a network as a table."""

import torch
from torch import Tensor, nn

from ferflow.models.heads import CosineLinear
from ferflow.studies.explain.description import LayerRow


def architecture(network: nn.Module, size: int) -> list[LayerRow]:
    """List the layers with weights, each with the normalisation that follows it.

    Outputs are for one face of ``size`` x ``size`` pixels.
    """
    rows: list[LayerRow] = []

    def enter(module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        count = sum(parameter.numel() for parameter in module.parameters(recurse=False))
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            rows[-1] = rows[-1].model_copy(update={"parameters": rows[-1].parameters + count})
        else:
            shape = " x ".join(str(length) for length in output.shape[1:])
            rows.append(LayerRow(layer=describe(module), output=shape, parameters=count))

    kinds = (nn.Conv2d, nn.Linear, CosineLinear, nn.BatchNorm1d, nn.BatchNorm2d)
    hooks = [m.register_forward_hook(enter) for m in network.modules() if isinstance(m, kinds)]
    try:
        with torch.no_grad():
            network(torch.zeros(1, size, size))
    finally:
        for hook in hooks:
            hook.remove()
    return rows


def describe(module: nn.Module) -> str:
    """Say in a few words what a convolution, a linear layer or one of cosines does.

    Parameters
    ----------
    module : Conv2d, Linear or CosineLinear

    Returns
    -------
    str
    """
    if isinstance(module, nn.Conv2d):
        height, width = module.kernel_size
        step = f", stride {module.stride[0]}" if module.stride[0] > 1 else ""
        depthwise = "depthwise " if module.groups > 1 else ""
        channels = f"{module.in_channels} to {module.out_channels}"
        return f"{depthwise}convolution {height} x {width}{step}, {channels}"
    if isinstance(module, CosineLinear):
        classes, features = module.weight.shape
        return f"scaled cosines, {features:,} to {classes:,}"
    assert isinstance(module, nn.Linear)
    return f"fully connected, {module.in_features:,} to {module.out_features:,}"
