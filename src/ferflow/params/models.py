"""The hyperparameters of each model, as ``params.yaml`` may give them."""

import typing
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]
NonNegative = Annotated[float, Field(ge=0)]


class Section(BaseModel):
    """A mapping of ``params.yaml`` that takes no other keys and no other types than it names."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ModelSection(Section):
    """Hyperparameters of one model, and what is true of it whatever they are.

    Attributes
    ----------
    default_epochs : dict of int, or None
        Epochs for each budget where an experiment gives none; None for a model without epochs.
    is_network : bool
        Whether it has layers to look into.
    supports_bfloat16 : bool
        Whether it can be trained in bfloat16, and is faster for it where hardware has that.
    """

    default_epochs: ClassVar[dict[str, int] | None] = None
    is_network: ClassVar[bool] = False
    supports_bfloat16: ClassVar[bool] = False


class _GradientDescent(ModelSection):
    solver: Literal["gd", "minibatch", "lbfgs"] = "minibatch"
    learning_rate: Annotated[float, Field(gt=0)] = 0.01
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


class Logistic(_GradientDescent):
    """Logistic regression for two classes."""

    default_epochs = {"quick": 30, "full": 100}
    name: Literal["logistic"]


class Softmax(_GradientDescent):
    """Multinomial logistic regression."""

    default_epochs = {"quick": 30, "full": 60}
    name: Literal["softmax"]


class KMeans(ModelSection):
    """k-means on principal components, its clusters mapped to expressions."""

    name: Literal["kmeans"]
    n_components: Positive = 50
    n_clusters: Positive = 7
    mapping: Literal["majority", "one-to-one"] = "majority"
    n_init: Positive = 4


class _Network(ModelSection):
    is_network = True
    default_epochs = {"quick": 7, "full": 20}
    dropout: Share = 0.2
    loss: Literal["cross-entropy", "focal"] = "cross-entropy"
    gamma: NonNegative = 2.0
    alpha: Literal["none", "balanced"] = "none"
    label_smoothing: Share = 0.0
    learning_rate: Annotated[float, Field(gt=0)] = 0.01
    weight_decay: NonNegative = 0.05
    batch_size: Positive = 128
    ema: Share = 0.998
    jitter: Annotated[int, Field(ge=0)] = 4


class CNN(_Network):
    """A convolutional network; see :class:`ferflow.models.cnn.CNNClassifier`."""

    supports_bfloat16 = True
    name: Literal["cnn"]
    widths: Annotated[list[Positive], Field(min_length=2)] = [16, 32, 64, 128]


class DNN(_Network):
    """A fully connected network; see :class:`ferflow.models.dnn.DNNClassifier`."""

    supports_bfloat16 = True
    name: Literal["dnn"]
    hidden: Annotated[list[Positive], Field(min_length=1)] = [194, 128, 128]


class EfficientNet(_Network):
    """A network that ImageNet trained; see :class:`ferflow.models.efficientnet.EfficientNetClassifier`."""

    default_epochs = {"quick": 1, "full": 2}
    name: Literal["efficientnet"]
    variant: Literal["lite0", "lite1", "lite2"] = "lite0"
    enlarge: Annotated[int, Field(ge=32, le=512)] = 96
    head_width: Positive = 256
    frozen_blocks: Annotated[int, Field(ge=0)] = 5
    dropout: Share = 0.3
    learning_rate: Annotated[float, Field(gt=0)] = 0.001
    weight_decay: NonNegative = 0.05
    batch_size: Positive = 24
    ema: Share = 0.99


Model = Annotated[Logistic | Softmax | KMeans | CNN | DNN | EfficientNet, Field(discriminator="name")]

MODELS: dict[str, type[BaseModel]] = {
    typing.get_args(model.model_fields["name"].annotation)[0]: model
    for model in (Logistic, Softmax, KMeans, CNN, DNN, EfficientNet)
}
