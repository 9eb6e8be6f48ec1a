"""Each class against the rest, as the threshold moves."""

from ferflow.report.context import ReportContext
from ferflow.report.evaluation_figures import copy_figures
from ferflow.report.section import Section


def section(context: ReportContext) -> Section:
    """Show the ROC and precision-recall curves of every experiment."""
    return Section("curves", "ROC and PR", {"entries": copy_figures(context, "curves")})
