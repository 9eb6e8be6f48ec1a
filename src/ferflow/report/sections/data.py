"""The sections on the data: protocols and their balance, some faces."""

from typing import Any

import pandas as pd

from ferflow import paths
from ferflow.data.faces import read_face_table
from ferflow.data.samples import load_samples
from ferflow.data.split import DROPPED, TEST, TRAIN, VALIDATION
from ferflow.report import drawings
from ferflow.report.context import ReportContext, Section
from ferflow.report.registry import register_section
from ferflow.report.results import Result
from ferflow.report.sections.provenance import describe

_FACES_FIGURE = "figures/faces.png"


@register_section(place=130)
def balance(context: ReportContext) -> Section:
    """Describe each protocol and draw its classes before and after the balance.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    by_protocol = {result.protocol: result for result in reversed(context.results)}
    table = read_face_table()
    protocols = [_protocol(context, result, table) for result in by_protocol.values()]
    return Section(
        "balance", "Balance", {"protocols": sorted(protocols, key=lambda entry: str(entry["name"]))}
    )


def _protocol(context: ReportContext, result: Result, table: pd.DataFrame) -> dict[str, Any]:
    figure = f"figures/balance-{result.protocol}.png"
    samples = load_samples(paths.split(result.name))
    drawings.draw_counts(table, samples, result.protocol, context.folder / figure, context.note)
    protocol = context.settings.protocol(result.protocol)
    return {
        "name": result.protocol,
        "figure": figure,
        "described": describe(
            protocol,
            has_usage=context.has_usage,
            has_validation=context.has_public_test,
            group=context.settings.data.group or "",
        ),
        "counts": {subset: len(samples.subset(subset)) for subset in (TRAIN, VALIDATION, TEST, DROPPED)},
        "clean": int(samples.table["clean"].sum()),
        "leaky": result.leaky,
        "classes": result.classes,
    }


@register_section(place=140)
def faces(context: ReportContext) -> Section:
    """Draw some faces of each class.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    seed = context.settings.evaluate.seed
    drawings.draw_faces(context.faces, context.folder / _FACES_FIGURE, context.note, seed)
    return Section("faces", "Faces", {"faces_figure": _FACES_FIGURE})
