"""Renders head and sections into one page that needs no other file but the measured times."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ferflow import __version__
from ferflow.plots.style import remedy_colour
from ferflow.report import wording
from ferflow.report.context import ReportContext
from ferflow.report.head import Head
from ferflow.report.section import Section

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"


def render_page(context: ReportContext, head: Head, sections: Sequence[Section]) -> str:
    """Render the whole page."""
    environment = make_environment(context.folder)
    return environment.get_template("report.html").render(
        report=context,
        head=head,
        sections=[(section, Markup(render_section(environment, context, section))) for section in sections],
        version=__version__,
    )


def render_section(environment: jinja2.Environment, context: ReportContext, section: Section) -> str:
    """Render what stands below a section's heading: its template, or the line that says why there is none.

    A template sees ``report`` (the context), ``section`` and the section's own variables, no other's.
    """
    if section.empty:
        return environment.get_template("empty.html").render(report=context, section=section)
    template = environment.get_template(section.template)
    return template.render(report=context, section=section, **section.content)


def make_environment(folder: Path) -> jinja2.Environment:
    """Make what templates are rendered in: paths of figures are relative to ``folder``."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([TEMPLATES, STATIC]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def data_uri(path: str) -> str:
        return "data:image/png;base64," + base64.b64encode((folder / path).read_bytes()).decode()

    functions: dict[str, Any] = {"data_uri": data_uri, "remedy_colour": remedy_colour}
    environment.globals |= functions
    environment.filters |= {
        "points": wording.points,
        "remedy_name": wording.remedy_name,
        "count_name": wording.count_name,
        "p_value": wording.p_value,
        "percent": lambda share: wording.number(share, "accuracy"),
        "thousands": lambda count: f"{count:,}",
    }
    return environment
