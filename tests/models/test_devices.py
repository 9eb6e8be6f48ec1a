"""One trainer for one process and for several, and checkpoints that move between them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

#: A training without batch normalisation, whose statistics are each process's own.
TRAINING = """
import json, os, sys
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
model = Plain(epochs=4, batch_size=31, augmentation={"rotate": 5.0, "mixup": 0.5}, learning_rate=0.003)
model.fit(X, y, sample_weight=1 + y, validation=(X, y))
if os.environ.get("RANK", "0") == "0":
    history = json.dumps(model.history_)
    weights = {name: tensor.tolist() for name, tensor in model.network_.state_dict().items()}
    open(sys.argv[1], "w").write(json.dumps([model.history_, weights]))
"""


def trained(folder: Path, *launcher: str) -> tuple[list[dict[str, float]], dict[str, list[float]]]:
    (folder / "training.py").write_text(TRAINING)
    result = folder / "result.json"
    subprocess.run([*launcher, str(folder / "training.py"), str(result)], check=True, timeout=240)
    history, weights = json.loads(result.read_text())
    return history, weights


def test_two_processes_give_the_curve_of_one(tmp_path: Path) -> None:
    history, weights = trained(tmp_path, sys.executable)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    shared_history, shared_weights = trained(tmp_path, *torchrun)
    assert len(history) == 4
    for one, two in zip(history, shared_history, strict=True):
        assert two == pytest.approx(one, rel=1e-4)
    for name, values in weights.items():
        np.testing.assert_allclose(shared_weights[name], values, rtol=1e-3, atol=1e-5)
