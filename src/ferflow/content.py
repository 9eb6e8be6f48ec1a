"""The shapes of the JSON files that stages write, and the one way to read such a file."""

import math
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from ferflow.errors import InputError
from ferflow.files import read_json


class Content(BaseModel):
    """A mapping in a file; keys that nobody reads are left aside."""

    model_config = ConfigDict(frozen=True)


def _nan_for_none(value: object) -> object:
    return math.nan if value is None else value


#: A number that has no meaning everywhere: null in the file, NaN in memory.
Number = Annotated[float, BeforeValidator(_nan_for_none)]

_Shape = TypeVar("_Shape", bound=Content)


def read_content(path: Path, shape: type[_Shape], stage: str) -> _Shape:
    """Read a JSON file into its shape.

    Parameters
    ----------
    path : Path
    shape : type
        A subclass of :class:`Content`.
    stage : str
        The stage that writes the file.

    Raises
    ------
    InputError
        If the file is missing, no JSON, or of another shape: one line that names the stage to run.
    """
    content = read_json(path)
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        key = ".".join(map(str, error.errors()[0]["loc"]))
        raise InputError(
            f"{path}: written by an older ferflow ('{key}' does not fit); run the {stage} stage again"
        ) from None
