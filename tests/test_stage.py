"""Exit codes and the one line on failure."""

import errno
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from ferflow.errors import InputError
from ferflow.progress import Progress
from ferflow.stage import arguments, run
from ferflow.timings import read_timings, record_timings


def outcome(main: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as caught:
        run(main)  # type: ignore[arg-type]
    assert isinstance(caught.value.code, int)
    return caught.value.code, capsys.readouterr().err


def raising(error: BaseException) -> object:
    def main() -> None:
        raise error

    return main


def test_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(lambda: None, capsys) == (0, "")


def test_bad_input_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = outcome(raising(InputError("row 3:\n  pixel 256")), capsys)
    assert (code, said) == (2, "error: row 3: pixel 256\n")


def test_full_disk(capsys: pytest.CaptureFixture[str]) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "results/faces.npy")
    code, said = outcome(raising(full), capsys)
    assert (code, said) == (
        2,
        "error: results/faces.npy: No space left on device; nothing was overwritten\n",
    )


def test_short_write_of_numpy(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = outcome(raising(OSError("82683648 requested and 20479872 written")), capsys)
    assert code == 2
    assert "is the disk full?; nothing was overwritten" in said


def test_ctrl_c(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = outcome(raising(KeyboardInterrupt()), capsys)
    assert code == 130
    assert said.startswith("error: interrupted; ")


def test_terminated_as_engines_do(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        time.sleep(5)

    assert outcome(main, capsys)[0] == 130


def test_a_bug_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run(lambda: print(1 / 0))


def test_arguments() -> None:
    args = arguments("What it does.", "experiment", "seed", argv=["cnn", "3"])
    assert (args.experiment, args.seed) == ("cnn", 3)


def test_progress_in_a_log_is_sparse(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[object] = []
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    with Progress("cnn 0", 50, rows.append) as progress:
        for epoch in range(1, 51):
            progress({"epoch": epoch, "train_loss": 1 / epoch, "validation_loss": 0.5})
    assert len(rows) == 50
    assert capsys.readouterr().err == "cnn 0: epoch 50/50, train loss 0.020, validation loss 0.500\n"


def test_timings_belong_to_a_model_and_are_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = Path("model.safetensors")
    assert read_timings(model) == {}
    with pytest.raises(InputError, match=r"model\.safetensors: no such file; run the train stage"):
        record_timings(model, train_seconds=2.5)
    model.write_bytes(b"one")
    assert read_timings(model) == {}
    record_timings(model, train_seconds=2.5)
    record_timings(model, latency_ms=0.1)
    assert read_timings(model) == {"train_seconds": 2.5, "latency_ms": 0.1}

    model.write_bytes(b"another")  # as after `dvc exp apply`
    assert read_timings(model) == {}
    record_timings(model, train_seconds=9.0)
    model.write_bytes(b"one")
    assert read_timings(model) == {"train_seconds": 2.5, "latency_ms": 0.1}
    assert sorted(len(path.stem) for path in Path("timings").iterdir()) == [16, 16]
