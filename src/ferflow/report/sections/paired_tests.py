"""The section on paired tests: every two experiments on the same faces."""

from ferflow.report.context import ReportContext, Section
from ferflow.report.registry import register_section


@register_section(place=30)
def paired_tests(context: ReportContext) -> Section:
    """Test all pairs of each group.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    tables = context.pair_tables
    return Section(
        "tests",
        "Paired tests",
        {"pair_tables": tables, "by_name": {result.name: result for result in context.results}},
        empty="" if tables else "No two experiments were tested on the same faces.",
    )
