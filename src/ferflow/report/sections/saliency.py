"""Networks side by side: how they are built, what they reach, which pixels move their answer."""

from dataclasses import dataclass
from itertools import combinations

from ferflow import paths
from ferflow.report.context import ReportContext
from ferflow.report.networks import (
    NOTHING_EXPLAINED,
    Network,
    comparison_sentence,
    is_comparable,
    middle_sentence,
    most_confused,
    networks,
)
from ferflow.report.results import Result
from ferflow.report.section import Section
from ferflow.report.tables import MAIN, Cell, comparison_cells
from ferflow.report.wording import METRIC_NAMES
from ferflow.studies.explain.description import Description


@dataclass(frozen=True)
class SaliencyEntry:
    """A network with its cells of the comparison, the path of its figure, and what that shows."""

    result: Result
    about: Description
    cells: dict[str, Cell]
    figure: str
    confusions: str
    middle: str


def section(context: ReportContext) -> Section:
    """Compare the networks under ``explain`` and show what they look at."""
    explained = networks(context)
    pairs = combinations([network.result for network in explained], 2)
    content = {
        "entries": [_entry(context, network) for network in explained],
        "pairs": [comparison_sentence(*pair) for pair in pairs if is_comparable(*pair)],
        "metrics": {metric: METRIC_NAMES[metric] for metric in MAIN},
    }
    return Section("saliency", "Saliency", content, "" if explained else NOTHING_EXPLAINED)


def _entry(context: ReportContext, network: Network) -> SaliencyEntry:
    result, about = network.result, network.about
    source = paths.explanation(result.name) / "saliency.png"
    return SaliencyEntry(
        result=result,
        about=about,
        cells=comparison_cells(result),
        figure=context.copy(source, f"saliency-{result.name}.png"),
        confusions=most_confused(result),
        middle=middle_sentence(about.middle),
    )
