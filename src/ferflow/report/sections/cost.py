"""The section on cost: what accuracy takes in compute and in time."""

from ferflow.report import drawings
from ferflow.report.context import ReportContext, Section
from ferflow.report.registry import register_section
from ferflow.report.sections.provenance import machine

_FIGURE = "figures/accuracy-compute.png"


@register_section(place=40)
def cost(context: ReportContext) -> Section:
    """Draw balanced accuracy against training compute; times are drawn apart, as they differ.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    drawings.draw_compute(context.by_classes, context.folder / _FIGURE, context.note)
    return Section(
        "cost", "Cost", {"compute_figure": _FIGURE, "threads": machine(context.results)["threads"]}
    )
