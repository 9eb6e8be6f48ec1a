"""What ingest says of a few faces, whole, for tests of what reads it."""

from typing import Any

import numpy as np

from ferflow.data.faces import make_faces
from ferflow.ingest.audit import audit, find_near_duplicates
from ferflow.ingest.collection import SourceResult


def make_audit(**changes: Any) -> dict[str, Any]:
    """Audit three faces, and change what it says."""
    pixels = np.arange(3 * 144, dtype=np.uint8).reshape(3, 12, 12)
    label = np.arange(3, dtype=np.int16)
    faces = make_faces(pixels, label, ["Training"] * 3, ("angry", "happy", "sad"), ["a", "b", "c"])
    return audit("sample.zip", SourceResult(faces, {}, {}, 0, ()), find_near_duplicates(faces, 4)) | changes
