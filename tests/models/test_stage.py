"""The train script as the engines call it: weights, budget and validation faces reach the model."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ferflow import params, paths
from ferflow.data.draw import divide, make_balance, select
from ferflow.data.faces import load_faces, save_faces
from ferflow.data.samples import rows_and_targets, save_samples
from ferflow.engines.stages import Job
from ferflow.files import read_parquet, write_parquet, write_text
from ferflow.models.factory import load_model, make_model
from ferflow.models.hyperparameters import hyperparameters
from ferflow.remedies.registry import sample_weight
from tests.cut import cut
from tests.fabricated import REPOSITORY, draw_faces
from tests.vouching import vouch_for_inputs

NAMES = ("softmax-weighted", "logistic-oversample")


@pytest.mark.parametrize("name", NAMES)
def test_the_script_trains_what_a_fit_by_hand_does(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    cut(content, NAMES)
    for each in NAMES:
        content["experiments"][each]["epochs"] = {"quick": 3, "full": 3}
    content["tracking"]["enabled"] = False
    write_text(Path("params.yaml"), yaml.safe_dump(content, sort_keys=False))
    settings = params.load()
    save_faces(draw_faces(300))
    Path("results/audit.json").write_text("{}")
    protocol = settings.experiment(name).protocol
    selection = select(read_parquet("results/faces.parquet"), settings.protocol(protocol), protocol)
    write_parquet(paths.balance(name), make_balance(selection))
    samples = divide(selection, read_parquet(paths.balance(name)))
    save_samples(paths.split(name), samples)
    vouch_for_inputs(Job("train", name, 0))
    script = REPOSITORY / "workflow/scripts/train.py"
    command = [sys.executable, str(script), "--experiment", name, "--seed", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    faces = load_faces()
    X, y = rows_and_targets(faces, samples, "train")
    model = make_model(**hyperparameters(settings, name, seed=0, epoch_faces=samples.train_faces))
    model.fit(
        X,
        y,
        sample_weight=sample_weight(settings.experiment(name).class_weight, y),
        validation=rows_and_targets(faces, samples, "validation"),
    )
    stored = load_model(paths.model(name, 0))
    pixels = np.asarray(X)
    assert stored.predict_proba(pixels) == pytest.approx(model.predict_proba(pixels), abs=1e-6)
    history = pd.read_csv(paths.training(name, 0) / "history.csv")
    assert history["validation_loss"].iloc[-1] == pytest.approx(
        model.history_[-1]["validation_loss"], rel=1e-4
    )
