"""The whole pipeline cut down to seconds, and what it wrote."""

import hashlib
from pathlib import Path
from typing import Any

import yaml

from tests.cut import cut
from tests.pipeline.copies import run_in

EXPERIMENTS = ("logistic", "logistic-oversample", "logistic-as-published", "cnn-augment", "kmeans")


def shrink(folder: Path) -> dict[str, Any]:
    """Leave five cheap experiments, small studies and few faces."""
    parameters = yaml.safe_load((folder / "params.yaml").read_text())
    parameters["sample"]["faces"] = 250
    cut(parameters, EXPERIMENTS)
    experiments = parameters["experiments"]
    experiments["cnn-augment"]["model"]["widths"] = [4, 8]
    for name, epochs in {"logistic-as-published": 21, "cnn-augment": 1}.items():
        experiments[name]["epochs"] = {"quick": epochs, "full": epochs}
    for name in ("logistic", "logistic-oversample"):
        experiments[name]["epochs"]["quick"] = 2
    experiments["kmeans"]["model"] |= {"n_components": 5, "n_clusters": 8}
    parameters["sweeps"] = {"logistic": {"learning_rate": [0.05, 1.0e6]}}
    parameters["repeated_splits"] = {"logistic": {"against": "logistic-oversample", "repetitions": 3}}
    parameters["clusters"] |= {"components": [2], "clusters": [2, 3], "nearest": 3}
    parameters["explain"] = ["cnn-augment"]
    parameters["evaluate"]["resamples"] = 100
    parameters["tracking"]["enabled"] = False
    write(folder, parameters)
    return parameters


def write(folder: Path, parameters: dict[str, Any]) -> None:
    (folder / "params.yaml").write_text(yaml.safe_dump(parameters, sort_keys=False))


def digests(folder: Path) -> dict[str, str]:
    """Hash every file of results/."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted((folder / "results").rglob("*"))
        if file.is_file() and file.name != ".snakemake_timestamp"
    }


def is_done(folder: Path) -> bool:
    """Tell whether Snakemake has nothing to do."""
    dry_run = run_in(folder, "snakemake", "-n")
    return "Nothing to be done" in dry_run.stdout + dry_run.stderr
