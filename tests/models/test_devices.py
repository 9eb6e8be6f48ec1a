"""One trainer for one process and for several, and checkpoints that move between them."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from ferflow.evaluation.predictions import machine_of
from ferflow.models.devices import hardware_name, use_repeatable_kernels
from ferflow.models.factory import load_model
from ferflow.models.resnet import ResNetClassifier
from tests.ports import free_port

#: A training without batch normalisation, whose statistics are each process's own.
TRAINING = """
import json, os, sys
from pathlib import Path
import numpy as np
import torch
from torch import nn
from dataclasses import dataclass
from ferflow.models.network import NetworkClassifier

torch.set_num_threads(1)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(256, 16), nn.ReLU(), nn.Linear(16, 3))

    def forward(self, faces):
        return self.layers(faces.float() / 255 - 0.5)


@dataclass(kw_only=True, eq=False, repr=False)
class Plain(NetworkClassifier):
    model_name = "plain"

    def _network(self):
        return Network()


rng = np.random.default_rng(0)
X = rng.integers(0, 256, (90, 256)).astype(np.uint8)
y = (X[:, :128].mean(axis=1) > X[:, 128:].mean(axis=1)).astype(int) + (X[:, 0] > 128)
model = Plain(  # with SGD, whose steps are as long as its gradients: AdamW's are not
    epochs=4,
    batch_size=31,
    augmentation={"rotate": 5.0, "mixup": 0.5},
    optimizer="sgd",
    learning_rate=0.03,
)
result, checkpoint, stop_after = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])


def stop(row):
    if row["epoch"] == stop_after:
        sys.exit(0)


model.fit(X, y, sample_weight=1 + y, validation=(X, y), checkpoint=checkpoint, progress=stop)
if os.environ.get("RANK", "0") == "0":
    weights = {name: tensor.tolist() for name, tensor in model.network_.state_dict().items()}
    result.write_text(json.dumps([model.history_, weights]))
"""


TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
Trained = tuple[list[dict[str, float]], dict[str, list[float]]]


def train(folder: Path, *launcher: str, stop_after: int = -1) -> Trained | None:
    """Train, or go on from a checkpoint; None if told to stop."""
    (folder / "training.py").write_text(TRAINING)
    result = folder / "result.json"
    command = [*launcher, str(folder / "training.py"), str(result), str(folder / "state.pt"), str(stop_after)]
    subprocess.run(command, check=True, timeout=240)
    return json.loads(result.read_text()) if result.exists() else None


def assert_alike(one: Trained | None, two: Trained | None) -> None:
    assert one is not None and two is not None
    assert len(one[0]) == len(two[0]) == 4
    for row, other in zip(one[0], two[0], strict=True):
        assert other == pytest.approx(row, rel=1e-4)
    for name, values in one[1].items():
        np.testing.assert_allclose(two[1][name], values, rtol=1e-3, atol=1e-5)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Trained | None:
    return train(tmp_path_factory.mktemp("alone"), sys.executable)


def test_two_processes_give_the_curve_of_one(alone: Trained | None, tmp_path: Path) -> None:
    assert_alike(alone, train(tmp_path, *TORCHRUN))


def test_two_nodes_give_the_curve_of_one_process(alone: Trained | None, tmp_path: Path) -> None:
    meeting = ("--nnodes", "2", "--nproc-per-node", "1", "--master-addr", "127.0.0.1", "--master-port")
    port = str(free_port())
    (tmp_path / "second").mkdir()
    with ThreadPoolExecutor() as pool:
        first, _ = pool.map(
            lambda folder, rank: train(folder, *TORCHRUN[:3], *meeting, port, "--node-rank", rank),
            (tmp_path, tmp_path / "second"),
            ("0", "1"),
        )
    assert_alike(alone, first)


def test_two_processes_go_on_where_one_stopped(alone: Trained | None, tmp_path: Path) -> None:
    assert train(tmp_path, sys.executable, stop_after=2) is None
    assert_alike(alone, train(tmp_path, *TORCHRUN))


def test_kernels_are_chosen_for_repeatable_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    try:
        use_repeatable_kernels()
        assert torch.are_deterministic_algorithms_enabled()
        assert not torch.backends.cudnn.benchmark
    finally:
        torch.use_deterministic_algorithms(False)


def test_the_gpu_and_its_libraries_are_told_of_a_network_that_was_trained_on_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ResNetClassifier(epochs=1, widths=(4,), blocks=(0,))
    model.fit(np.zeros((4, 576), dtype=np.uint8), np.arange(4) % 2)
    assert machine_of(model, 1).device == "cpu"
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H200")
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91002)
    model.device, model.hardware_ = "cuda", hardware_name(torch.device("cuda"))
    model.save(tmp_path / "model.safetensors")
    found = load_model(tmp_path / "model.safetensors")
    assert machine_of(found, 1).device == "cuda (NVIDIA H200, CUDA 12.8, cuDNN 91002, deterministic kernels)"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_gives_the_same_bytes_twice() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (64, 576), dtype=np.uint8), np.arange(64) % 3
    one, two = (ResNetClassifier(epochs=2, batch_size=16, device="cuda").fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))
    assert torch.cuda.get_device_name() in one.hardware_
