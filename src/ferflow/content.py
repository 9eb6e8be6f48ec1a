"""The shapes of the JSON files that stages write and others read: the base of all, one way in, one way out.

Each such file has one module that names its keys: :mod:`ferflow.evaluation.evaluation` (``evaluation.json``),
:mod:`ferflow.studies.clusters.figures` (``clusters.json``), :mod:`ferflow.ingest.audit_file`
(``audit.json``), :mod:`ferflow.studies.explain.description`
(``explain.json``), :mod:`ferflow.studies.labels.figures` (``labels.json``).
"""

import math
from pathlib import Path
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from ferflow.errors import InputError, shown
from ferflow.files import read_json, write_json
from ferflow.schema import worst_mistake


class Content(BaseModel):
    """A mapping in a file that has just these keys, of just these types."""

    # model_bytes is a key of evaluation.json; older versions of pydantic warn of names that start so.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())


_Value = TypeVar("_Value")


class Keyed(Generic[_Value]):
    """Gives the fields of a shape, all of one type, by their names too: ``metrics["accuracy"]``."""

    def __getitem__(self, name: str) -> _Value:
        """Return the field of that name."""
        value: _Value = getattr(self, name)
        return value


def _nan_for_none(value: object) -> object:
    return math.nan if value is None else value


#: A number that may have no meaning: null in the file, NaN in memory.
Number = Annotated[float, BeforeValidator(_nan_for_none)]

#: JSON knows lists alone.
Names = Annotated[tuple[str, ...], Field(strict=False)]


class Estimate(Content):
    """A figure with the two ends of its bootstrap interval."""

    value: Number
    low: Number
    high: Number


_Shape = TypeVar("_Shape", bound=Content)
_Type = TypeVar("_Type")


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
    return as_shape(path, read_json(path), shape, stage)


def as_shape(path: Path, content: object, shape: type[_Type], stage: str) -> _Type:
    """Make sure that what a file holds has a shape.

    Parameters
    ----------
    path : Path
        Of the file, for the message.
    content : object
        As JSON gives it.
    shape : type
        A subclass of :class:`Content`, or any that pydantic knows: ``dict[str, str]``.
    stage : str
        The stage that writes the file.

    Raises
    ------
    InputError
        If it has another: one line that names the stage to run.
    """
    try:
        return TypeAdapter(shape).validate_python(content)
    except ValidationError as error:
        mistake, message = worst_mistake(error)
        where = "".join(f"{shown(key)}: " for key in [".".join(map(str, mistake["loc"]))] if key)
        raise InputError(f"{path}: {where}{shown(message, 120)}; {write_again(stage)}") from None


def write_again(stage: str) -> str:
    """Say what to do about a file that is not what its stage wrote, as the end of a message."""
    return (
        "damaged, or written by another version of ferflow: remove it and run "
        f"the {stage} stage again (`snakemake -j2` or `dvc repro`)"
    )


def write_content(path: Path, content: Content) -> None:
    """Write a JSON file that :func:`read_content` reads; NaN becomes null."""
    write_json(path, content.model_dump())
