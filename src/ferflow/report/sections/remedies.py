"""Each model with and without remedies: which class gains, which loses."""

from dataclasses import dataclass

import numpy as np

from ferflow.evaluation.significance import RecallByExperiment
from ferflow.plots.comparison import recall_by_remedy
from ferflow.report.context import ReportContext
from ferflow.report.findings import remedy_for_the_rarest
from ferflow.report.results import RemedyFamily
from ferflow.report.section import Section
from ferflow.report.wording import remedy_name


@dataclass(frozen=True)
class FamilyEntry:
    """A model under several remedies, with its recall by class, the figure of that, and a sentence."""

    family: RemedyFamily
    recall: RecallByExperiment
    figure: str
    classes: tuple[str, ...]
    sentence: str


def section(context: ReportContext) -> Section:
    """Show the recall of each class under each remedy, one model after the other."""
    families = [
        FamilyEntry(
            family,
            recall,
            _draw(context, family, recall),
            family.results[0].classes,
            remedy_for_the_rarest(family, recall, context.cautions),
        )
        for family, recall in zip(context.families, context.recalls, strict=True)
    ]
    empty = "" if families else "No model was trained both with and without a remedy."
    return Section("remedies", "Remedies", {"families": families}, empty)


def _draw(context: ReportContext, family: RemedyFamily, recall: RecallByExperiment) -> str:
    results = family.results
    baseline = results[family.baseline]
    support = np.bincount(results[0].labels(), minlength=len(results[0].classes))
    figure = recall_by_remedy(
        recall,
        [remedy_name(result.remedy) for result in results],
        [result.remedy for result in results],
        [f"{name}\n{count:,} faces" for name, count in zip(results[0].classes, support, strict=True)],
        baseline=family.baseline,
        title=f"Which remedy helps which class? {baseline.model}, {len(support)} classes",
        note=context.note,
    )
    return context.draw(figure, f"recall-{baseline.name}.png")
