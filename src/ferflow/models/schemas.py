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
    NetworkLoss = Annotated[one_of(LOSSES.values()), BeforeValidator(_named)]


class _GradientDescent(ModelSchema):
    is_linear = True
    solver: Literal["gd", "minibatch", "lbfgs"] = "minibatch"
    learning_rate: Rate = 0.01
    gradient: Literal["mean", "sum"] = "mean"
    schedule: Literal["cosine", "constant"] = "cosine"
    l2: NonNegative = 0.1
    l2_in_gradient: bool = True
    batch_size: Positive = 128
    momentum: Share = 0.0
    init: Literal["zeros", "normal"] = "zeros"
    fit_intercept: bool = True
    standardize: bool = True
    pixel_scale: Annotated[float, Field(gt=0)] = 1.0
    record_every: Positive = 1
    record_thin_after: Positive | None = None


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
    """k-means on principal components, its clusters mapped to expressions."""

    name: Literal["kmeans"]
    n_components: Positive = 50
    n_clusters: Positive = 7
    mapping: Literal["majority", "one-to-one"] = "majority"
    n_init: Positive = 4


class NetworkSchema(ModelSchema):
    """What every network takes; see :class:`ferflow.models.network.NetworkClassifier`."""

    is_network = True
    default_epochs: ClassVar = {"quick": 7, "full": 20}
    loss: NetworkLoss = make_loss("cross-entropy")
    learning_rate: Rate = 0.01
    weight_decay: NonNegative = 0.05
    batch_size: Positive = 128
    ema: Share = 0.998
    jitter: Annotated[int, Field(ge=0, le=512)] = 4
    augmentation: Augmentation | None = None
    first_side: Annotated[int, Field(ge=16, le=512)] | None = None
    optimizer: Literal["adamw", "sgd", "muon"] = "adamw"
    flip_average: bool = False
    retrain: Retraining | None = None


@register_model("ferflow.models.cnn:CNNClassifier", title="CNN")
class CNN(NetworkSchema):
    """A convolutional network; see :class:`ferflow.models.cnn.CNNClassifier`."""

    supports_bfloat16 = True
    name: Literal["cnn"]
    dropout: Share = 0.2
    widths: Annotated[list[Width], Field(min_length=2)] = Field([16, 32, 64, 128])


@register_model("ferflow.models.resnet:ResNetClassifier", title="ResNet")
class ResNet(NetworkSchema):
    """A residual network; see :class:`ferflow.models.resnet.ResNetClassifier`."""

    supports_bfloat16 = True
    name: Literal["resnet"]
    widths: Annotated[list[Width], Field(min_length=1)] = Field([32, 64, 128, 256])
    blocks: Annotated[list[Annotated[int, Field(ge=0, le=100)]], Field(min_length=1)] = Field([1, 1, 1, 1])
    dropout: Share = 0.2
    stochastic_depth: Share = 0.0

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
    hidden: Annotated[list[Width], Field(min_length=1)] = Field([194, 128, 128])


@register_model("ferflow.models.efficientnet:EfficientNetClassifier", title="EfficientNet")
class EfficientNet(NetworkSchema):
    """A network that ImageNet trained; see :class:`ferflow.models.efficientnet.EfficientNetClassifier`."""

    default_epochs: ClassVar = {"quick": 1, "full": 2}
    name: Literal["efficientnet"]
    variant: Literal["lite0", "lite1", "lite2"] = "lite0"
    enlarge: Annotated[int, Field(ge=32, le=512)] = 96
    head_width: Width = 256
    frozen_blocks: Annotated[int, Field(ge=0, le=100)] = 5
    dropout: Share = 0.3
    learning_rate: Rate = 0.001
    weight_decay: NonNegative = 0.05
    batch_size: Positive = 24
    ema: Share = 0.99


for entry in entry_points(group="ferflow.models"):  # of other packages
    entry.load()
