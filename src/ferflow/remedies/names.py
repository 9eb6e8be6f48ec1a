"""The remedies of an experiment, all kinds together, and how they are named and drawn."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ferflow.models.schemas import NetworkSchema
from ferflow.remedies.adjustments import ADJUSTMENTS
from ferflow.remedies.registry import BALANCES, CLASS_WEIGHTS, LOSSES, NONE, Remedy, lookup

if TYPE_CHECKING:
    from ferflow.params import Experiment, Protocol

RETRAINING = Remedy("retraining", "classifier re-training", "#44aa99", "h")

_COMBINED_COLOUR, _COMBINED_MARKER = "#8c6d1f", "X"


@dataclass(frozen=True)
class Applied:
    """A remedy, or a loss that is none, as an experiment applies it.

    Attributes
    ----------
    stage : str
        The first stage that it has a part in.
    module : str
        Whose code it is.
    remedy : Remedy or None
    """

    stage: Literal["balance", "train", "evaluate"]
    module: str
    remedy: Remedy | None


def remedies_of(experiment: "Experiment", protocol: "Protocol") -> list[Applied]:
    """List what an experiment does about imbalance, in the order of the stages."""
    applied = []
    if protocol.balance.method != NONE.name:
        balance = BALANCES[protocol.balance.method]
        applied.append(Applied("balance", balance.draw.__module__, balance.remedy))
    if experiment.class_weight != NONE.name:
        weight = CLASS_WEIGHTS[experiment.class_weight]
        applied.append(Applied("train", weight.weigh.__module__, weight.remedy))
    if isinstance(experiment.model, NetworkSchema):
        loss = type(experiment.model.loss)
        applied.append(Applied("train", loss.__module__, loss.remedy))
        if experiment.model.retrain is not None:
            applied.append(Applied("train", "ferflow.models.retrainer", RETRAINING))
    if experiment.adjustment != NONE.name:
        adjustment = ADJUSTMENTS[experiment.adjustment]
        applied.append(Applied("evaluate", adjustment.weigh.__module__, adjustment.remedy))
    return applied


def remedy_of(experiment: "Experiment", protocol: "Protocol") -> str:
    """Name what an experiment does about imbalance."""
    applied = remedies_of(experiment, protocol)
    return combined_name([each.remedy for each in applied if each.remedy is not None])


def structure_of(experiment: "Experiment") -> str:
    """Describe an experiment's model but for its remedies: equal where a remedy is all that may differ."""
    return repr(sorted(experiment.model.model_dump(exclude={"loss", "retrain"}).items()))


def combined_name(remedies: list[Remedy]) -> str:
    """Name several remedies together; :func:`look_up` finds the parts again."""
    return " + ".join(remedy.name for remedy in remedies) or NONE.name


def look_up(name: str) -> Remedy:
    """Find a remedy, or make one of several, by the name that :func:`combined_name` gave.

    Raises
    ------
    InputError
        If nothing has registered the name.
    """
    known = {remedy.name: remedy for remedy in all_remedies()}
    parts = [lookup(known, part, "remedy") for part in name.split(" + ")]
    if len(parts) == 1:
        return parts[0]
    noun = " + ".join(part.noun for part in parts)
    return Remedy(name, noun, _COMBINED_COLOUR, _COMBINED_MARKER)


def all_remedies() -> list[Remedy]:
    """List every remedy that is registered, and none."""
    losses = [loss.remedy for loss in LOSSES.values() if loss.remedy is not None]
    weights = [weight.remedy for weight in CLASS_WEIGHTS.values()]
    balances = [balance.remedy for balance in BALANCES.values()]
    adjustments = [adjustment.remedy for adjustment in ADJUSTMENTS.values()]
    return [NONE, *balances, *weights, *losses, RETRAINING, *adjustments]
