"""What a section needs, and no more."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ferflow import paths
from ferflow.claims import Claims, Evidence
from ferflow.data.faces import make_faces
from ferflow.params import Params
from ferflow.report.context import ReportContext
from ferflow.report.page import make_environment, render_section
from ferflow.report.results import Result
from ferflow.report.section import Section


def context_of(settings: Params, results: Sequence[Result], folder: Path, **parts: Any) -> ReportContext:
    """Gather what stands in the working folder; ``parts`` replace what a section is about."""
    redraws = {
        name: pd.read_csv(path)
        for name in getattr(settings, "repeated_splits", {})
        if (path := paths.repeated_splits(name)).is_file()
    }
    whole: dict[str, Any] = {
        "faces": make_faces(
            np.zeros((1, 2, 2), np.uint8), np.zeros(1, np.int16), [""], ("happy",), ["row 2"]
        ),
        "face_table": pd.DataFrame(),
        "audit": {},
        "claims": Claims.model_construct(systems={}, claims=[], references=[]),
        "evidence": Evidence({}, {}, redraws=redraws),
        "note": "sample faces",
    }
    return ReportContext(settings=settings, results=results, folder=folder, **(whole | parts))


def rendered(context: ReportContext, section: Section) -> str:
    return render_section(make_environment(context.folder), context, section)
