"""Puts the report together: a list of sections, drawn, rendered, and moved into place as one folder."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ferflow import paths
from ferflow.engines.stages import EVIDENCE, jobs
from ferflow.files import atomic_folder, write_json, write_text
from ferflow.params import Params
from ferflow.plots.style import save
from ferflow.report.context import ReportContext, gather_context
from ferflow.report.footnotes import caution_lines
from ferflow.report.head import make_head
from ferflow.report.markdown import comparison_markdown
from ferflow.report.page import render_page
from ferflow.report.results import comparable_metrics
from ferflow.report.section import Section
from ferflow.report.sections import (
    audit,
    balance,
    claims,
    clusters,
    comparison,
    confusion,
    cost,
    curves,
    faces,
    filters,
    learning,
    linear,
    provenance,
    remedies,
    saliency,
    tests,
)
from ferflow.report.tables import comparison_frame
from ferflow.timings import read_timings

#: The page below its head, in order: each makes a section of what the stages wrote.
SECTIONS: tuple[Callable[[ReportContext], Section], ...] = (
    comparison.section,
    remedies.section,
    tests.section,
    cost.section,
    linear.section,
    clusters.section,
    saliency.section,
    filters.section,
    learning.section,
    confusion.section,
    curves.section,
    balance.section,
    faces.section,
    audit.section,
    claims.section,
    provenance.section,
)


@dataclass(frozen=True)
class Report:
    """A finished report: its page, and what to know before comparing figures, a line each."""

    page: Path
    cautions: list[str]


def build_report(settings: Params) -> Report:
    """Write the report of exactly the experiments and seeds in ``settings``.

    The folder is made beside the old one and renamed into its place. Measured times, which differ from run
    to run, go to ``timings/`` and are read by the page from there.

    Raises
    ------
    InputError
        If a stage has not written its files.
    """
    with atomic_folder(paths.REPORT) as folder:
        (folder / "figures").mkdir()
        context = gather_context(settings, folder)
        _write(context)
    forget_the_rest(settings)
    return Report(
        paths.REPORT / "index.html", caution_lines([r.name for r in context.results], context.cautions)
    )


def forget_the_rest(settings: Params) -> None:
    """Remove the records of evaluations and studies that the parameters do not name any more.

    Under DVC the report depends on the folder of these records: what is left over of other seeds would make
    it differ from the same report in a fresh clone. The results themselves stay.
    """
    evidence = {job.record for job in jobs(settings) if job.stage in EVIDENCE}
    for record in set(paths.EVIDENCE.glob("*.json")) - evidence:
        record.unlink()


def _write(context: ReportContext) -> None:
    write_json(paths.METRICS, comparable_metrics(context.results))
    sections = [section(context) for section in SECTIONS]
    _write_timings(context)
    table = comparison_frame(context.results)
    markdown = comparison_markdown(
        context.tested_alike,
        context.cautions,
        on_sample=context.on_sample,
        confidence=context.settings.evaluate.confidence,
    )
    folder = context.folder
    write_text(folder / "comparison.csv", table.to_csv(index=False, float_format="%.6f", lineterminator="\n"))
    write_text(folder / "comparison.md", markdown)
    write_text(folder / "index.html", render_page(context, make_head(context), sections))


def _write_timings(context: ReportContext) -> None:
    """Write what differs from run to run beside, not into, the results."""
    measured = {
        result.name: {
            str(seed): times
            for seed in result.seeds
            if (times := read_timings(paths.model(result.name, seed)))
        }
        for result in context.results
    }
    content = json.dumps(measured, sort_keys=True, indent=1)
    write_text(paths.TIMINGS / "timings.js", f"window.FERFLOW_TIMINGS = {content};\n")
    figure = cost.draw_times(context.groups, context.note)
    if figure is not None:
        save(figure, paths.TIMINGS / "accuracy-time.svg")
