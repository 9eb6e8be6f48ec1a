"""Who trained a run, whoever sends it; and several who send at once."""

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import DEFAULT, Mock

import pytest

from ferflow.params import Params
from ferflow.timings import record_timings
from ferflow.tracking import publish as tracking
from ferflow.tracking.identity import commit, origin
from ferflow.tracking.store import Store
from tests.tracking.finished import OWN_CODE, finish, runs

MODEL = Path("results/experiments/softmax/0/model.safetensors")
EXPERIMENT = {"DVC_STAGE": "train@softmax-0", "DVC_EXP_NAME": "brisk-dove", "DVC_EXP_BASELINE_REV": "f00d"}


def test_engine_is_the_one_that_trained_not_the_one_that_sends(
    finished: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FERFLOW_ENGINE", "snakemake")
    record_timings(MODEL, origin=origin())
    monkeypatch.delenv("FERFLOW_ENGINE")
    tracking.publish(finished)
    assert runs()["softmax seed 0"].data.tags["engine"] == "snakemake"


def test_where_there_is_no_git_there_is_no_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(commit()) == {"mlflow.source.git.commit"}
    monkeypatch.setenv("PATH", "/nowhere")
    assert commit() == {}


def test_run_of_two_engines_names_both(finished: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERFLOW_ENGINE", "snakemake")
    record_timings(MODEL, origin=origin())
    assert tracking.publish(finished) == 1
    for name, value in EXPERIMENT.items():
        monkeypatch.setenv(name, value)
    assert tracking.publish(finished) == 0  # to send is not to train
    assert runs()["softmax seed 0"].data.tags["engine"] == "snakemake"
    for _ in range(2):
        record_timings(MODEL, origin=origin())
        assert tracking.publish(finished) == 0
        tags = runs()["softmax seed 0"].data.tags
        assert tags["engine"] == "snakemake, dvc"
        assert (tags["dvc.experiment"], tags["dvc.baseline"]) == ("brisk-dove", "f00d")


def test_engine_of_another_model_says_nothing(finished: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERFLOW_ENGINE", "snakemake")
    record_timings(MODEL, origin=origin())
    monkeypatch.delenv("FERFLOW_ENGINE")
    finish(epochs=4)
    tracking.publish(finished)
    assert runs()["softmax seed 0"].data.tags["engine"] == "by hand"


def test_a_run_that_was_begun_by_one_and_finished_by_another_names_both(
    finished: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Store(finished).begin("softmax", 0)
    assert begun is not None
    begun.end("KILLED")
    again = Store(finished).begin("softmax", 0)
    assert again is not None
    assert (again.id, runs()["softmax seed 0"].info.status) == (begun.id, "RUNNING")
    monkeypatch.setenv("FERFLOW_ENGINE", "snakemake")
    record_timings(MODEL, origin=origin())
    assert tracking.publish(finished) == 1
    assert runs()["softmax seed 0"].data.tags["engine"] == "by hand, snakemake"


def test_machine_is_a_tag_and_no_other_run(finished: Params) -> None:
    tracking.publish(finished)
    finish(epochs=3, threads=4, precision="bfloat16")
    other = finished.model_copy(update={"threads": 4, "precision": "bfloat16"})
    assert tracking.publish(other) == 1
    run = runs()["softmax seed 0"]
    assert not {"threads", "precision"} & set(run.data.params)
    assert (run.data.tags["threads"], run.data.tags["precision"]) == ("4", "bfloat16")


def test_processes_that_send_at_once_make_each_run_once(finished: Params) -> None:
    Path("mlflow.db").unlink()  # they make it, at once too
    finish(epochs=3, seed=1)
    code = (
        "from ferflow.tracking.store import Store\n"
        "from tests.tracking.finished import softmax_only\n"
        "store = Store(softmax_only())\n"
        "print(sum(store.complete('softmax', seed) for seed in (0, 1)))\n"
    )
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ | OWN_CODE
        )
        for _ in range(4)
    ]
    counts = [int(job.communicate(timeout=600)[0]) for job in jobs]
    assert sum(counts) == 2
    all_runs = runs()
    assert set(all_runs) == {"softmax seed 0", "softmax seed 1"}
    for seed in (0, 1):
        run = all_runs[f"softmax seed {seed}"]
        assert run.info.status == "FINISHED"
        assert len(run.outputs.model_outputs) == len(run.inputs.dataset_inputs) == 1


def test_a_repetition_leaves_a_run_that_is_whole_as_it_is(finished: Params) -> None:
    tracking.publish(finished)
    before = runs()["softmax seed 0"].info
    assert Store(finished).begin("softmax", 0) is None
    assert tracking.publish(finished) == 0
    after = runs()["softmax seed 0"].info
    assert (after.status, after.end_time) == ("FINISHED", before.end_time)


def test_a_run_that_another_clone_makes_in_the_same_moment_is_taken(
    finished: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Store(finished)
    theirs = Store(finished).begin("softmax", 0)
    too_early_then_again = Mock(wraps=ours._find, side_effect=[None, DEFAULT])
    monkeypatch.setattr(ours, "_find", too_early_then_again)
    mine = ours.begin("softmax", 0)
    assert mine is not None and theirs is not None
    assert mine.id == theirs.id
    assert list(runs()) == ["softmax seed 0"]
