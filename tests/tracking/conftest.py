import shutil
from pathlib import Path

import pytest

from ferflow.params import Params
from tests.tracking.finished import finish, save_some_faces, softmax_only


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database of MLflow's without runs: to create one takes it seconds."""
    import mlflow

    path = tmp_path_factory.mktemp("database") / "mlflow.db"
    mlflow.MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget which engine runs these tests."""
    for name in ("DVC_STAGE", "DVC_ROOT", "DVC_EXP_NAME", "DVC_EXP_BASELINE_REV", "FERFLOW_ENGINE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def settings(empty_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    """Return parameters with one experiment, in a folder that holds its data."""
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(empty_database, "mlflow.db")
    save_some_faces()
    return softmax_only()


@pytest.fixture
def finished(settings: Params) -> Params:
    """Add the files of a training and its evaluation."""
    finish(epochs=3)
    return settings
