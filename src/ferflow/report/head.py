"""The first lines of the page: what was found, in a few sentences."""

from dataclasses import dataclass

from ferflow.report.context import ReportContext
from ferflow.report.findings import best_of, remedy_for_the_rarest


@dataclass(frozen=True)
class Head:
    """The sentences at the head of the page."""

    sentences: list[str]


def make_head(context: ReportContext) -> Head:
    """Say what remedies do for the rarest class, and which experiments are best."""
    best = [best_of(group, context.cautions) for group in context.tested_alike]
    return Head([*_remedy_sentences(context), *filter(None, best)])


def _remedy_sentences(context: ReportContext) -> list[str]:
    """Tell the strongest model's story only, for each set of classes; most classes first."""
    by_classes: dict[tuple[str, ...], str] = {}
    for family, recall in zip(context.families, context.recalls, strict=True):
        classes = family.results[0].classes
        if classes not in by_classes:
            by_classes[classes] = remedy_for_the_rarest(family, recall, context.cautions)
    stories = sorted(((len(classes), text) for classes, text in by_classes.items()), reverse=True)
    return [text for _, text in stories]
