"""What a job is called, where its record is, and what it reads besides parameters."""

from pathlib import Path

import pytest

from ferflow import paths
from ferflow.engines.stages import EVIDENCE, STAGES, Job, jobs
from ferflow.params import load

SETTINGS = load(Path(__file__).parents[2] / "params.yaml").model_copy(update={"seeds": [0, 3]})


@pytest.mark.parametrize(
    ("job", "record"),
    [
        (Job("ingest"), "records/ingest.json"),
        (Job("split", "cnn"), "records/split-cnn.json"),
        (Job("train", "cnn", 0), "records/train-cnn-0.json"),
        (Job("train", "cnn", 3), "records/train-cnn-3.json"),
        (Job("evaluate", "cnn", 0), "records/evidence/evaluate-cnn-0.json"),
        (Job("sweep", "logistic"), "records/evidence/sweep-logistic.json"),
    ],
)
def test_a_record_has_the_name_of_its_job(job: Job, record: str) -> None:
    assert job.record == paths.RESULTS / record
    assert job.outputs() == [*job.artifacts(), job.record]


def test_no_two_jobs_write_the_same_file() -> None:
    outputs = [path for job in jobs(SETTINGS) for path in job.outputs()]
    assert len(set(outputs)) == len(outputs)


def test_what_a_job_reads_another_writes_and_vouches_for() -> None:
    every = list(jobs(SETTINGS))
    for job in every:
        for maker, artifacts in job.needs(SETTINGS).items():
            assert maker in every, job
            assert set(artifacts) <= set(maker.artifacts()), job
            assert {*artifacts, maker.record} <= set(job.inputs(SETTINGS)), job


def test_studies_of_one_network_take_the_first_seed() -> None:
    settings = SETTINGS.model_copy(update={"seeds": [3, 0]})
    for stage in ("explain", "labels"):
        assert {maker.seed for maker in Job(stage, "cnn").needs(settings)} <= {3, -1}


def test_the_report_reads_all_evidence() -> None:
    read = set(Job("report").needs(SETTINGS))
    assert {job for job in jobs(SETTINGS) if job.stage in EVIDENCE} <= read
    assert {job.stage for job in read} == set(STAGES) - {"sample", "balance", "report"}


def test_a_digest_does_not_depend_on_the_order_of_the_file() -> None:
    turned = dict(reversed(SETTINGS.presets.items()))
    other = SETTINGS.model_copy(update={"presets": turned})
    assert list(other.presets) != list(SETTINGS.presets)
    assert Job("report").digest(other) == Job("report").digest(SETTINGS)
    assert len(Job("report").digest(SETTINGS)) == 16
