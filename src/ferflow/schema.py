"""The base of all that ``params.yaml`` may hold, and the kinds of numbers in it."""

import typing
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]
NonNegative = Annotated[float, Field(ge=0)]


class Section(BaseModel):
    """A mapping of ``params.yaml`` that takes no other keys and no other types than it names."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def one_of(schemas: Iterable[type[Section]]) -> Any:
    """Make the type of a section that is one of several, told apart by their ``name``."""
    return Annotated[typing.Union[tuple(schemas)], Field(discriminator="name")]  # noqa: UP007
