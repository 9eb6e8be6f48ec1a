"""Puts the report together: sections in order, rendered into one page, moved into place when it is whole."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ferflow import __version__, paths
from ferflow.atomic import atomic_folder
from ferflow.data.faces import load_faces
from ferflow.engines.records import forget_the_rest
from ferflow.files import write_json, write_text
from ferflow.params import Params
from ferflow.plots.remedies import remedy_colour
from ferflow.report import drawings, spreadsheets, tables, wording
from ferflow.report.context import ReportContext, Section
from ferflow.report.contract import page_data
from ferflow.report.markdown import plain_markdown
from ferflow.report.registry import SECTIONS
from ferflow.report.results import comparable_metrics, read_results
from ferflow.report.sections.provenance import data_name  # the package registers all
from ferflow.timings import read_timings

_HERE = Path(__file__).parent


def build_report(settings: Params) -> tuple[Path, list[str]]:
    """Write the report of exactly the experiments and seeds in ``settings``.

    The folder is made beside the old one and renamed into its place. Measured times, which differ from run
    to run, go to ``timings/`` and are read by the page from there.

    Parameters
    ----------
    settings : Params

    Returns
    -------
    page : Path
    cautions : list of str
        Sentences on figures that mean nothing.

    Raises
    ------
    InputError
        If a stage has not written its files.
    """
    results = read_results(settings)
    write_json(paths.METRICS, comparable_metrics(results))
    note = "sample faces" if settings.on_sample else data_name(settings)
    with atomic_folder(paths.REPORT) as folder:
        (folder / "figures").mkdir()
        context = ReportContext(settings, results, load_faces(), folder, note)
        sections = [SECTIONS[place](context) for place in sorted(SECTIONS)]
        write_text(folder / "index.html", render(context, sections))
        _write_tables(context)
    _write_timings(context)
    forget_the_rest(settings)
    return paths.REPORT / "index.html", context.cautions


def render(context: ReportContext, sections: Sequence[Section]) -> str:
    """Fill the page: each section's template with its own content, then the frame around them.

    Parameters
    ----------
    context : ReportContext
    sections : sequence of Section

    Returns
    -------
    str
        HTML.
    """
    settings = context.settings
    environment = make_environment(context.folder)
    environment.globals |= {
        "settings": settings,
        "on_sample": settings.on_sample,
        "data_name": data_name(settings),
        "face_count": len(context.faces),
        "confidence": wording.share_name(settings.evaluate.confidence),
    }
    content = [
        # A section's template has escaped what it was given.
        (section, Markup("" if section.empty else render_section(environment, section)))
        for section in sections
    ]
    return environment.get_template("report.html").render(
        sections=content,
        headlines=[headline for section in _remedies_first(sections) for headline in section.headlines],
        cautions=context.cautions,
        is_by_usage=context.is_by_usage,
        has_public_test=context.has_public_test,
        version=__version__,
        # No "<" in it, so that no name can end the script element.
        page_data=Markup(page_data(context).model_dump_json().replace("<", "\\u003c")),
    )


def _remedies_first(sections: Sequence[Section]) -> list[Section]:
    """Order what the head says: what remedies do, then which model does best."""
    return sorted(sections, key=lambda section: section.id != "remedies")


def render_section(environment: jinja2.Environment, section: Section) -> str:
    """Fill the template of one section.

    Parameters
    ----------
    environment : jinja2.Environment
    section : Section

    Returns
    -------
    str
        HTML.
    """
    return environment.get_template(f"sections/{section.id}.html").render(section.content)


def make_environment(folder: Path) -> jinja2.Environment:
    """Make what templates are rendered in.

    Parameters
    ----------
    folder : Path
        Of the report; figures are embedded from there.

    Returns
    -------
    jinja2.Environment
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([_HERE / "templates", _HERE / "static"]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def data_uri(path: str) -> str:
        file = folder / path if path.startswith("figures/") else Path(path)
        return "data:image/png;base64," + base64.b64encode(file.read_bytes()).decode()

    environment.globals |= {"data_uri": data_uri, "remedy_colour": remedy_colour}
    environment.filters |= {
        "points": wording.points,
        "remedy_name": wording.remedy_name,
        "count_name": wording.count_name,
        "name_list": wording.name_list,
        "p_value": wording.p_value,
        "percent": wording.percent,
        "thousands": lambda count: f"{count:,}",
    }
    return environment


def _write_tables(context: ReportContext) -> None:
    folder, settings = context.folder, context.settings
    for name, frame in (
        ("comparison", spreadsheets.comparison_frame(context.results)),
        ("classes", spreadsheets.classes_frame(context.results)),
        ("pairs", spreadsheets.pairs_frame(context.pair_tables)),
        ("remedies", spreadsheets.remedies_frame(context.remedy_families)),
    ):
        digits = "%.6g" if name == "pairs" else "%.6f"  # p values may be far below a millionth
        text = frame.to_csv(index=False, float_format=digits, lineterminator="\n")
        write_text(folder / f"{name}.csv", text)
    markdown = tables.comparison_markdown(
        context.by_test_faces, on_sample=settings.on_sample, confidence=settings.evaluate.confidence
    )
    lines = "".join(f"\n> {plain_markdown(caution)}\n" for caution in context.cautions)
    write_text(folder / "comparison.md", markdown + lines)


def _write_timings(context: ReportContext) -> None:
    """Write what differs from run to run beside, not into, the results."""
    times_by_experiment: dict[str, dict[str, Any]] = {
        result.name: {
            str(seed): times
            for seed in result.seeds
            if (times := read_timings(paths.model(result.name, seed)))
        }
        for result in context.results
    }
    content = json.dumps(times_by_experiment, sort_keys=True, indent=1)
    write_text(paths.TIMINGS / "timings.js", f"window.FERFLOW_TIMINGS = {content};\n")
    drawings.draw_times(context.by_classes, paths.TIMINGS / "accuracy-time.svg", context.note)
