"""The section where a reader chooses two experiments to set side by side."""

from ferflow.report.context import ReportContext, Section
from ferflow.report.contract import SHOWN
from ferflow.report.registry import register_section


@register_section(place=35)
def side_by_side(context: ReportContext) -> Section:
    """List the experiments to choose from, those that can be compared together.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    several = len(context.results) > 1
    content = {"groups": context.by_test_faces, "shown": SHOWN, "note": context.note}
    return Section(
        "side-by-side",
        "Side by side",
        content,
        empty="" if several else "There is one experiment only.",
    )
