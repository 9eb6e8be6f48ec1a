"""The report: one page, its tables and figures, made only from what the stages wrote."""

from ferflow.report.build import Report, build_report

__all__ = ["Report", "build_report"]
