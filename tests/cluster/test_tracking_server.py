"""A team's tracking server, MLflow over PostgreSQL with files in S3: ten jobs at once, and a kill."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.cluster import postgres, s3
from tests.ports import free_port
from tests.tracking.finished import OWN_CODE, finish, save_some_faces

JOBS = 10
SECONDS = 120  # until a server answers, on a machine that does other things too

#: What the last act of an evaluation is, and what a person types later.
JOB = """
import sys
from ferflow.tracking.publish import log_evaluation, publish
from tests.tracking.finished import softmax_only
address, *seed = sys.argv[1:]
params = softmax_only()
tracking = params.tracking.model_copy(update={"uri": address})
params = params.model_copy(update={"tracking": tracking, "seeds": tuple(range(10))})
log_evaluation(params, "softmax", int(seed[0])) if seed else print(publish(params))
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Server"]:
    """Start a server of MLflow's over PostgreSQL and S3."""
    if reason := postgres.why_not() or s3.why_not():
        pytest.skip(reason)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.SECRET)
    with postgres.database() as rows, s3.object_store(tmp_path / "store") as files:
        monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", files)
        server = Server(tmp_path, rows)
        server.start()
        yield server
        server.kill()


class Server:
    """``mlflow server`` as a process group that can be killed and started again at the same address."""

    def __init__(self, folder: Path, rows: str) -> None:
        self.address = f"http://127.0.0.1:{free_port()}"
        self._folder = folder
        self._rows = rows
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        host, port = self.address.removeprefix("http://").split(":")
        words = ["mlflow", "server", "--host", host, "--port", port, "--workers", "2"]
        words += ["--backend-store-uri", self._rows, "--artifacts-destination", f"s3://{s3.BUCKET}/runs"]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                words, cwd=self._folder, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{self.address}/health", timeout=5).close()
                return
            assert time.monotonic() < deadline, (self._folder / "server.log").read_text()[-2000:]
            time.sleep(0.3)

    def kill(self) -> None:
        """End it and its workers at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def runs(self) -> list[Any]:
        """List the visible runs of trainings."""
        import mlflow

        client = mlflow.MlflowClient(self.address)
        tables = [each.experiment_id for each in client.search_experiments()]
        found = client.search_runs(tables, "tags.experiment = 'softmax'") if tables else []
        return list(found)


def project(folder: Path) -> Path:
    """Fill a folder with ten finished trainings."""
    folder.mkdir()
    with contextlib.chdir(folder):
        save_some_faces()
        for seed in range(JOBS):
            finish(epochs=1, seed=seed)
    return folder


def start(folder: Path, *words: str, timeout: int | None = None) -> "subprocess.Popen[str]":
    """Start a job or, without a seed, `ferflow publish`; a request may take `timeout` seconds."""
    patience = {} if timeout is None else {"MLFLOW_HTTP_REQUEST_TIMEOUT": str(timeout)}
    return subprocess.Popen(
        [sys.executable, "-c", JOB, *words],
        cwd=folder,
        env=os.environ | OWN_CODE | patience,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_ten_jobs_at_once_and_a_server_that_dies_make_every_run_once(server: Server, tmp_path: Path) -> None:
    mine = project(tmp_path / "mine")
    jobs = [start(mine, server.address, str(seed)) for seed in range(JOBS)]
    while not any(run.data.tags.get("content") for run in server.runs()):
        assert any(job.poll() is None for job in jobs)
        time.sleep(0.2)
    server.kill()
    for job in jobs:
        _, said = job.communicate(timeout=SECONDS)
        assert job.returncode == 0 and "Traceback" not in said, said
    server.start()
    assert sum("content" in run.data.tags for run in server.runs()) < JOBS

    colleagues = Path(shutil.copytree(mine, tmp_path / "colleagues"))
    # As docs/tracking-server.md advises for a slow bucket: this one has a share of two cores.
    for publisher in [start(folder, server.address, timeout=SECONDS) for folder in (mine, colleagues)]:
        _, said = publisher.communicate(timeout=SECONDS)
        assert publisher.returncode == 0 and not said, said
    runs = server.runs()
    assert Counter(run.info.run_name for run in runs) == {f"softmax seed {n}": 1 for n in range(JOBS)}
    assert all(run.data.tags.get("content") and run.info.status == "FINISHED" for run in runs)
    bucket = boto3.resource("s3", endpoint_url=os.environ["MLFLOW_S3_ENDPOINT_URL"]).Bucket(s3.BUCKET)
    figures = [item.key for item in bucket.objects.all() if item.key.endswith("figures/confusion.png")]
    assert {run.info.run_id for run in runs} <= {key.split("/")[2] for key in figures}
    again = start(mine, server.address, timeout=SECONDS)
    assert again.communicate(timeout=SECONDS)[0] == "0\n"
