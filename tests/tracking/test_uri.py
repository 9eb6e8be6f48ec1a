import socket
import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from ferflow.tracking.uri import artifacts, probe, resolve


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a temporary copy of a project."""
    copy = tmp_path / ".dvc/tmp/exps/tmpabc"
    (copy / ".dvc").mkdir(parents=True)
    monkeypatch.chdir(copy)
    return tmp_path


@pytest.mark.parametrize(
    ("uri", "absolute"),
    [
        (None, "sqlite:///{}/mlflow.db"),
        ("sqlite:///mlflow.db", "sqlite:///{}/mlflow.db"),
        ("sqlite+pysqlite:///x/y.db", "sqlite+pysqlite:///{}/x/y.db"),
        ("mlruns", "{}/mlruns"),
        ("./x/y", "{}/x/y"),
        ("file:x", "file://{}/x"),
    ],
)
def test_relative_places_are_in_the_project(project: Path, uri: str | None, absolute: str) -> None:
    assert resolve(uri) == absolute.format(project)


@pytest.mark.parametrize(
    "uri",
    [
        "sqlite:////srv/mlflow.db",
        "sqlite:///:memory:",
        "/srv/mlruns",
        "file:///srv/mlruns",
        "http://127.0.0.1:5000",
        "postgresql+psycopg2://me@host/mlflow",
        "databricks",
    ],
)
def test_absolute_places_stay(project: Path, uri: str) -> None:
    assert resolve(uri) == uri


def test_files_lie_beside_a_database(project: Path) -> None:
    assert artifacts("sqlite:////srv/mlflow.db") == f"file://{project}/mlruns"
    assert artifacts("postgresql+psycopg2://me@host/mlflow") == f"file://{project}/mlruns"
    assert artifacts("http://127.0.0.1:5000") is None
    assert artifacts("/srv/mlruns") is None


def test_a_database_that_refuses_is_not_asked_fifteen_times() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            for _ in range(2):  # the look whether anything listens, then the database's driver
                server.accept()[0].close()

        threading.Thread(target=refuse, daemon=True).start()
        with pytest.raises(OperationalError):
            probe(f"postgresql+psycopg2://me:wrong@127.0.0.1:{server.getsockname()[1]}/mlflow")
