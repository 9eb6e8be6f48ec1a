"""What a part of the page is, whatever it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    id : str
        Its anchor, and the name of its template.
    title : str
        Its heading.
    content : mapping of str to object
        The variables of its template, and of no other.
    empty : str
        The one line that stands for it where nothing was run; empty where there is something to show.
    """

    id: str
    title: str
    content: Mapping[str, Any] = field(default_factory=dict)
    empty: str = ""

    @property
    def template(self) -> str:
        """Path of its template."""
        return f"sections/{self.id}.html"
