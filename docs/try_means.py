"""Measure on PublicTest what means of networks gain: `python docs/try_means.py EXPERIMENT RESULTS MODEL ...`.

EXPERIMENT is one whose split stage has run on the real data (it says which faces are validated on), RESULTS
a CSV (docs/cnn_means.csv) in which these sets replace themselves and others stay, each MODEL the safetensors
file of a network, in the folder of its experiment and seed. Every network predicts from ten views of a face,
uncalibrated. PrivateTest is not looked at.
"""

import sys
from collections import Counter
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
    """Read a network, and have it average ten views of a face as it was trained, without a temperature."""
    model = load_model(path)
    if not isinstance(model, NetworkClassifier):
        raise InputError(f"{path}: no network; name models that are")
    model.flip_average, model.scale_average, model.temperature_ = FLIP, SCALES, 1.0
    return model


def joined(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Put what was measured now in the place of what was measured before: by size, then as they came."""
    table = pd.concat([before, now]).groupby("networks", sort=False, as_index=False).last()
    return table.sort_values("networks", key=lambda names: names.str.count(r"\+"), kind="stable")


def main() -> None:
    """Predict with each network, and average the probabilities of every set of them."""
    if len(sys.argv) < 5:
        raise InputError("usage: python docs/try_means.py EXPERIMENT RESULTS MODEL MODEL ...")
    models = [Path(word) for word in sys.argv[3:]]
    [(name, count)] = Counter(map(name_of, models)).most_common(1)
    if count > 1:
        raise InputError(
            f"{count} networks of {name}, which the table could not tell apart; name one of them"
        )
    samples = load_samples(paths.split(sys.argv[1]))
    X, y = inputs_and_targets(load_faces(), samples, VALIDATION)
    probabilities: dict[str, NDArray[np.float64]] = {}
    for path in models:
        model = load_network(path)
        with limited_threads(resolve_threads(params.load().threads)):
            probabilities[name_of(path)] = model.predict_proba(X)
    rows = []
    for size in range(1, len(probabilities) + 1):
        for names in combinations(probabilities, size):
            mean = np.mean([probabilities[name] for name in names], axis=0)
            rows.append({"networks": " + ".join(names), **validation_figures(y, mean, model.classes_)})
    results = Path(sys.argv[2])
    table = pd.DataFrame(rows)
    if results.exists():
        table = joined(pd.read_csv(results), table)
    write_text(results, table.to_csv(index=False, float_format="%.6g"))


if __name__ == "__main__":
    run(main)
