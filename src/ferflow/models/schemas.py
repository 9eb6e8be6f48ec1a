"""The hyperparameters of each model, as ``params.yaml`` may give them; a new model is a schema here."""

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from ferflow import remedies  # noqa: F401  # registers the losses
from ferflow.models.augmentation import Augmentation
from ferflow.models.registry import ModelSchema, register_model
from ferflow.models.retraining import Retraining
from ferflow.remedies.registry import LOSSES, Loss, make_loss
from ferflow.schema import NonNegative, Positive, Rate, Share, Width, one_of


def _named(loss: Any) -> Any:
    """Read ``loss: focal`` as ``loss: {name: focal}``."""
    return {"name": loss} if isinstance(loss, str) else loss


if TYPE_CHECKING:
    NetworkLoss = Loss
else:
    NetworkLoss = Annotated[
        one_of(LOSSES.values()),
        BeforeValidator(_named, json_schema_input_type=Literal[tuple(LOSSES)] | one_of(LOSSES.values())),
    ]


class _GradientDescent(ModelSchema):
    is_linear = True
    solver: Literal["gd", "minibatch", "lbfgs"] = "minibatch"
    """Full-batch descent, mini-batch descent, or L-BFGS."""
    learning_rate: Rate = 0.01
    """Learning rate of the first step."""
    gradient: Literal["mean", "sum"] = "mean"
    """Whether the loss's gradient is averaged over the rows or summed."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """Schedule of the learning rate."""
    l2: NonNegative = 0.1
    """Strength of the penalty on the weights."""
    l2_in_gradient: bool = True
    """False leaves the penalty out of the gradient, as a published system does."""
    batch_size: Positive = 128
    """Rows per step, for ``solver: minibatch``."""
    momentum: Share = 0.0
    """Share of the last step that is added to the next."""
    init: Literal["zeros", "normal"] = "zeros"
    """Weights before the first step."""
    fit_intercept: bool = True
    """Whether the model has a bias."""
    standardize: bool = True
    """Whether each pixel is first scaled to mean 0 and deviation 1."""
    pixel_scale: Annotated[float, Field(gt=0)] = 1.0
    """Without ``standardize``, pixels are divided by this; 255 scales them to 0..1."""
    record_every: Positive = 1
    """Epochs between rows of the history."""
    record_thin_after: Positive | None = None
    """Epoch after which rows of the history are at least one percent apart; empty: never."""


@register_model("ferflow.models.logistic:LogisticClassifier", title="logistic")
class Logistic(_GradientDescent):
    """Logistic regression for two classes."""

    two_classes_only = True
    default_epochs: ClassVar = {"quick": 30, "full": 100}
    name: Literal["logistic"]


@register_model("ferflow.models.softmax:SoftmaxClassifier", title="softmax")
class Softmax(_GradientDescent):
    """Multinomial logistic regression."""

    default_epochs: ClassVar = {"quick": 30, "full": 60}
    name: Literal["softmax"]


@register_model("ferflow.models.kmeans:KMeansClassifier", title="k-means")
class KMeans(ModelSchema):
    """k-means on principal components, with clusters mapped to expressions."""

    name: Literal["kmeans"]
    n_components: Positive = 50
    """Number of principal components."""
    n_clusters: Positive = 7
    """Number of clusters."""
    mapping: Literal["majority", "one-to-one"] = "majority"
    """How clusters are mapped to expressions."""
    n_init: Positive = 4
    """Number of starts, of which the best counts."""


#: Faces per step where a batch norm sees one value of each face: a single face has no deviation, and one step
#: may have a face fewer than another.
NormalisedBatch = Annotated[int, Field(ge=3, le=10**9)]


class NetworkSchema(ModelSchema):
    """Parameters of every network; see :class:`ferflow.models.network.NetworkClassifier`."""

    is_network = True
    default_epochs: ClassVar = {"quick": 7, "full": 20}
    loss: NetworkLoss = make_loss("cross-entropy")
    """The loss's name, or its name and parameters."""
    learning_rate: Rate = 0.01
    """Peak of the learning-rate schedule."""
    weight_decay: NonNegative = 0.05
    """Weight decay, decoupled from the gradient; with ``sgd``, added to it."""
    batch_size: Positive = 128
    """Faces per step."""
    ema: Share = 0.998
    """Decay of the moving average of the weights, which is what is evaluated; 0: no average."""
    jitter: Annotated[int, Field(ge=0, le=512)] = 4
    """Largest shift, in pixels; a face is shifted and flipped at random each time it is seen."""
    augmentation: Augmentation | None = None
    """Further changes of the faces; empty: none."""
    first_side: Annotated[int, Field(ge=16, le=512)] | None = None
    """Pixels per side at the start of training, growing to the faces' own size; empty: no growth."""
    optimizer: Literal["adamw", "sgd", "muon"] = "adamw"
    """AdamW, SGD with momentum, or Muon."""
    self_distillation: Share = 0.0
    """Share of the loss, at the end of training, that comes from the moving average's predictions."""
    members: Annotated[int, Field(ge=1, le=100)] = 1
    """Number of networks that are trained, each with its own seed, and whose probabilities are averaged."""
    distillation: Share = 0.0
    """Share of the loss of one more network that comes from the members' predictions; only it is kept."""
    flip_average: bool = False
    """Whether a prediction is the mean over the face and its mirror image."""
    scale_average: list[Annotated[float, Field(ge=0.5, le=2)]] = Field([])
    """Further sizes of the face over which a prediction is averaged: 1.04 for 4% larger."""
    retrain: Retraining | None = None
    """How the last layer is trained anew on balanced batches; empty: it is not."""

    @property
    def networks(self) -> int:
        """Networks that a trained model consists of."""
        return 1 if self.distillation > 0 else self.members


@register_model("ferflow.models.cnn:CNNClassifier", title="CNN")
class CNN(NetworkSchema):
    """A convolutional network; see :class:`ferflow.models.cnn.CNNClassifier`."""

    supports_bfloat16 = True
    name: Literal["cnn"]
    dropout: Share = 0.2
    """Dropout before the last layer."""
    widths: Annotated[list[Width], Field(min_length=2)] = Field([16, 32, 64, 128])
    """Channels of each stage."""

    def check_side(self, side: int) -> None:
        """Raise ValueError if halving the faces for each width leaves nothing of them."""
        smallest = min(side, self.first_side or side)
        most = (smallest + 1).bit_length() - 1  # the stem rounds up, the others down
        if len(self.widths) > most:
            size = "image_size" if smallest == side else "first_side"
            raise ValueError(
                f"widths {self.widths} halve a face {len(self.widths)} times, and {size} {smallest} allows "
                f"{most}; give fewer widths, or a greater {size}"
            )


@register_model("ferflow.models.resnet:ResNetClassifier", title="ResNet")
class ResNet(NetworkSchema):
    """A residual network; see :class:`ferflow.models.resnet.ResNetClassifier`."""

    supports_bfloat16 = True
    name: Literal["resnet"]
    widths: Annotated[list[Width], Field(min_length=1)] = Field([32, 64, 128, 256])
    """Channels of each stage."""
    blocks: Annotated[list[Annotated[int, Field(ge=0, le=100)]], Field(min_length=1)] = Field([1, 1, 1, 1])
    """Residual blocks of each stage."""
    dropout: Share = 0.2
    """Dropout before the last layer."""
    stochastic_depth: Share = 0.0
    """Probability that the last block is left out in training; for earlier blocks proportionally less."""
    stem_width: Annotated[int, Field(ge=0, le=8192)] = 0
    """Channels of a convolution at the face's own resolution, before it is halved; 0: no such layer."""

    @model_validator(mode="after")
    def _stages_have_width_and_depth(self) -> "ResNet":
        if len(self.widths) != len(self.blocks):
            raise ValueError(f"{len(self.widths)} widths but {len(self.blocks)} numbers of blocks")
        return self


@register_model("ferflow.models.dnn:DNNClassifier", title="DNN")
class DNN(NetworkSchema):
    """A fully connected network; see :class:`ferflow.models.dnn.DNNClassifier`."""

    supports_bfloat16 = True
    name: Literal["dnn"]
    dropout: Share = 0.2
    """Dropout after each hidden layer."""
    batch_size: NormalisedBatch = 128
    """Faces per step, 3 or more."""
    hidden: Annotated[list[Width], Field(min_length=1)] = Field([194, 128, 128])
    """Widths of the hidden layers."""


@register_model("ferflow.models.efficientnet:EfficientNetClassifier", title="EfficientNet")
class EfficientNet(NetworkSchema):
    """A network pretrained on ImageNet; see :class:`ferflow.models.efficientnet.EfficientNetClassifier`."""

    default_epochs: ClassVar = {"quick": 1, "full": 2}
    name: Literal["efficientnet"]
    variant: Literal["lite0", "lite1", "lite2"] = "lite0"
    """Size of the network."""
    enlarge: Annotated[int, Field(ge=32, le=512)] = 96
    """Pixels per side to which faces are enlarged."""
    head_width: Width = 256
    """Width of the hidden layer before the last."""
    frozen_blocks: Annotated[int, Field(ge=0, le=100)] = 5
    """Number of first blocks that, with the stem, keep their pretrained weights; 0 freezes nothing."""
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Learning rate of a block divided by that of the block after it."""
    dropout: Share = 0.3
    """Dropout before the last layer."""
    learning_rate: Rate = 0.001
    """Peak of the learning-rate schedule."""
    weight_decay: NonNegative = 0.05
    """Weight decay, decoupled from the gradient; with ``sgd``, added to it."""
    batch_size: NormalisedBatch = 24
    """Faces per step, 3 or more."""
    ema: Share = 0.99
    """Decay of the moving average of the weights, which is what is evaluated; 0: no average."""


for entry in entry_points(group="ferflow.models"):  # of other packages
    entry.load()
