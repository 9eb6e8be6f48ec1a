import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferflow.data.faces import FER_CLASSES
from ferflow.files import write_json
from ferflow.models.factory import load_model
from ferflow.params import Params
from ferflow.tracking import publish as tracking
from ferflow.tracking.champions import candidates
from tests.ports import free_port
from tests.tracking.finished import SIDE, finish, runs

NAME = "ferflow-seven"


@pytest.fixture
def two_seeds(settings: Params) -> Params:
    """Finish two seeds, of which the second is better on the validation faces."""
    for seed, score in ((0, 0.25), (1, 0.5)):
        finish(epochs=2, seed=seed)
        write_json(
            Path(f"results/experiments/softmax/{seed}/metrics.json"),
            {"official": {"macro_f1": 1 - score}, "validation": {"macro_f1": score}},
        )
    return settings.model_copy(update={"seeds": [0, 1]})


def champion() -> Any:
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{Path('mlflow.db').resolve()}")
    return client.get_model_version_by_alias(NAME, "champion")


def test_the_best_on_validation_faces_is_champion_once(two_seeds: Params) -> None:
    tracking.publish(two_seeds)
    assert champion().run_id == runs()["softmax seed 1"].info.run_id
    tracking.publish(two_seeds)
    assert champion().version in (1, "1")
    for score, seed, version in ((0.9, 0, 2), (0.1, 1, 1)):
        write_json(Path("results/experiments/softmax/0/metrics.json"), {"validation": {"macro_f1": score}})
        tracking.publish(two_seeds)
        assert champion().run_id == runs()[f"softmax seed {seed}"].info.run_id
        assert int(champion().version) == version  # registered once, however often it wins


def test_only_what_was_validated_on_the_same_faces_is_compared(two_seeds: Params) -> None:
    softmax = two_seeds.experiments["softmax"]
    more = {
        name: softmax.model_copy(update={"protocol": protocol})
        for name, protocol in (
            ("over", "seven-oversample"),
            ("pair", "pair"),
            ("leaky", "capped-500-as-published"),
            ("adjusted", "seven"),
            ("unfinished", "capped"),
        )
    }
    # A server would load the model of "adjusted" without the adjustment that its figures are with.
    more["adjusted"] = more["adjusted"].model_copy(update={"adjustment": "thresholds"})
    for name, score in (("over", 0.4), ("pair", 0.9), ("leaky", 0.99), ("adjusted", 0.99)):
        write_json(Path(f"results/experiments/{name}/0/metrics.json"), {"validation": {"macro_f1": score}})
    settings = two_seeds.model_copy(
        update={"experiments": {"softmax": softmax, **more}, "run": ["softmax", *more]}
    )
    assert dict(candidates(settings)) == {
        NAME: [(0.5, "softmax", 1), (0.4, "over", 0), (0.25, "softmax", 0)],
        "ferflow-pair": [(0.9, "pair", 0)],
    }


def test_of_equally_good_trainings_the_first_is_best_and_one_without_a_figure_is_none(
    two_seeds: Params,
) -> None:
    for seed, score in ((0, 0.5), (2, None)):
        write_json(
            Path(f"results/experiments/softmax/{seed}/metrics.json"), {"validation": {"macro_f1": score}}
        )
    settings = two_seeds.model_copy(update={"seeds": [0, 1, 2]})
    assert dict(candidates(settings)) == {NAME: [(0.5, "softmax", 0), (0.5, "softmax", 1)]}


def test_the_champion_is_served_over_http(two_seeds: Params) -> None:
    tracking.publish(two_seeds)
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", f"models:/{NAME}@champion"]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    uri = f"sqlite:///{Path('mlflow.db').resolve()}"
    environment = os.environ | {"MLFLOW_TRACKING_URI": uri, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with subprocess.Popen(command, env=environment, start_new_session=True) as server:
        try:
            _wait(f"http://127.0.0.1:{port}/ping", server)
            faces = np.random.default_rng(5).integers(0, 256, (3, SIDE * SIDE)).astype(np.uint8)
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/invocations",
                json.dumps({"inputs": faces.tolist()}).encode(),
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=300) as response:
                rows = json.load(response)["predictions"]
        finally:
            os.killpg(server.pid, 15)
    model = load_model(Path("results/experiments/softmax/1/model.safetensors"))
    served = [[row[name] for name in FER_CLASSES] for row in rows]
    np.testing.assert_allclose(served, model.predict_proba(faces), atol=1e-6)


def _wait(url: str, server: subprocess.Popen) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError("the server did not answer")
