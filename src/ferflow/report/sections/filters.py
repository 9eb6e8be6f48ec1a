"""What the filters of one layer look for, and how they respond to a face."""

from dataclasses import dataclass

from ferflow import paths
from ferflow.report.context import ReportContext
from ferflow.report.networks import (
    NOTHING_EXPLAINED,
    Network,
    filters_sentence,
    networks,
    responses_sentence,
)
from ferflow.report.results import Result
from ferflow.report.section import Section
from ferflow.studies.explain.description import Description


@dataclass(frozen=True)
class FilterEntry:
    """A network with the paths of its two figures, and a sentence on each."""

    result: Result
    about: Description
    filters_figure: str
    responses_figure: str
    filters: str
    responses: str


def section(context: ReportContext) -> Section:
    """Show the filters of the networks under ``explain``."""
    entries = [_entry(context, network) for network in networks(context)]
    return Section("filters", "Filters", {"entries": entries}, "" if entries else NOTHING_EXPLAINED)


def _entry(context: ReportContext, network: Network) -> FilterEntry:
    result, about = network.result, network.about
    folder = paths.explanation(result.name)
    return FilterEntry(
        result=result,
        about=about,
        filters_figure=context.copy(folder / "filters.png", f"filters-{result.name}.png"),
        responses_figure=context.copy(folder / "responses.png", f"responses-{result.name}.png"),
        filters=filters_sentence(about.layer),
        responses=responses_sentence(about.response, about.layer),
    )
