"""Measure on PublicTest what averaging over views gains: `python docs/try_views.py MODEL EXPERIMENT RESULTS`.

MODEL is a network's safetensors file, EXPERIMENT one whose split stage has run on the real data (it says
which faces are validated on), RESULTS the CSV to write (docs/cnn_views.csv). PrivateTest is not looked at.
"""

import sys
from pathlib import Path

import pandas as pd

from ferflow import params, paths
from ferflow.data.faces import load_faces
from ferflow.data.samples import inputs_and_targets, load_samples
from ferflow.data.split import VALIDATION
from ferflow.engines.script import run
from ferflow.errors import InputError
from ferflow.files import write_text
from ferflow.machine import limited_threads, resolve_threads
from ferflow.models.factory import load_model
from ferflow.models.network import NetworkClassifier
from ferflow.models.validation import validation_figures

#: By what the page calls them: whether mirror images are averaged, and further sizes.
VIEWS: dict[str, tuple[bool, tuple[float, ...]]] = {
    "the face alone": (False, ()),
    "and its mirror image": (True, ()),
    "both, 4% larger too": (True, (1.04,)),
    "both, 4% smaller and larger too": (True, (0.96, 1.04)),
    "both, 8% smaller and larger too": (True, (0.92, 1.08)),
    "both, at all five sizes": (True, (0.92, 0.96, 1.04, 1.08)),
}


def main() -> None:
    """Predict with each choice of views."""
    if len(sys.argv) != 4:
        raise InputError("usage: python docs/try_views.py MODEL EXPERIMENT RESULTS")
    model = load_model(Path(sys.argv[1]))
    if not isinstance(model, NetworkClassifier):
        raise InputError(f"{sys.argv[1]}: no network, so that there are no views to average")
    samples = load_samples(paths.split(sys.argv[2]))
    X, y = inputs_and_targets(load_faces(), samples, VALIDATION)
    rows = []
    for name, (flip, scales) in VIEWS.items():
        model.flip_average, model.scale_average = flip, scales
        with limited_threads(resolve_threads(params.load().threads)):
            figures = validation_figures(y, model.predict_proba(X), model.classes_)
        count = (1 + len(scales)) * (1 + flip)
        rows.append({"predicted from": name, "views": count, **figures})
    write_text(Path(sys.argv[3]), pd.DataFrame(rows).to_csv(index=False, float_format="%.6g"))


if __name__ == "__main__":
    run(main)
