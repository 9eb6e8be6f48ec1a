"""Which class is taken for which."""

from ferflow.report.context import ReportContext
from ferflow.report.evaluation_figures import copy_figures
from ferflow.report.section import Section


def section(context: ReportContext) -> Section:
    """Show the confusion matrix of every experiment."""
    return Section("confusion", "Confusion", {"entries": copy_figures(context, "confusion")})
