"""What ``audit.json`` holds, as the ingest stage writes it: see :func:`ferflow.ingest.audit.audit`."""

from typing import Annotated, Any

from pydantic import Field

from ferflow import paths
from ferflow.content import Content, Names, read_content


class _Groups(Content):
    groups: int
    faces: int
    groups_across_usages: int
    groups_with_two_labels: int
    private_test_in_training: int


class _Copies(_Groups):
    copies_of_an_earlier_face: int


class _NearCopies(_Groups):
    bits: int
    pairs: int


class _People(Content):
    name: str
    people: int
    faces_without: int
    across_usages: int
    private_test_in_training: int


class _BadFace(Content):
    origin: str
    reason: str


class _Audit(Content):
    source: str
    data_digest: str
    faces: int
    image_size: Annotated[list[int], Field(min_length=2, max_length=2)]
    classes: Names
    counts: dict[str, dict[str, int]]
    duplicates: _Copies
    near_duplicates: _NearCopies
    people: _People | None
    blank: list[int]
    converted: dict[str, int]
    resized: int
    ignored_files: int
    skipped: list[_BadFace]


def read_audit() -> dict[str, Any]:
    """Read the audit of the data.

    Returns
    -------
    dict
        As :func:`ferflow.ingest.audit.audit` returned it.

    Raises
    ------
    InputError
        If the ingest stage has not written it, or another version of ferflow has.
    """
    return read_content(paths.AUDIT, _Audit, "ingest").model_dump()
