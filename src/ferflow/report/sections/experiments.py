"""The sections with a figure for each experiment: learning curves, confusion matrices, ROC and PR."""

import shutil

from ferflow import paths
from ferflow.report import drawings
from ferflow.report.context import ReportContext, Section
from ferflow.report.registry import register_section


@register_section(place=100)
def learning(context: ReportContext) -> Section:
    """Draw the learning curves of all experiments that have epochs.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    entries = []
    for group in context.by_classes:
        for result in group:
            if max(len(history) for history in result.histories) < 2:
                continue
            figure = f"figures/learning-{result.name}.png"
            note = f"{context.note} · protocol {result.protocol}"
            drawings.draw_learning(result, context.folder / figure, note)
            entries.append({"result": result, "learning": figure})
    return Section(
        "learning",
        "Learning curves",
        {"experiments": entries},
        empty="" if entries else "No model here was trained in epochs.",
    )


@register_section(place=110)
def confusion(context: ReportContext) -> Section:
    """Take over the confusion matrices.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    return _figures(context, "confusion", "Confusion")


@register_section(place=120)
def curves(context: ReportContext) -> Section:
    """Take over the ROC and precision-recall curves.

    Parameters
    ----------
    context : ReportContext

    Returns
    -------
    Section
    """
    return _figures(context, "curves", "ROC and PR")


def _figures(context: ReportContext, kind: str, title: str) -> Section:
    """Copy a figure that evaluate drew of each experiment, for its first seed."""
    entries = []
    for result in (result for group in context.by_classes for result in group):
        figure = f"figures/{kind}-{result.name}.png"
        shutil.copyfile(paths.training(result.name, result.seeds[0]) / f"{kind}.png", context.folder / figure)
        entries.append({"result": result, kind: figure})
    return Section(kind, title, {"experiments": entries})
