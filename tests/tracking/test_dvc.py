"""Experiments that DVC runs in temporary copies of a project, with the real DVC."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ferflow.params import Params
from ferflow.timings import record_timings
from tests.tracking.finished import ROOT, list_runs

MODEL = Path("results/experiments/softmax/0/model.safetensors")
STAGE = """
from pathlib import Path

from ferflow import params, paths
from ferflow.tracking import publish as tracking
from ferflow.tracking.identity import origin
from ferflow.timings import record_timings

settings = params.load()
with tracking.training_run(settings, "softmax", 0):
    Path("out.txt").write_text(settings.budget)
record_timings(paths.model("softmax", 0), origin=origin())
tracking.log_evaluation(settings, "softmax", 0)
"""
PIPELINE = {
    "stages": {"train": {"cmd": "python stage.py", "params": ["budget", "seeds"], "outs": ["out.txt"]}}
}


@pytest.fixture
def project(finished: Params, tmp_path: Path) -> Path:
    """Make a repository whose one stage sends a training that was too short to be shown live."""
    record_timings(MODEL, train_seconds=1.5)
    Path("stage.py").write_text(STAGE)
    Path("dvc.yaml").write_text(yaml.safe_dump(PIPELINE))
    shutil.copyfile(ROOT / "params.yaml", "params.yaml")
    Path(".gitignore").write_text("/mlflow.db*\n/mlruns/\n")
    _run("git", "init", "--quiet")
    _run("git", "config", "user.name", "someone")
    _run("git", "config", "user.email", "someone@example.org")
    _run("dvc", "init", "--quiet")
    _run("git", "add", ".")
    _run("git", "commit", "--quiet", "--message", "start")
    return tmp_path


def _run(*command: str) -> str:
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "DVC_NO_ANALYTICS": "1",
    }
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=600)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def test_experiments_in_temporary_folders_are_tracked_by_the_project(project: Path) -> None:
    _run("dvc", "exp", "run", "--temp", "--name", "brisk-dove", "--set-param", "budget=full")
    _run("dvc", "exp", "run", "--queue", "--name", "calm-owl", "--set-param", "seeds=[0,1]")
    _run("dvc", "exp", "run", "--run-all")
    trainings = {run.data.params["budget"]: run for run in list_runs() if "seed" in run.data.params}
    assert {budget: run.data.tags["dvc.experiment"] for budget, run in trainings.items()} == {
        "full": "brisk-dove",
        "quick": "calm-owl",
    }
    for run in trainings.values():
        assert run.data.tags["engine"] == "dvc"
        assert run.data.tags["dvc.baseline"] == _run("git", "rev-parse", "HEAD")
        (model,) = run.outputs.model_outputs
        assert list((project / "mlruns" / "models" / model.model_id).rglob("model.safetensors"))
