"""The settings of a run that MLflow lists: those that change something, so that only they are compared."""

from collections.abc import Collection, Mapping
from typing import Any

from ferflow.data.split import USAGE_OF_SUBSET, VALIDATION
from ferflow.params.sections import Balance
from ferflow.remedies.registry import BALANCES

_OF_STEPS = ("learning_rate", "momentum", "schedule", "batch_size", "gradient", "l2_in_gradient")
_NOT_OF_SOLVER = {"lbfgs": _OF_STEPS, "gd": ("batch_size", "schedule")}


def effective(settings: Mapping[str, Any], usages: Collection[str]) -> dict[str, Any]:
    """Leave out what is not set, and what nothing reads beside the other settings.

    Parameters
    ----------
    settings : mapping
        As :func:`ferflow.tracking.identity.settings` gives them.
    usages : collection of str
        Those that faces of the data set have; an empty one stands for none.

    Returns
    -------
    dict
        Without a learning rate where L-BFGS finds its own steps, and so on; of the balance, what no default
        is, and each transform with its strength: ``noise 8.0, flip``.
    """
    idle = _of_split(settings, usages) | _of_linear_model(settings)
    rest = {name: v for name, v in settings.items() if name not in idle and not name.startswith("balance.")}
    listed = {name: value for name, value in (rest | _balance(settings)).items() if value is not None}
    return dict(sorted(listed.items()))


def _balance(settings: Mapping[str, Any]) -> dict[str, Any]:
    """List the settings of a balance, its transforms and their strengths as one, and no default."""
    balance = BALANCES.get(settings["balance.method"])
    names = ["method"]
    if balance is not None:
        defaults = Balance().model_dump()
        names += [
            name for name in ("per_class", "scope", "seed") if settings[f"balance.{name}"] != defaults[name]
        ]
    listed = {f"balance.{name}": settings[f"balance.{name}"] for name in names}
    if balance is not None and balance.transforms_copies:
        transforms = settings["balance.transforms"].split(", ")
        strengths = (f"{name} {settings.get(f'balance.{name}', '')}".strip() for name in transforms)
        listed["balance.transforms"] = ", ".join(strengths)
    return listed


def _of_split(settings: Mapping[str, Any], usages: Collection[str]) -> set[str]:
    """Name what is for drawing subsets that the data set itself gives."""
    if settings["split.by"] == "random" or "" in usages:
        return set()
    if settings["split.validation"] == 0 or USAGE_OF_SUBSET[VALIDATION] in usages:
        drawn = {"split.test", "split.stratify", "split.seed"}
        return drawn if settings["split.validation"] == 0 else drawn | {"split.validation"}
    return {"split.test"}


def _of_linear_model(settings: Mapping[str, Any]) -> set[str]:
    idle = set(_NOT_OF_SOLVER.get(settings.get("model.solver", ""), ()))
    if settings.get("model.l2") == 0:
        idle.add("l2_in_gradient")
    if settings.get("model.standardize"):
        idle.add("pixel_scale")
    return {f"model.{name}" for name in idle}
