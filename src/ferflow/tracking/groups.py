"""What stands in one table of MLflow: trainings whose figures are of the same faces, and nothing else.

A table is sorted by one metric, and macro-F1 of two classes is no macro-F1 of seven. So each set of test
faces has an MLflow experiment of its own, with the name of its champion in the registry.
"""

from pathlib import Path

from ferflow.params import Params
from ferflow.params.sections import Balance, Protocol


def group_of(params: Params, experiment: str) -> str:
    """Name the experiments that are validated and tested on the same faces as this one.

    Parameters
    ----------
    params : Params
    experiment : str

    Returns
    -------
    str
        The first of the protocols with these faces.
    """
    faces = _faces(params.protocol_of(experiment))
    return next(name for name, other in params.protocols.items() if _faces(other) == faces)


def is_leaky(params: Params, experiment: str) -> bool:
    """Tell whether copies of a face may stand on both sides, so that nothing is to win by it."""
    protocol = params.protocol_of(experiment)
    return protocol.balance.scope == "all" or protocol.split.group_by == "none"


def source_name(params: Params) -> str:
    """Name the data set as people do: ``sample faces``, ``fer2013.csv``."""
    return "sample faces" if params.on_sample else Path(params.data.path).name


def table_name(params: Params, experiment: str) -> str:
    """Name the MLflow experiment of an experiment: ``ferflow-seven on sample faces``."""
    return f"{params.tracking.experiment}-{group_of(params, experiment)} on {source_name(params)}"


def reports_name(params: Params) -> str:
    """Name the MLflow experiment that holds the reports: they are of all groups."""
    return f"{params.tracking.experiment}-reports"


def run_name(experiment: str, seed: int) -> str:
    """Name a run: ``cnn-focal seed 0``."""
    return f"{experiment} seed {seed}"


def _faces(protocol: Protocol) -> Protocol:
    """Leave out of a protocol what does not decide on which faces it validates and tests."""
    return protocol.model_copy(update={"balance": Balance(scope=protocol.balance.scope)})
