"""The report: one page, one table, all figures, made only from what the stages wrote."""

from ferflow.report.build import build_report

__all__ = ["build_report"]
