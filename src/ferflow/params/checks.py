"""Checks of an experiment's model: whether it takes the values of a sweep, and the size of its faces."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from ferflow.errors import nearest
from ferflow.models.registry import ModelSchema
from ferflow.schema import worst_mistake


def check_sweep(name: str, model: ModelSchema, sweep: Mapping[str, Sequence[float]], side: int) -> None:
    """Refuse keys that are not numbers of a model, and values that it does not take.

    Parameters
    ----------
    name : str
        Of the experiment.
    model : ModelSchema
        The experiment's.
    sweep : mapping of str to sequence of float
        Key of the model -> values to try.
    side : int
        Pixels a side of the experiment's faces.

    Raises
    ------
    ValueError
        Naming the first such key or value.
    """
    numbers = [key for key, value in dict(model).items() if type(value) in (int, float)]
    for key, values in sweep.items():
        if key not in numbers:
            raise ValueError(f"sweeps.{name}: {model.name} has no number '{key}'{nearest(key, numbers)}")
        for value in values:
            number = int(value) if value.is_integer() else value  # a sweep keeps integers as floats
            where = f"sweeps.{name}.{key}"
            try:
                swept = type(model).model_validate(dict(model) | {key: number})
            except ValidationError as error:
                _, message = worst_mistake(error)
                raise ValueError(f"{where}: {message}, found {number}") from None
            check_side(where, swept, side)


def check_side(where: str, model: ModelSchema, side: int) -> None:
    """Refuse faces that are too small for a model.

    Parameters
    ----------
    where : str
        What to change, as ``params.yaml`` calls it.
    model : ModelSchema
    side : int
        Pixels a side of the faces.

    Raises
    ------
    ValueError
        If the model does not take them.
    """
    try:
        model.check_side(side)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
