import socket
import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from ferflow.tracking.uri import artifacts, probe, resolve, without_password


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


@pytest.mark.parametrize(
    ("text", "uri", "result"),
    [
        ("at http://me:p%40ss@h:5000: no", "http://me:p%40ss@h:5000", "at http://me:***@h:5000: no"),
        ("password p@ss is wrong", "http://me:p%40ss@h:5000", "password *** is wrong"),
        ("postgresql+psycopg2://a:b1c2@db/x", "postgresql+psycopg2://a:b1c2@db/x", None),
        ("nothing to hide", "http://h:5000", "nothing to hide"),
        (
            "postgresql://me:pa/ss@db/x: no port 'pa'",
            "postgresql://me:pa/ss@db/x",
            "postgresql://me:***@db/x: no port '***'",
        ),
        ("http://me:se#cret@h: no", "http://me:se#cret@h", "http://me:***@h: no"),
        (
            "at pg://h/x?user=me&password=s3&a=b",
            "pg://h/x?user=me&password=s3&a=b",
            "at pg://h/x?user=me&password=***&a=b",
        ),
        ("file:///srv/a:b@c is whole", "file:///srv/a:b@c", "file:///srv/a:b@c is whole"),
        ("http://[::1:secret@x is odd", "http://[::1:secret@x", "the given place is odd"),
    ],
)
def test_passwords_are_blotted_out(text: str, uri: str, result: str | None) -> None:
    assert without_password(text, uri) == (result or "postgresql+psycopg2://a:***@db/x")
