"""The sections of ``params.yaml`` on the faces: where they come from, what form they take."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ferflow.schema import Section, Seed

ImageSize = Annotated[int, Field(ge=8, le=512)]


def _without_braces(path: str) -> str:
    if "{" in path or "}" in path:
        raise ValueError(
            "braces in the path are wildcards to Snakemake, which has no way to write them otherwise; rename "
            "the file or folder, or name a link to it"
        )
    return path


class Data(Section):
    """Where the faces come from and what form they take."""

    path: Annotated[str, Field(min_length=1), AfterValidator(_without_braces)]
    """A CSV, an image archive (.zip, .tar.gz) or a folder; ``data/sample.zip`` is the sample faces."""
    image_size: ImageSize
    """Pixels per side; images of other sizes are resized."""
    on_bad_face: Literal["fail", "skip"]
    """What to do about an unreadable image: ``fail``, or ``skip`` (it is named and counted in the audit)."""
    layout: Annotated[str, Field(min_length=1)] | None = None
    """Levels of a folder that is not <usage>/<class> or <class>: class/person, person/class; * for any."""
    group: Annotated[str, Field(min_length=1)] | None = None
    """Level of the layout, or column of the table, that names the person; a random split divides none."""

    @model_validator(mode="after")
    def _layout_names_class_and_group(self) -> "Data":
        levels = self.layout.split("/") if self.layout else []
        names = [level for level in levels if level != "*"]
        if levels and (levels.count("class") != 1 or "" in levels or len(set(names)) < len(names)):
            raise ValueError(
                f"layout: '{self.layout}' does not name the levels of folders, 'class' among them, each "
                "once; for instance class/person, usage/person/class ('*' for a level that says nothing)"
            )
        if self.group in ("class", "usage", "*") or (levels and self.group and self.group not in levels):
            raise ValueError(
                f"group: '{self.group}' is none of the levels of data.layout that may name a person "
                f"({self.layout or 'none'})"
            )
        return self


class Sample(Section):
    """The faces that the project draws for users without data."""

    faces: Annotated[int, Field(ge=100, le=10**7)]
    """Number of faces."""
    seed: Seed
    """Seed of the drawing."""


class Audit(Section):
    """What the audit calls a near duplicate."""

    near_duplicates: Annotated[int, Field(ge=0, le=16)]
    """Largest number of bits of a 64-bit perceptual hash in which near duplicates differ."""
