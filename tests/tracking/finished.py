"""A training that is finished, and the runs that MLflow has of it."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ferflow import params as parameter_files
from ferflow.content import Estimate
from ferflow.data.faces import FER_CLASSES, make_faces, save_faces
from ferflow.evaluation.evaluation import Machine, write_evaluation
from ferflow.files import write_json
from ferflow.models.factory import make_model
from ferflow.params import Params
from ferflow.timings import record_timings
from tests.evaluations import COST, evaluation_of, subsets_of

ROOT = Path(__file__).parents[2]
OWN_CODE = {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}  # for processes that import tests too
SIDE = 12
MACHINE = {"threads": 1, "precision": None}


def whole_params() -> Params:
    """Return the project's parameters."""
    return parameter_files.load(ROOT / "params.yaml")


def softmax_only() -> Params:
    """Return the project's parameters with one experiment left."""
    whole = whole_params()
    only = {"experiments": {"softmax": whole.experiments["softmax"]}, "run": ["softmax"]}
    return whole.model_copy(update=only)


def save_some_faces() -> None:
    """Write what the stage ingest leaves."""
    rng = np.random.default_rng(0)
    label = np.arange(70, dtype=np.int16) % 7
    pixels = rng.integers(0, 256, (70, SIDE, SIDE), dtype=np.uint8)
    save_faces(make_faces(pixels, label, ["Training"] * 70, FER_CLASSES, [f"row {i}" for i in range(70)]))


def finish(epochs: int, seed: int = 0, **machine: Any) -> None:
    """Write what the training and the evaluation of one model leave."""
    folder = Path("results/experiments/softmax") / str(seed)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    X = rng.integers(0, 256, (35, SIDE * SIDE), dtype=np.uint8)
    model = make_model("softmax", epochs=epochs, random_state=seed).fit(X, np.arange(35) % 7)
    model.save(folder / "model.safetensors", class_names=FER_CLASSES)
    pd.DataFrame(model.history_).to_csv(folder / "history.csv", index=False)
    write_json(folder / "metrics.json", {"official": {"macro_f1": 0.5}, "validation": {"macro_f1": 0.25}})
    counts = np.eye(len(FER_CLASSES), dtype=int).tolist()
    subsets = subsets_of(counts, Estimate(value=0.5, low=0.4, high=0.6), FER_CLASSES)
    cost = COST.model_copy(update={"parameters": 1015})
    about = {"experiment": "softmax", "seed": seed, "cost": cost}
    write_evaluation(evaluation_of(subsets, FER_CLASSES, **about, machine=Machine(**MACHINE | machine)))
    (folder / "confusion.png").write_bytes(b"\x89PNG")
    record_timings(folder / "model.safetensors", train_seconds=61.5)


def list_runs(database: Path = Path("mlflow.db")) -> list[Any]:
    """Return all visible runs, of trainings and reports."""
    client = client_of(database)
    experiments = [each.experiment_id for each in client.search_experiments() if each.name != "Default"]
    return list(client.search_runs(experiments)) if experiments else []


def runs(database: Path = Path("mlflow.db")) -> dict[str, Any]:
    """Return the visible runs by name; every name once."""
    all_runs = list_runs(database)
    by_name = {run.info.run_name: run for run in all_runs}
    assert len(by_name) == len(all_runs)
    return by_name


def history(run: Any, metric: str) -> list[tuple[int, float]]:
    """Return the steps and values of one metric."""
    steps = client_of(Path("mlflow.db")).get_metric_history(run.info.run_id, metric)
    return [(m.step, m.value) for m in steps]


def client_of(database: Path) -> Any:
    import mlflow

    return mlflow.MlflowClient(f"sqlite:///{database.resolve()}")
