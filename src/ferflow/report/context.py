"""What the sections of the report are made from: read once, before any of them."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ferflow import paths
from ferflow.claims import Claims, Evidence, load_claims
from ferflow.data.faces import Faces, load_faces
from ferflow.evaluation.cautions import Caution, cautions_of
from ferflow.evaluation.significance import RecallByExperiment
from ferflow.files import read_json, read_parquet
from ferflow.params import Params
from ferflow.plots.style import save
from ferflow.report.findings import compare_recall
from ferflow.report.results import (
    RemedyFamily,
    Result,
    by_classes,
    by_test_faces,
    read_csv,
    read_results,
    remedy_families,
)
from ferflow.report.schedules import schedule_of
from ferflow.studies.clusters.figures import read_clusters

FER_FACES = 35_887


@dataclass(frozen=True)
class ReportContext:
    """Everything that sections are made from.

    Attributes
    ----------
    settings : Params
        What was to be run.
    results : sequence of Result
        What came of it, in the order of ``run``.
    faces : Faces
        All faces.
    face_table : DataFrame
        Label, usage and fingerprint of each face.
    audit : dict
        Content of ``audit.json``.
    claims : Claims
        What was published.
    evidence : Evidence
        What claims are judged by; also holds the k-means study and the repeated splits.
    folder : Path
        Of the report; figures go to its folder ``figures``.
    note : str
        What the figures are measured on, such as "sample faces".
    cautions : mapping of str to sequence of Caution
        Reasons not to take an experiment's figures at their face.
    """

    settings: Params
    results: Sequence[Result]
    faces: Faces
    face_table: pd.DataFrame
    audit: Mapping[str, Any]
    claims: Claims
    evidence: Evidence
    folder: Path
    note: str
    cautions: Mapping[str, Sequence[Caution]] = field(default_factory=dict)

    @cached_property
    def groups(self) -> list[list[Result]]:
        """Experiments that tell the same classes apart; most classes first."""
        return by_classes(self.results)

    @cached_property
    def tested_alike(self) -> list[list[Result]]:
        """Experiments that were tested on the very same faces; most classes first."""
        return by_test_faces(self.results)

    @cached_property
    def families(self) -> list[RemedyFamily]:
        """Models under several remedies; the strongest first."""
        return remedy_families(self.results)

    @cached_property
    def recalls(self) -> list[RecallByExperiment]:
        """Recall by class of each family in ``families``."""
        return [compare_recall(family, self.settings.evaluate) for family in self.families]

    @property
    def on_sample(self) -> bool:
        """Whether the faces are the project's own drawings."""
        return self.settings.on_sample

    @property
    def data_name(self) -> str:
        """What the data are called."""
        return data_name(self.settings)

    @property
    def has_usage(self) -> bool:
        """Whether every face says which usage it is for."""
        return bool((self.faces.usage != "").all())

    @property
    def confidence(self) -> str:
        """Share of the resamples that an interval holds, as in "95%"."""
        return f"{self.settings.evaluate.confidence:.0%}"

    def draw(self, figure: Figure, name: str) -> str:
        """Save a figure under a name; return its path relative to the report."""
        save(figure, self.folder / "figures" / name)
        return f"figures/{name}"

    def copy(self, source: Path, name: str) -> str:
        """Copy a figure that a stage drew; return its path relative to the report."""
        shutil.copyfile(source, self.folder / "figures" / name)
        return f"figures/{name}"


def gather_context(settings: Params, folder: Path) -> ReportContext:
    """Read what the stages wrote; figures will go to ``folder``.

    Raises
    ------
    InputError
        If a stage has not written its files.
    """
    results = read_results(settings)
    table = read_parquet(paths.FACES)
    return ReportContext(
        settings=settings,
        results=results,
        faces=load_faces(),
        face_table=table,
        audit=read_json(paths.AUDIT),
        claims=load_claims(),
        evidence=gather_evidence(settings, results),
        folder=folder,
        note="sample faces" if settings.on_sample else data_name(settings),
        cautions={
            result.name: cautions_of(result.evaluations, schedule_of(result, settings, table))
            for result in results
        },
    )


def gather_evidence(settings: Params, results: Sequence[Result]) -> Evidence:
    """Read what claims need beside the results of the experiments.

    Raises
    ------
    InputError
        If the clusters stage or repeated splits that ``params.yaml`` names have not written their file.
    """
    return Evidence(
        evaluations={result.name: result.evaluations for result in results},
        histories={result.name: result.histories for result in results},
        clusters=read_clusters(),
        redraws={
            name: read_csv(paths.repeated_splits(name), "repeated_splits")
            for name in settings.repeated_splits
        },
        no_verdict=why_no_verdict(settings, int(read_json(paths.AUDIT)["faces"])),
    )


def why_no_verdict(settings: Params, faces: int) -> str:
    """Say why figures measured here cannot speak of FER-2013; empty if they can."""
    if settings.on_sample:
        return "sample faces"
    if faces != FER_FACES:
        return f"{faces:,} faces, not FER-2013's {FER_FACES:,}"
    return "budget quick" if settings.budget == "quick" else ""


def data_name(settings: Params) -> str:
    """Path of the data as in ``params.yaml``; of an absolute one only the name (the rest is a machine's)."""
    path = Path(settings.data.path)
    return path.name if path.is_absolute() else settings.data.path
