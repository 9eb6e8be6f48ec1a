"""Some faces of every class."""

import numpy as np

from ferflow.plots.data import faces_by_class
from ferflow.report.context import ReportContext
from ferflow.report.section import Section

_COLUMNS = 12  # faces of each class


def section(context: ReportContext) -> Section:
    """Show some faces of every class, drawn at random."""
    faces, rng = context.faces, np.random.default_rng(context.settings.evaluate.seed)
    rows = []
    for index in range(len(faces.classes)):
        of_class = np.flatnonzero(faces.label == index)
        sample = rng.choice(of_class, min(_COLUMNS, len(of_class)), replace=False)
        rows.append(faces.pixels[np.sort(sample)])
    figure = faces_by_class(rows, faces.classes, title="Faces by label", note=context.note, columns=_COLUMNS)
    return Section("faces", "Faces", {"figure_path": context.draw(figure, "faces.png")})
