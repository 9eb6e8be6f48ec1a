"""The base of all that ``params.yaml`` may hold, and the kinds of numbers in it."""

import typing
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Fraction = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
# No number is so large that a machine gives up on it without a word.
Positive = Annotated[int, Field(ge=1, le=10**9)]
Width = Annotated[int, Field(ge=1, le=8192)]  # of a layer
Rate = Annotated[float, Field(gt=0, le=1e6)]  # of learning; what diverges below it is told by training
Seed = Annotated[int, Field(ge=0, lt=2**32)]
NonNegative = Annotated[float, Field(ge=0)]


class Section(BaseModel):
    """A mapping of ``params.yaml`` that takes no other keys and no other types than it names."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def one_of(schemas: Iterable[type[Section]]) -> Any:
    """Make the type of a section that is one of several, told apart by their ``name``.

    Parameters
    ----------
    schemas : iterable of type
        The sections.

    Returns
    -------
    type
        For the annotation of a field.
    """
    return Annotated[typing.Union[tuple(schemas)], Field(discriminator="name")]  # noqa: UP007


def worst_mistake(error: ValidationError) -> tuple[Mapping[str, Any], str]:
    """Choose what to tell of a file that does not validate.

    Parameters
    ----------
    error : ValidationError
        What pydantic raised.

    Returns
    -------
    mistake : mapping
        As pydantic describes it. A misspelt key is also a missing one; the spelling is what to mend.
    message : str
        In lower case, without pydantic's prefix.
    """
    mistake, *_ = sorted(error.errors(include_url=False), key=lambda item: item["type"] != "extra_forbidden")
    message = mistake["msg"].removeprefix("Value error, ")
    return mistake, message[0].lower() + message[1:]
