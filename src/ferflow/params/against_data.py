"""Checks, before anything is trained, that the data have what ``params.yaml`` asks for."""

from collections.abc import Iterable

from ferflow.errors import InputError, nearest
from ferflow.params.whole import Params


def check_classes(params: Params, classes: Iterable[str]) -> None:
    """Make sure that the data have the classes of every experiment that is trained or studied.

    Parameters
    ----------
    params : Params
    classes : iterable of str
        Labels in the data.

    Raises
    ------
    InputError
        If a protocol names a class that the data lack, or leaves a number of classes that its experiment's
        model cannot tell apart.
    """
    available = list(classes)
    for name in params.trained:
        experiment = params.experiment(name)
        where = f"protocols.{experiment.protocol}.classes"
        selection = params.protocol(experiment.protocol).classes
        names = available if selection == "all" else selection
        for label in names:
            if label not in available:
                raise InputError(
                    f"params.yaml: {where}: no face in the data is labelled '{label}'"
                    f"{nearest(label, available)} (experiment '{name}' wants it)"
                )
        if len(names) < 2:
            raise InputError(
                f"params.yaml: {where}: the data hold one class only ('{names[0]}'); a classifier needs two"
            )
        if len(names) > 2 and experiment.model.two_classes_only:
            raise InputError(
                f"params.yaml: experiments.{name}: logistic tells two classes apart, {where} names "
                f"{len(names)}; use softmax, or a protocol of two classes"
            )
