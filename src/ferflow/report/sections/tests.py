"""Paired tests of all experiments that were tested on the same faces."""

from ferflow.report.context import ReportContext
from ferflow.report.pairs import pair_tables
from ferflow.report.section import Section


def section(context: ReportContext) -> Section:
    """Test every pair of experiments on the same faces, a table for each set of faces."""
    tables = [pair_tables(group) for group in context.tested_alike if len(group) > 1]
    empty = "" if tables else "No two experiments were tested on the same faces."
    return Section("tests", "Paired tests", {"tables": tables}, empty)
