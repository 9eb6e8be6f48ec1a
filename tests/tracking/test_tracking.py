import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ferflow.data.faces import FER_CLASSES
from ferflow.errors import InputError
from ferflow.params import Params
from ferflow.timings import record_timings
from ferflow.tracking import publish as tracking
from tests.tracking.finished import ROOT, SIDE, finish, history, list_runs, runs


def test_publish_sends_everything_once(finished: Params) -> None:
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
    assert run.data.metrics["test/macro_f1"] == 0.5
    assert run.data.metrics["work/parameters"] == 1015
    assert run.info.status == "FINISHED"
    assert run.info.end_time - run.info.start_time == 61_500
    assert [step for step, _ in history(run, "training/train_loss")] == [1, 2, 3]
    assert run.inputs.dataset_inputs[0].dataset.digest == run.data.tags["data_digest"]


def test_published_model_loads_and_predicts(finished: Params) -> None:
    tracking.publish(finished)
    import mlflow

    (model,) = runs()["softmax seed 0"].outputs.model_outputs
    model_from_server = mlflow.pyfunc.load_model(f"models:/{model.model_id}")
    probabilities = model_from_server.predict(np.zeros((2, SIDE * SIDE), dtype=np.uint8))
    assert list(probabilities.columns) == list(FER_CLASSES)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert model_from_server.metadata.get_input_schema().inputs[0].shape == (-1, SIDE * SIDE)


def test_publish_replaces_a_run_whose_files_have_changed(finished: Params) -> None:
    tracking.publish(finished)
    finish(epochs=5)
    assert tracking.publish(finished) == 1
    assert len(history(runs()["softmax seed 0"], "training/train_loss")) == 5


def test_publish_waits_for_results(settings: Params) -> None:
    assert tracking.publish(settings) == 0


def test_publish_keeps_the_report(finished: Params) -> None:
    Path("results/report").mkdir()
    Path("results/report/comparison.md").write_text("| a |\n")
    tracking.publish(finished)
    parent = runs()["sample faces, quick budget"].info
    assert (Path(parent.artifact_uri.removeprefix("file://")) / "report/comparison.md").is_file()


def test_other_parameters_are_another_run(finished: Params) -> None:
    tracking.publish(finished)
    tracking.publish(finished.model_copy(update={"budget": "full"}))
    budgets = {run.data.params["budget"] for run in list_runs()}
    assert budgets == {"quick", "full"}


def test_long_training_shows_its_curve_as_it_goes(settings: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "LIVE_AFTER", 0.0)
    with tracking.training_run(settings, "softmax", 0) as progress:
        progress({"epoch": 1, "train_loss": 2.0})
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not _is_there("training/train_loss"):
            time.sleep(0.2)
        assert runs()["softmax seed 0"].info.status == "RUNNING"
        progress({"epoch": 2, "train_loss": 1.0})
    run = runs()["softmax seed 0"]
    assert history(run, "training/train_loss") == [(1, 2.0), (2, 1.0)]
    assert run.info.status == "FINISHED"


def test_live_curve_and_published_files_are_one_run(
    finished: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "LIVE_AFTER", 0.0)
    rows = pd.read_csv("results/experiments/softmax/0/history.csv").to_dict("records")
    with tracking.training_run(finished, "softmax", 0) as progress:
        for row in rows:
            progress({str(key): value for key, value in row.items()})
        time.sleep(0.1)  # let the thread see that training lasts longer than LIVE_AFTER
    live = runs()["softmax seed 0"].info.run_id
    tracking.log_evaluation(finished, "softmax", 0)
    run = runs()["softmax seed 0"]
    assert run.info.run_id == live
    assert [step for step, _ in history(run, "training/train_loss")] == [1, 2, 3]
    assert tracking.publish(finished) == 0


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (ValueError, "FAILED")])
def test_stopped_training_is_marked_so(
    settings: Params, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], status: str
) -> None:
    monkeypatch.setattr(tracking, "LIVE_AFTER", 0.0)
    with pytest.raises(error), tracking.training_run(settings, "softmax", 0) as progress:
        progress({"epoch": 1, "train_loss": 2.0})
        time.sleep(0.1)
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


def test_tracking_that_is_off_leaves_nothing(finished: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "LIVE_AFTER", 0.0)
    Path("mlflow.db").unlink()
    off = _tracking(finished, enabled=False)
    with tracking.training_run(off, "softmax", 0) as progress:
        progress({"epoch": 1})
    tracking.log_evaluation(off, "softmax", 0)
    assert tracking.publish(off) == 0
    assert not Path("mlflow.db").exists()


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Listen, but never answer."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=8)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_dead_server_costs_one_line(finished: Params, capfd: pytest.CaptureFixture[str]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    start = time.monotonic()
    assert tracking.publish(_tracking(finished, uri=f"http://127.0.0.1:{port}")) == 0
    assert time.monotonic() - start < 5
    output = capfd.readouterr()
    assert output.err.count("\n") == 1
    assert output.err.startswith(f"warning: not tracked, MLflow at http://127.0.0.1:{port} failed: ")
    assert output.out == ""


def test_who_asks_for_runs_to_be_sent_is_told_that_they_were_not(finished: Params) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    with pytest.raises(InputError, match=f"MLflow at http://127.0.0.1:{port} failed: .*sends the rest"):
        tracking.publish_or_fail(_tracking(finished, uri=f"http://127.0.0.1:{port}"))
    with pytest.raises(InputError, match=r"tracking\.enabled is false"):
        tracking.publish_or_fail(_tracking(finished, enabled=False))
    assert tracking.publish_or_fail(finished) == 1


def test_silent_server_costs_one_line(
    finished: Params, silent_server: str, capfd: pytest.CaptureFixture[str]
) -> None:
    import mlflow  # its import is not what is timed here

    assert mlflow
    start = time.monotonic()
    assert tracking.publish(_tracking(finished, uri=silent_server)) == 0
    assert time.monotonic() - start < 8
    assert capfd.readouterr().err.count("\n") == 1


@pytest.fixture
def trickling_server() -> Iterator[str]:
    """Answer every request with a byte a tenth of a second, and never come to an end."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=8)) as server:

        def trickle(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                while True:
                    connection.sendall(b" ")
                    time.sleep(0.1)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    Thread(target=trickle, args=(server.accept()[0],), daemon=True).start()

        Thread(target=serve, daemon=True).start()
        yield f"http://user:secret@127.0.0.1:{server.getsockname()[1]}"


def test_a_server_that_trickles_costs_one_line_without_its_password(
    finished: Params,
    trickling_server: str,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ferflow.tracking.publish.STUCK_AFTER", 6.0)
    start = time.monotonic()
    assert tracking.publish(_tracking(finished, uri=trickling_server)) == 0
    assert time.monotonic() - start < 30
    error = capfd.readouterr().err
    assert error.count("\n") == 1
    assert "a request was not done after 6 seconds" in error
    assert "user:***@127.0.0.1" in error
    assert "secret" not in error


def _tracking(settings: Params, **changes: Any) -> Params:
    return settings.model_copy(update={"tracking": settings.tracking.model_copy(update=changes)})


def _is_there(metric: str) -> bool:
    return any(metric in run.data.metrics for run in list_runs())
