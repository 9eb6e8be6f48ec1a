"""The section that sets experiments side by side, a figure and a table for each group of them."""

from collections.abc import Sequence
from typing import Any

from ferflow.claims import load_claims
from ferflow.data.faces import FER_CLASSES
from ferflow.report import drawings, findings, tables, wording
from ferflow.report.cautions import cautions_of
from ferflow.report.context import ReportContext, Section
from ferflow.report.registry import register_section
from ferflow.report.results import Result
from ferflow.report.sections.published import published_rows

FER_PRIVATE_TEST = 3589  # faces of the real PrivateTest, which published results are about


@register_section(place=10)
def comparison(context: ReportContext) -> Section:
    """Draw and tabulate every group of experiments that were tested on the same faces.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    groups: list[dict[str, Any]] = []
    for group in context.by_test_faces:
        earlier = {entry["classes"] for entry in groups}
        groups.append(_group(context, group, names_protocol=group[0].classes in earlier))
    content = {
        "groups": groups,
        "main_metrics": tables.MAIN,
        "metric_names": wording.METRIC_NAMES,
        "left_out": context.settings.left_out,
    }
    best = [sentence for group in context.by_test_faces if (sentence := findings.best_of(group))]
    return Section("comparison", "Comparison", content, headlines=best)


def _group(context: ReportContext, group: Sequence[Result], *, names_protocol: bool) -> dict[str, Any]:
    human = set(group[0].classes) == set(FER_CLASSES)
    official = human and group[0].n("official") == FER_PRIVATE_TEST
    figure = f"figures/comparison-{len(group[0].classes)}-{group[0].protocol}.png"
    drawings.draw_comparison(
        group, context.folder / figure, context.note, human=human and not context.settings.on_sample
    )
    literature = published_rows(load_claims().references) if official else []
    return {
        "classes": group[0].classes,
        "protocol": group[0].protocol if names_protocol else "",
        "figure": figure,
        "rows": [(result, tables.comparison_cells(result), cautions_of(result)) for result in group],
        "references": tables.references(group, human=human) + literature,
        "n": group[0].n("official"),
        # The same test faces, but with or without copies elsewhere as each protocol keeps copies together.
        "clean": sorted({result.n("clean") for result in group}),
    }
