"""The section on what was varied: settings swept, and pairs of experiments over many draws of the faces."""

from collections.abc import Mapping

from ferflow.params import Params
from ferflow.report.context import ReportContext, Section
from ferflow.report.registry import register_section
from ferflow.report.results import Result
from ferflow.report.sections.repeated_splits import repeated_splits_part
from ferflow.report.sections.sweeps import sweeps_part


@register_section(place=55)
def studies(context: ReportContext) -> Section:
    """Tell what sweeps and repeated splits found, of whatever model.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section

    Raises
    ------
    InputError
        If a sweep or repeated split of ``params.yaml`` has not been run.
    """
    by_name = {result.name: result for result in context.results}
    about = (context.settings, by_name, context.folder, context.note)
    content = {
        "left_out": _left_out(context.settings, by_name),
        "sweeps": sweeps_part(*about),
        "repeated_splits": repeated_splits_part(*about),
    }
    nothing = "params.yaml names no sweep and no repeated splits."
    return Section(
        "studies", "Sweeps and repeated splits", content, empty="" if any(content.values()) else nothing
    )


def _left_out(settings: Params, by_name: Mapping[str, Result]) -> list[str]:
    """Name the studies of experiments that were not run: their files are made all the same."""
    sweeps = [f"sweep of {name}" for name in settings.sweeps if name not in by_name]
    return sweeps + [
        f"repeated splits of {name} against {pair.against}"
        for name, pair in settings.repeated_splits.items()
        if not {name, pair.against} <= by_name.keys()
    ]
