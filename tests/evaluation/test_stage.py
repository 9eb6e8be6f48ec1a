"""The evaluate script as the engines call it, on a model that was really trained."""

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ferflow.data.faces import load_faces
from ferflow.data.samples import inputs_and_targets, load_samples
from ferflow.engines.stages import Job
from ferflow.errors import InputError
from ferflow.evaluation import predictions as evaluation
from ferflow.evaluation.evaluation import EVALUATED, Cost
from ferflow.files import read_parquet, write_json, write_parquet
from ferflow.models.factory import load_model, make_model
from ferflow.timings import timings_path
from tests.fabricated import REPOSITORY
from tests.vouching import vouch_for_inputs

SCRIPTS = REPOSITORY / "workflow/scripts"
FILES = ("predictions.parquet", "metrics.json", "evaluation.json", "confusion.png", "curves.png")


@pytest.fixture(scope="module")
def trained(fabricated_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the finished run and train its logistic model in earnest."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    shutil.copytree(fabricated_run, folder)
    run = folder / "results/experiments/logistic"
    samples = load_samples(run / "split.parquet")
    faces = load_faces(folder / "results/faces.npy", folder / "results/faces.parquet")
    model = make_model("logistic", epochs=4, random_state=0).fit(*inputs_and_targets(faces, samples, "train"))
    model.save(run / "0/model.safetensors", class_names=samples.classes)
    pd.DataFrame(model.history_).to_csv(run / "0/history.csv", index=False)
    timings = folder / "timings" / timings_path(run / "0/model.safetensors").name
    write_json(timings, {"train_seconds": 2.5})
    for name in FILES:
        (run / "0" / name).unlink()
    with contextlib.chdir(folder):
        vouch_for_inputs(Job("evaluate", "logistic", 0))
        vouch_for_inputs(Job("evaluate", "cnn", 0))
        Job("train", "cnn", 0).record.unlink()
    return folder


def call(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script as an engine does; its last line of output says whether it imported torch."""
    code = (
        "import runpy, sys\n"
        f"sys.argv = {[script, *arguments]!r}\n"
        f"try: runpy.run_path({str(SCRIPTS / script)!r}, run_name='__main__')\n"
        "finally: print('torch' in sys.modules)\n"
    )
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_evaluate_writes_its_files_twice_the_same_and_without_torch(trained: Path) -> None:
    run = trained / "results/experiments/logistic/0"
    contents = []
    for _ in range(2):
        done = call(trained, "evaluate.py", "--experiment", "logistic", "--seed", "0")
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[-1] == "False"
        contents.append({name: (run / name).read_bytes() for name in FILES})
    assert contents[0] == contents[1]

    measured = json.loads((run / "evaluation.json").read_text())
    assert measured["machine"] == {"threads": 1, "precision": None, "device": None}
    assert set(measured["subsets"]) == {"validation", "official", "clean"}
    assert measured["subsets"]["clean"]["n"] <= measured["subsets"]["official"]["n"]
    samples = load_samples(run.parent / "split.parquet")
    model = load_model(run / "model.safetensors")
    assert measured["cost"]["training_macs"] == 3 * model.macs_ * samples.train_faces * 4
    assert measured["cost"]["model_bytes"] == (run / "model.safetensors").stat().st_size
    times = json.loads((trained / "timings" / timings_path(run / "model.safetensors").name).read_text())
    assert times["latency_ms"] > 0
    assert times["train_seconds"] == 2.5  # what train wrote is kept

    table = read_parquet(run / "predictions.parquet")
    assert list(table.columns) == ["face", "subset", "clean", "label", "p_angry", "p_disgust"]
    assert table["p_angry"].dtype == np.float32
    assert (table["subset"] == "test").sum() == measured["subsets"]["official"]["n"]
    assert np.allclose(table[["p_angry", "p_disgust"]].sum(axis=1), 1, atol=1e-5)


def test_evaluate_of_an_unknown_experiment_or_untrained_model_is_one_line(trained: Path) -> None:
    for name, message in (("logistics", "did you mean"), ("cnn", "results/records/train-cnn-0.json")):
        done = call(trained, "evaluate.py", "--experiment", name, "--seed", "0")
        assert done.returncode == 2
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) == 1
        assert message in done.stderr


def adjusted_tables(folder: Path, adjustment: str) -> pd.DataFrame:
    """Evaluate the logistic experiment with an adjustment, and read its predictions."""
    parameters = yaml.safe_load((folder / "params.yaml").read_text())
    parameters["experiments"]["logistic"]["adjustment"] = adjustment
    (folder / "params.yaml").write_text(yaml.safe_dump(parameters))
    with contextlib.chdir(folder):
        vouch_for_inputs(Job("evaluate", "logistic", 0))
    done = call(folder, "evaluate.py", "--experiment", "logistic", "--seed", "0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "False"  # no torch
    return read_parquet(folder / "results/experiments/logistic/0/predictions.parquet")


def odds(table: pd.DataFrame) -> np.ndarray:
    return table["p_disgust"].to_numpy(float) / table["p_angry"].to_numpy(float)


def test_an_adjustment_weighs_validation_and_test_alike_and_never_sees_test(
    trained: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(trained, folder)
    plain = adjusted_tables(folder, "none")
    prior = load_samples(folder / "results/experiments/logistic/split.parquet").train_counts

    after = adjusted_tables(folder, "logit-adjustment")
    assert odds(after) / odds(plain) == pytest.approx(prior[0] / prior[1], rel=1e-3)

    moved = adjusted_tables(folder, "thresholds")
    ratio = odds(moved) / odds(plain)
    assert ratio == pytest.approx(ratio[0], rel=1e-3)
    figures = json.loads((folder / "results/experiments/logistic/0/metrics.json").read_text())
    validation = plain[plain["subset"] == "validation"]
    recall = (validation[["p_angry", "p_disgust"]].to_numpy().argmax(axis=1) == validation["label"]).groupby(
        validation["label"]
    )
    assert figures["validation"]["balanced_accuracy"] >= recall.mean().mean()

    faces = read_parquet(folder / "results/faces.parquet")
    test = faces["usage"] == "PrivateTest"
    faces.loc[test, "label"] = (
        faces.loc[test, "label"]
        .map({"angry": "disgust", "disgust": "angry"})
        .fillna(faces.loc[test, "label"])
    )
    faces.to_parquet(folder / "results/faces.parquet")
    columns = ["p_angry", "p_disgust"]
    relabelled = adjusted_tables(folder, "thresholds")
    assert not relabelled["label"].equals(moved["label"])
    assert relabelled[columns].equals(moved[columns])


def test_a_class_the_model_never_saw_gets_no_probability() -> None:
    class Narrow:
        classes_ = np.array([0, 2])
        parameter_count_ = 1
        macs_ = 1

        def predict_proba(self, X: np.ndarray) -> np.ndarray:
            return np.full((len(X), 2), 0.5)

    probabilities = evaluation.named_probabilities(Narrow(), np.zeros((3, 4), dtype=np.uint8), "abc")
    assert probabilities.tolist() == [[0.5, 0.0, 0.5]] * 3


def test_sides_are_read_back_from_predictions() -> None:
    rows = pd.DataFrame(
        {"face": [3, 4, 5], "subset": ["validation", "test", "test"], "clean": [False, True, False]}
    )
    probabilities = np.array([[1, 0], [0, 1], [0.5, 0.5]], dtype=np.float32)
    table = evaluation.prediction_table(rows, np.array([0, 1, 1]), probabilities, ["a", "b"])
    assert [len(evaluation.select_subset(table, subset)[0]) for subset in EVALUATED] == [1, 2, 1]


def test_latency_is_the_median_of_single_faces() -> None:
    class Slow:
        sizes: list[int] = []  # noqa: RUF012
        classes_ = np.array([0])
        parameter_count_, macs_ = 7, 2

        def predict_proba(self, X: np.ndarray) -> np.ndarray:
            self.sizes.append(len(X))
            return np.ones((len(X), 1))

    assert evaluation.latency_ms(Slow(), np.zeros((3, 4), dtype=np.uint8), repeats=4) > 0
    assert Slow.sizes == [1] * 6
    cost = evaluation.cost_of(Slow(), model_bytes=9, faces_per_epoch=10, epochs=5)
    assert cost == Cost(parameters=7, macs=2, model_bytes=9, training_macs=300)
    assert cost.training_faces == 50


@pytest.mark.parametrize("change", [{"label": [0, 2]}, {"p_b": [1, 0]}])
def test_predictions_of_classes_that_are_not_there_are_refused(
    tmp_path: Path, change: dict[str, list[int]]
) -> None:
    rows = pd.DataFrame({"face": [0, 1], "subset": "test", "clean": True})
    table = evaluation.prediction_table(rows, np.array([0, 1]), np.eye(2, dtype=np.float32), ["a", "b"])
    write_parquet(tmp_path / "p.parquet", table)
    assert evaluation.read_predictions(tmp_path / "p.parquet").equals(table)
    write_parquet(tmp_path / "p.parquet", table.assign(**change))
    with pytest.raises(InputError, match=r"p\.parquet: .*run the evaluate stage again"):
        evaluation.read_predictions(tmp_path / "p.parquet")


def test_a_note_says_on_what_a_figure_was_measured() -> None:
    note = evaluation.measured_on("seven", 3589, on_sample=True, leaky=True)
    assert note == "sample faces · protocol seven · 3,589 test faces · leaky"
    assert evaluation.measured_on("seven", 5, on_sample=False, leaky=False) == "protocol seven · 5 test faces"
