"""Exit codes and the one line on failure."""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ferflow import paths
from ferflow.engines.records import check_artifacts, write_record
from ferflow.engines.script import RECORDED, Context, run, run_stage
from ferflow.engines.stages import Job
from ferflow.errors import InputError
from ferflow.files import read_json, write_text
from ferflow.params import load
from ferflow.params.editing import set_values
from ferflow.progress import LOG_EVERY, ShareProgress, TrainingProgress
from ferflow.timings import read_timings, record_timings

REPOSITORY = Path(__file__).parents[2]


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


def test_closed_streams_are_no_bug() -> None:
    code = "import sys; from ferflow.engines.script import run; run(lambda: sys.std{}.isatty())"
    for name, closed in (("in", "<&-"), ("out", ">&-"), ("err", "2>&-")):
        line = f'"{sys.executable}" -c "{code.format(name)}" {closed}'
        assert subprocess.run(["bash", "-c", line], check=False).returncode == 0, name


def test_bad_input_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = outcome(raising(InputError("row 3:\n  pixel 256")), capsys)
    assert (code, text) == (2, "error: row 3: pixel 256\n")


def test_full_disk(capsys: pytest.CaptureFixture[str]) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "results/faces.npy")
    code, text = outcome(raising(full), capsys)
    assert (code, text) == (
        2,
        "error: results/faces.npy: No space left on device; nothing was overwritten\n",
    )


def test_short_write_of_numpy(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = outcome(raising(OSError("82683648 requested and 20479872 written")), capsys)
    assert code == 2
    assert "is the disk full?; nothing was overwritten" in text


def test_ctrl_c(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = outcome(raising(KeyboardInterrupt()), capsys)
    assert code == 130
    assert text.startswith("error: interrupted; ")


def test_terminated_as_engines_do(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        signal.raise_signal(signal.SIGTERM)

    assert outcome(main, capsys)[0] == 130


def test_a_bug_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run(lambda: print(1 / 0))


@pytest.fixture
def samples_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """Return the balance stage of an experiment, with faces that ingest vouches for."""
    monkeypatch.chdir(tmp_path)
    for name in ("DVC_STAGE", "FERFLOW_ENGINE", RECORDED):
        monkeypatch.delenv(name, raising=False)
    shutil.copyfile(REPOSITORY / "params.yaml", "params.yaml")
    paths.RESULTS.mkdir()
    for artifact in Job("ingest").artifacts():
        artifact.write_bytes(b"faces")
    write_record(Job("ingest").record, Job("ingest").artifacts())
    return Job("balance", "softmax")


def balance(
    capsys: pytest.CaptureFixture[str], work: Callable[[], object] = lambda: None, name: str = "softmax"
) -> tuple[int, str]:
    def main(context: Context) -> None:
        work()
        write_text(paths.balance(context.experiment), context.params.budget)

    with pytest.raises(SystemExit) as caught:
        run_stage("balance", main, "What it does.", ["--experiment", name])
    assert isinstance(caught.value.code, int)
    return caught.value.code, capsys.readouterr().err


def set_classes() -> None:
    set_values(["labels.experiment=null", "protocols.seven.classes=[happy,sad]"])


def test_a_stage_records_what_it_wrote(samples_stage: Job, capsys: pytest.CaptureFixture[str]) -> None:
    assert balance(capsys) == (0, "")
    check_artifacts(samples_stage.record, samples_stage.artifacts(), "balance")
    paths.balance("softmax").write_text("edited")
    with pytest.raises(
        InputError, match=r"not what the balance stage wrote.*`rm results/experiments/softmax"
    ):
        check_artifacts(samples_stage.record, samples_stage.artifacts(), "balance")


def test_a_stage_believes_no_artifact_unread(samples_stage: Job, capsys: pytest.CaptureFixture[str]) -> None:
    paths.FACES.write_bytes(b"fAces")
    code, text = balance(capsys)
    assert code == 2
    assert text.startswith("error: results/faces.parquet: not what the ingest stage wrote")
    assert not paths.balance("softmax").exists()


def test_a_stage_refuses_parameters_that_snakemake_did_not_record(
    samples_stage: Job, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RECORDED, samples_stage.digest(load()))
    assert balance(capsys)[0] == 0
    set_values(["budget=full"])  # no part of what this stage depends on
    assert balance(capsys)[0] == 0
    set_classes()
    code, text = balance(capsys)
    assert code == 2
    assert "params.yaml: changed since Snakemake read it" in text


def test_a_stage_of_dvc_refuses_parameters_that_change_while_it_runs(
    samples_stage: Job, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_STAGE", "balance@softmax")
    assert balance(capsys, lambda: set_values(["budget=full"]))[0] == 0
    samples_stage.record.unlink()
    code, text = balance(capsys, set_classes)
    assert code == 2
    assert "changed while this stage ran" in text
    assert not samples_stage.record.exists()


def test_under_snakemake_parameters_may_change_while_a_stage_runs(
    samples_stage: Job, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RECORDED, samples_stage.digest(load()))  # by which Snakemake knows what was made
    assert balance(capsys, set_classes) == (0, "")
    assert samples_stage.record.is_file()


@pytest.mark.parametrize(("rank", "writes"), [("0", True), ("1", False)])
def test_of_several_processes_of_a_training_the_first_writes_the_record(
    samples_stage: Job,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    rank: str,
    writes: bool,
) -> None:
    monkeypatch.setenv("RANK", rank)
    assert balance(capsys) == (0, "")
    assert samples_stage.record.exists() is writes


@pytest.mark.parametrize(("stage", "section"), [("sweep", "sweeps"), ("repeated_splits", "repeated_splits")])
def test_a_study_of_an_experiment_that_params_yaml_says_nothing_of(
    samples_stage: Job, capsys: pytest.CaptureFixture[str], stage: str, section: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        run_stage(stage, lambda context: pytest.fail("ran"), None, ["--experiment", "cnn"])
    assert caught.value.code == 2
    line = f"error: params.yaml: {section} says nothing of 'cnn'; add it there\n"
    assert capsys.readouterr().err == line


def test_a_network_that_run_does_not_name_is_held_to_its_faces_too(
    samples_stage: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    set_values(["run=[softmax]", "explain=[]", "experiments.cnn.model.widths=[4, 4, 4, 4, 4, 4]"])
    with pytest.raises(SystemExit) as caught:
        run_stage("train", lambda context: pytest.fail("ran"), None, ["--experiment=cnn", "--seed=0"])
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: params.yaml: experiments.cnn.model: widths [4, 4, 4, 4, 4, 4] halve")
    assert error.count("\n") == 1


def test_evidence_vouches_for_what_it_was_made_of_and_other_records_for_outputs_alone(
    samples_stage: Job,
) -> None:
    for job in (Job("balance", "logistic-oversample"), Job("sweep", "logistic-oversample")):

        def main(context: Context) -> None:
            for artifact in context.job.artifacts():
                write_text(artifact, "made")

        with pytest.raises(SystemExit) as caught:
            run_stage(job.stage, main, None, ["--experiment", job.experiment])
        assert caught.value.code == 0
        read = {path.as_posix() for paths_of_one in job.needs(load()).values() for path in paths_of_one}
        wrote = {path.as_posix() for path in job.artifacts()}
        assert set(read_json(job.record)) == (read | wrote if job.stage == "sweep" else wrote)


def test_the_engine_that_did_not_run_last_says_so_once(
    samples_stage: Job, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FERFLOW_ENGINE", "snakemake")
    assert balance(capsys) == (0, "")
    monkeypatch.setenv("DVC_STAGE", "balance@softmax")
    assert "note: Snakemake ran last" in balance(capsys)[1]
    assert balance(capsys) == (0, "")


def test_a_stage_of_an_unknown_experiment(samples_stage: Job, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = balance(capsys, name="x; touch pwned")
    assert (code, text.count("\n")) == (2, 1)
    assert "no experiment is called 'x; touch pwned'" in text


def test_a_training_is_named_by_experiment_and_seed(
    samples_stage: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    split = Job("split", "softmax")
    write_text(paths.split("softmax"), "rows")
    write_record(split.record, split.artifacts())

    def main(context: Context) -> None:
        assert (context.experiment, context.seed) == ("softmax", 3)
        for artifact in context.job.artifacts():
            write_text(artifact, "trained")

    with pytest.raises(SystemExit) as caught:
        run_stage("train", main, "What it does.", ["--experiment", "softmax", "--seed", "3"])
    assert caught.value.code == 0
    assert (paths.RECORDS / "train-softmax-3.json").is_file()
    with pytest.raises(SystemExit) as caught:
        run_stage("train", main, "What it does.", ["--experiment", "softmax"])
    assert caught.value.code == 2
    assert "--seed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seed", "message"),
    [("-5", "greater than or equal to 0"), ("4294967296", "less than 4294967296"), ("x", "valid integer")],
)
def test_a_seed_that_params_yaml_would_not_take_is_refused(
    seed: str, message: str, samples_stage: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run_stage(
            "train",
            lambda context: pytest.fail("it ran"),
            "What it does.",
            ["--experiment", "softmax", "--seed", seed],
        )
    assert caught.value.code == 2
    assert re.search(
        rf"--seed: input should be .*{message}.*, found {seed}$", capsys.readouterr().err.strip()
    )


def test_progress_in_a_log_is_sparse(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[object] = []
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    with TrainingProgress("cnn 0", 50, rows.append) as progress:
        for epoch in range(1, 51):
            progress({"epoch": epoch, "train_loss": 1 / epoch, "validation_loss": 0.5})
    assert len(rows) == 50
    assert capsys.readouterr().err == "cnn 0: epoch 50/50, train loss 0.020, validation loss 0.500\n"


def test_a_long_training_writes_a_line_to_the_log_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    monkeypatch.setattr("ferflow.progress.time.monotonic", lambda: now)
    with TrainingProgress("cnn 0", 9, lambda row: None) as progress:
        for epoch in range(1, 9):  # each of half the time between two lines
            now += LOG_EVERY / 2
            progress({"epoch": epoch, "validation_macro_f1": 0.25, "seconds": 7.5})
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"cnn 0: epoch {epoch}/9, validation macro f1 0.250" for epoch in (2, 4, 6, 8)]


def test_progress_on_a_terminal_is_a_bar_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with TrainingProgress("cnn 0", 4, lambda row: None) as progress, ShareProgress("reading") as share:
        progress({"epoch": 3, "train_loss": 0.5})  # as one that is resumed
        progress({"epoch": 4, "train_loss": 0.25})
        share(1, 2)
        share(2, 2)
    text = capsys.readouterr().err
    assert "cnn 0: 100%|" in text
    assert "| 4/4 [" in text
    assert "train_loss=0.250" in text
    assert "reading: " in text
    assert share._bar.n == 100  # a bar that is done is wiped away: what it showed last cannot be seen
    assert not re.search(r"epoch 4/4|[0-9]%\n", text)


def test_in_a_log_each_quarter_of_some_work_is_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    with ShareProgress("reading") as progress:
        progress(0, 0)  # an empty file
        for done in range(1001):
            progress(done, 1000)
    assert capsys.readouterr().err == "".join(f"reading: {part}%\n" for part in (25, 50, 75, 100))


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
