"""Measure on PublicTest what means of networks gain: `python docs/try_means.py EXPERIMENT RESULTS MODEL ...`.

EXPERIMENT is one whose split stage has run on the real data (it says which faces are validated on), RESULTS
the CSV to write (docs/cnn_means.csv), each MODEL the safetensors file of a network, in the folder of its
experiment and seed. Every network predicts from ten views of a face. PrivateTest is not looked at.
"""

import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from try_views import VIEWS

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

FLIP, SCALES = VIEWS["both, at all five sizes"]


def name_of(path: Path) -> str:
    """Take the experiment from `results/experiments/cnn-10min/0/model.safetensors`."""
    return path.parent.parent.name


def load_network(path: Path) -> NetworkClassifier:
    """Read a network, and have it average ten views of a face."""
    model = load_model(path)
    if not isinstance(model, NetworkClassifier):
        raise InputError(f"{path}: no network; name models that are")
    model.flip_average, model.scale_average = FLIP, SCALES
    return model


def main() -> None:
    """Predict with each network, and average the probabilities of every set of them."""
    if len(sys.argv) < 5:
        raise InputError("usage: python docs/try_means.py EXPERIMENT RESULTS MODEL MODEL ...")
    samples = load_samples(paths.split(sys.argv[1]))
    X, y = inputs_and_targets(load_faces(), samples, VALIDATION)
    probabilities: dict[str, NDArray[np.float64]] = {}
    for path in map(Path, sys.argv[3:]):
        model = load_network(path)
        with limited_threads(resolve_threads(params.load().threads)):
            probabilities[name_of(path)] = model.predict_proba(X)
    rows = []
    for size in range(1, len(probabilities) + 1):
        for names in combinations(probabilities, size):
            mean = np.mean([probabilities[name] for name in names], axis=0)
            rows.append({"networks": " + ".join(names), **validation_figures(y, mean, model.classes_)})
    write_text(Path(sys.argv[2]), pd.DataFrame(rows).to_csv(index=False, float_format="%.6g"))


if __name__ == "__main__":
    run(main)
