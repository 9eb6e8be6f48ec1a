import errno
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ferflow.data.faces import FER_CLASSES
from ferflow.errors import InputError
from ferflow.params import Params
from ferflow.timings import record_timings
from ferflow.tracking import publish as tracking
from ferflow.tracking.run import Run
from ferflow.tracking.store import Store
from tests.tracking.finished import ROOT, SIDE, client_of, finish, history, list_runs, runs

LONG = 120  # seconds that are waited in full only where something is broken


def test_publish_sends_everything_once(finished: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")  # which comes before the system's name
    Path("mlflow.db").unlink()  # it makes its own
    assert tracking.publish(finished) == 1
    assert tracking.publish(finished) == 0
    runs_by_name = runs()
    assert set(runs_by_name) == {"sample faces, quick budget", "softmax seed 0"}
    run = runs_by_name["softmax seed 0"]
    assert run.data.tags["engine"] == "by hand"
    assert run.data.params["balance.method"] == "none"
    assert run.data.params["model.name"] == "softmax"
    assert run.data.params["seed"] == "0"
    assert {run.data.tags["mlflow.user"] for run in runs_by_name.values()} == {"ada"}
    assert run.data.tags["threads"] == "1"
    assert not {"precision", "device"} & set(run.data.tags)  # of networks alone
    assert run.data.metrics["test/macro_f1"] == 0.5
    assert run.data.metrics["work/parameters"] == 1015
    assert run.info.status == "FINISHED"
    assert run.info.end_time - run.info.start_time == 61_500
    assert [step for step, _ in history(run, "training/train_loss")] == [1, 2, 3]
    assert run.inputs.dataset_inputs[0].dataset.digest == run.data.tags["data_digest"]


def test_a_user_without_a_name_publishes(finished: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)  # as a container may have it
    assert tracking.publish(finished) == 1
    assert "mlflow.user" not in runs()["softmax seed 0"].data.tags


def test_published_model_loads_and_predicts(finished: Params) -> None:
    tracking.publish(finished)
    import mlflow

    (model,) = runs()["softmax seed 0"].outputs.model_outputs
    model_from_server = mlflow.pyfunc.load_model(f"models:/{model.model_id}")
    probabilities = model_from_server.predict(np.zeros((2, SIDE * SIDE), dtype=np.uint8))
    assert list(probabilities.columns) == list(FER_CLASSES)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert model_from_server.metadata.get_input_schema().inputs[0].shape == (-1, SIDE * SIDE)


def test_a_model_brings_the_code_that_it_needs_and_asks_no_index_for_it(
    finished: Params, tmp_path: Path
) -> None:
    tracking.publish(finished)
    import mlflow

    (output,) = runs()["softmax seed 0"].outputs.model_outputs
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{output.model_id}"))
    (own,) = [line for line in (folder / "requirements.txt").read_text().split() if "ferflow" in line]
    assert own.startswith("code/")
    installed = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target"]
    subprocess.run([*pip, str(installed), own], cwd=folder, check=True)
    lines = (
        f"import ferflow.models.factory as f; f.load_model({str(folder / 'artifacts/model.safetensors')!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{lines}; print(f.__file__)"],
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()).is_relative_to(installed)


def test_publish_replaces_a_run_whose_files_have_changed(finished: Params) -> None:
    tracking.publish(finished)
    finish(epochs=5)
    assert tracking.publish(finished) == 1
    assert len(history(runs()["softmax seed 0"], "training/train_loss")) == 5
    Path("results/experiments/softmax/0/confusion.png").write_bytes(b"\x89PNG of another style")
    assert tracking.publish(finished) == 1


def test_publish_waits_for_results(settings: Params) -> None:
    assert tracking.publish(settings) == 0


def test_publish_keeps_the_report(finished: Params) -> None:
    Path("results/report").mkdir()
    Path("results/report/comparison.md").write_text("| a |\n")
    tracking.publish(finished)
    parent = runs()["sample faces, quick budget"].info
    assert (Path(parent.artifact_uri.removeprefix("file://")) / "report/comparison.md").is_file()


def test_other_parameters_and_other_faces_are_another_run_with_a_winner_of_its_own(
    finished: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracking.publish(finished)
    tracking.publish(finished.model_copy(update={"budget": "full"}))
    monkeypatch.setattr("ferflow.tracking.store.content_digest", lambda faces: "of other faces")
    tracking.publish(finished)
    all_runs = list_runs()
    assert {run.data.params["budget"] for run in all_runs} == {"quick", "full"}
    winners = [run.data.tags for run in all_runs if "winner" in run.data.tags]
    digest = next(tags["data_digest"] for tags in winners if tags["budget"] == "full")
    assert {(tags["budget"], tags["data_digest"]) for tags in winners} == {
        ("quick", digest),
        ("full", digest),
        ("quick", "of other faces"),
    }


@dataclass(frozen=True)
class Live:
    """What the thread that shows a training has done."""

    begun: Event
    arrived: Event


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Live:
    """Show trainings from their start, and tell when a run has begun and when rows have arrived."""
    live = Live(begun=Event(), arrived=Event())
    begin, add_curves = Store.begin, Run.add_curves

    def begin_and_tell(self: Store, experiment: str, seed: int) -> Run | None:
        run = begin(self, experiment, seed)
        live.begun.set()
        return run

    def add_and_tell(self: Run, rows: list[dict[str, Any]]) -> None:
        add_curves(self, rows)
        if rows:
            live.arrived.set()

    monkeypatch.setattr(Store, "begin", begin_and_tell)
    monkeypatch.setattr(Run, "add_curves", add_and_tell)
    monkeypatch.setattr(tracking, "LIVE_AFTER", 0.0)
    monkeypatch.setattr(tracking, "_EVERY", 0.01)
    monkeypatch.setattr(tracking, "_LAST_WORD", LONG)
    return live


def test_long_training_shows_its_curve_as_it_goes(settings: Params, live: Live) -> None:
    with tracking.training_run(settings, "softmax", 0) as progress:
        progress({"epoch": 1, "train_loss": 2.0})
        assert live.arrived.wait(LONG)
        run = runs()["softmax seed 0"]
        assert run.info.status == "RUNNING"
        assert history(run, "training/train_loss") == [(1, 2.0)]
        progress({"epoch": 2, "train_loss": 1.0})
    run = runs()["softmax seed 0"]
    assert history(run, "training/train_loss") == [(1, 2.0), (2, 1.0)]
    assert run.info.status == "FINISHED"


def test_live_curve_and_published_files_are_one_run(finished: Params, live: Live) -> None:
    rows = pd.read_csv("results/experiments/softmax/0/history.csv").to_dict("records")
    with tracking.training_run(finished, "softmax", 0) as progress:
        for row in rows:
            progress({str(key): value for key, value in row.items()})
        assert live.begun.wait(LONG)
    shown = runs()["softmax seed 0"].info.run_id
    tracking.log_evaluation(finished, "softmax", 0)
    run = runs()["softmax seed 0"]
    assert run.info.run_id == shown
    assert [step for step, _ in history(run, "training/train_loss")] == [1, 2, 3]
    assert tracking.publish(finished) == 0


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (ValueError, "FAILED")])
def test_stopped_training_is_marked_so(
    settings: Params, live: Live, error: type[BaseException], status: str
) -> None:
    with pytest.raises(error), tracking.training_run(settings, "softmax", 0) as progress:
        progress({"epoch": 1, "train_loss": 2.0})
        assert live.begun.wait(LONG)
        raise error
    assert runs()["softmax seed 0"].info.status == status


def test_short_training_costs_no_import(finished: Params) -> None:
    record_timings(Path("results/experiments/softmax/0/model.safetensors"), train_seconds=1.5)
    code = (
        "import sys\n"
        "from ferflow import params\n"
        "from ferflow.tracking import publish as tracking\n"
        f"settings = params.load({str(ROOT / 'params.yaml')!r})\n"
        "with tracking.training_run(settings, 'softmax', 0) as progress:\n"
        "    progress({'epoch': 1})\n"
        "tracking.log_evaluation(settings, 'softmax', 0)\n"
        "assert 'mlflow' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_tracking_that_is_off_leaves_nothing(finished: Params) -> None:
    Path("mlflow.db").unlink()
    off = _tracking(finished, enabled=False)
    with tracking.training_run(off, "softmax", 0) as progress:
        progress({"epoch": 1})
        assert "tracking" not in {thread.name for thread in threading.enumerate()}
    tracking.log_evaluation(off, "softmax", 0)
    assert tracking.publish(off) == 0
    assert not Path("mlflow.db").exists()


@pytest.fixture
def dead_server() -> Iterator[str]:
    """Keep a port, but do not listen."""
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    """Listen, but never answer."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=8)) as server:
        yield server


def test_dead_server_costs_one_line(
    finished: Params, dead_server: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert tracking.publish(_tracking(finished, uri=dead_server)) == 0
    output = capfd.readouterr()
    # The words of a refused connection alone: MLflow, which would try for minutes, was not asked.
    refused = f"[Errno {errno.ECONNREFUSED}] {os.strerror(errno.ECONNREFUSED)}"
    assert output.err == (
        f"warning: not tracked, MLflow at {dead_server} failed: {refused}; `ferflow publish` sends it later\n"
    )
    assert output.out == ""


def test_who_asks_for_runs_to_be_sent_is_told_that_they_were_not(finished: Params, dead_server: str) -> None:
    with pytest.raises(InputError, match=f"MLflow at {dead_server} failed: .*sends the rest"):
        tracking.publish_or_fail(_tracking(finished, uri=dead_server))
    with pytest.raises(InputError, match=r"tracking\.enabled is false"):
        tracking.publish_or_fail(_tracking(finished, enabled=False))
    assert tracking.publish_or_fail(finished) == 1


def test_what_is_of_other_parameters_is_not_sent_and_nothing_compared_without_it(finished: Params) -> None:
    assert tracking.publish_or_fail(finished, without=[("softmax", 0)]) == 0
    assert not list_runs()
    assert tracking.publish_or_fail(finished, without=[("softmax", 1)]) == 1
    assert set(runs()) == {"softmax seed 0"}


def test_a_database_of_another_version_is_told_with_the_whole_remedy(finished: Params) -> None:
    with closing(sqlite3.connect("mlflow.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
    with pytest.raises(InputError, match=r"run 'mlflow db upgrade <database_uri>' to .* latest schema"):
        tracking.publish_or_fail(finished)


def test_a_table_that_was_deleted_on_its_page_is_told_with_the_way_back(finished: Params) -> None:
    assert tracking.publish_or_fail(finished) == 1
    client = client_of(Path("mlflow.db"))
    table = client.get_experiment_by_name("ferflow-seven on sample faces").experiment_id
    client.delete_experiment(table)
    with pytest.raises(
        InputError, match=f"was deleted: `mlflow experiments restore --experiment-id {table}`"
    ):
        tracking.publish_or_fail(finished)


def test_results_that_are_missing_are_no_fault_of_a_server(finished: Params) -> None:
    Path("results/faces.parquet").unlink()
    with pytest.raises(
        InputError, match=r"^results/faces\.parquet: no such file; run the ingest stage first"
    ):
        tracking.publish_or_fail(finished)


def test_silent_server_is_given_up_after_one_request_and_costs_one_line(
    finished: Params,
    silent_server: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in ("MLFLOW_HTTP_REQUEST_TIMEOUT", "MLFLOW_HTTP_REQUEST_MAX_RETRIES"):
        monkeypatch.setenv(name, "")  # so that it is put back, though
        monkeypatch.delenv(name)  # tests before this one have set it
    monkeypatch.setattr("ferflow.tracking.run.PATIENCE", 1.0)
    monkeypatch.setattr(tracking, "STUCK_AFTER", LONG)
    uri = f"http://127.0.0.1:{silent_server.getsockname()[1]}"
    assert tracking.publish(_tracking(finished, uri=uri)) == 0
    error = capfd.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith(f"warning: not tracked, MLflow at {uri} failed: API request to {uri}")
    silent_server.setblocking(False)
    connections = 0
    with suppress(BlockingIOError):
        while True:
            silent_server.accept()[0].close()
            connections += 1
    assert connections == 2  # a look at the port, one request


def test_a_request_that_no_timeout_ends_costs_one_line_without_its_password(
    finished: Params,
    silent_server: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    # A server that sends a byte now and then keeps a timeout from ending a request; here it is too long to.
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", str(LONG))
    monkeypatch.setattr(tracking, "STUCK_AFTER", 0.5)
    port = silent_server.getsockname()[1]
    assert tracking.publish(_tracking(finished, uri=f"http://user:secret@127.0.0.1:{port}")) == 0
    assert capfd.readouterr().err == (
        f"warning: not tracked, MLflow at http://user:***@127.0.0.1:{port} failed: a request was not done "
        "after 0.5 seconds; `ferflow publish` sends it later\n"
    )


def _tracking(settings: Params, **changes: Any) -> Params:
    return settings.model_copy(update={"tracking": settings.tracking.model_copy(update=changes)})
