"""The section on paired tests: every two experiments on the same faces."""

from ferflow.report.context import ReportContext, Section
from ferflow.report.pairs import pair_tables
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
    tables = [pair_tables(group) for group in context.by_test_faces if len(group) > 1]
    return Section(
        "tests",
        "Paired tests",
        {"pair_tables": tables},
        empty="" if tables else "No two experiments were tested on the same faces.",
    )
