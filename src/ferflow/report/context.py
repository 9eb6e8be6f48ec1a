"""What every section of the report is made from, and what it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ferflow.data.faces import Faces
from ferflow.evaluation.significance import RecallByExperiment
from ferflow.ingest.audit_file import read_audit
from ferflow.params import Params
from ferflow.report.cautions import (
    alike_sentence,
    caution_sentences,
    people_sentence,
    resampled_sentence,
)
from ferflow.report.findings import compare_recall
from ferflow.report.pairs import PairTables, pair_tables
from ferflow.report.results import RemedyFamily, Result, by_classes, by_test_faces, remedy_families


@dataclass(frozen=True)
class ReportContext:
    """What the stages wrote, and where the report goes.

    Attributes
    ----------
    settings : Params
    results : sequence of Result
        Of the experiments of ``run``, in its order.
    faces : Faces
    folder : Path
        The report's folder while it is made; figures go to ``folder``/figures.
    note : str
        What the faces are, for the figures: "sample faces", or the name of the data.
    """

    settings: Params
    results: Sequence[Result]
    faces: Faces
    folder: Path
    note: str

    @property
    def has_usage(self) -> bool:
        """Whether every face has a usage: the official division is there."""
        return bool((self.faces.usage != "").all())

    @property
    def is_by_usage(self) -> bool:
        """Whether usages divide the faces of some experiment."""
        protocols = (self.settings.protocol(result.protocol) for result in self.results)
        return any(each.split.is_by_usage(has_usage=self.has_usage) for each in protocols)

    @property
    def has_public_test(self) -> bool:
        """Whether some face has the usage that chooses."""
        return bool((self.faces.usage == "PublicTest").any())

    @cached_property
    def cautions(self) -> list[str]:
        """Sentences on figures that mean little."""
        people = read_audit()["people"]
        protocols = [self.settings.protocol(result.protocol) for result in self.results]
        in_usages = people_sentence(people, protocols) if self.has_usage else []
        alike = alike_sentence(people, len(self.faces.label))
        resampled = resampled_sentence(self.results, self.settings.protocols)
        return [*in_usages, *alike, *resampled, *caution_sentences(self.results)]

    @cached_property
    def by_classes(self) -> list[list[Result]]:
        """Experiments that tell the same classes apart."""
        return by_classes(self.results)

    @cached_property
    def by_test_faces(self) -> list[list[Result]]:
        """Experiments that were tested on the same faces, and so can be compared."""
        return by_test_faces(self.results)

    @cached_property
    def pair_tables(self) -> list[PairTables]:
        """Paired tests of each group that has more than one experiment."""
        return [pair_tables(group) for group in self.by_test_faces if len(group) > 1]

    @cached_property
    def remedy_families(self) -> list[tuple[RemedyFamily, RecallByExperiment]]:
        """Models that were trained both with and without remedies, and recall under each of them."""
        families = remedy_families(self.results)
        return [(family, compare_recall(family, self.settings.evaluate)) for family in families]


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes
    ----------
    id : str
        Of its template, ``templates/sections/<id>.html``, and of its anchor.
    title : str
    content : dict
        The variables of its template: its own, whatever other sections call theirs.
    empty : str
        The one line that replaces it where nothing was run; empty where something was.
    headlines : sequence of str
        What the head of the page says about it.
    """

    id: str
    title: str
    content: dict[str, Any] = field(default_factory=dict)
    empty: str = ""
    headlines: Sequence[str] = ()
