"""The settings of classifier re-training."""

from typing import Annotated

from pydantic import Field

from ferflow.schema import Positive, Section


class Retraining(Section):
    """How the last layer is trained anew after the network; see :mod:`ferflow.models.retrainer`."""

    epochs: Positive = 2
    """Epochs after the network's own; they take a third of the time, as only the last layer has gradients."""
    learning_rate: Annotated[float, Field(gt=0)] = 0.01
    """Peak of the learning-rate schedule."""
