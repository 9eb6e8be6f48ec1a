"""ferflow: facial-expression recognition on FER-2013 as a reproducible workflow."""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ferflow.predict.predictor import Predictor
    from ferflow.predict.results import Expression, FramePrediction, Prediction, TrackedExpression, to_frame

__version__ = "0.2.0"
__all__ = [
    "Expression",
    "FramePrediction",
    "Prediction",
    "Predictor",
    "TrackedExpression",
    "__version__",
    "to_frame",
]

# onnxruntime would report to its makers; it looks at this when it is imported, and at nothing later.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# Imported when they are first asked for: PyTorch alone takes seconds.
_LAZY = {
    "Expression": "ferflow.predict.results",
    "FramePrediction": "ferflow.predict.results",
    "Prediction": "ferflow.predict.results",
    "Predictor": "ferflow.predict.predictor",
    "TrackedExpression": "ferflow.predict.results",
    "to_frame": "ferflow.predict.results",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'ferflow' has no attribute '{name}'")
