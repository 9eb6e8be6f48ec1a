"""What a job asks of a cluster."""

from pathlib import Path

import numpy as np
import pytest

from ferflow import params, paths
from ferflow.engines.resources import NEEDS, count_faces, gpus, megabytes, minutes, need_of
from ferflow.engines.stages import STAGES, Job

ROOT = Path(__file__).parents[2]


def test_every_stage_says_what_it_needs() -> None:
    assert set(NEEDS) == set(STAGES)


def test_faces_are_counted_once_they_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = params.load(ROOT / "params.yaml")
    assert count_faces("ingest", settings) == 0
    paths.PIXELS.parent.mkdir()
    np.save(paths.PIXELS, np.zeros((70, 48, 48), dtype=np.uint8))
    assert count_faces("split", settings) == 70


def test_faces_to_draw_are_those_that_the_parameters_ask_for() -> None:
    settings = params.load(ROOT / "params.yaml")
    million = settings.model_copy(update={"sample": settings.sample.model_copy(update={"faces": 1_000_000})})
    assert count_faces("sample", million) == 1_000_000
    # As measured: 0.7 kB a face, and 40 MB for each of up to 16 processes; 2.75 ms a face where there is one.
    assert megabytes(NEEDS["sample"], 1_000_000) > 700 + 17 * 40
    assert minutes(NEEDS["sample"], 1_000_000) > 46


@pytest.mark.parametrize("stage", NEEDS)
def test_more_faces_and_further_attempts_ask_for_more(stage: str) -> None:
    assert megabytes(NEEDS[stage], 0) >= 1000
    assert megabytes(NEEDS[stage], 0, attempt=3) == 3 * megabytes(NEEDS[stage], 0)
    assert megabytes(NEEDS[stage], 3_600_000) > megabytes(NEEDS[stage], 0)
    assert minutes(NEEDS[stage], 3_600_000) >= minutes(NEEDS[stage], 0)


def test_networks_alone_go_on_where_they_were_stopped() -> None:
    settings = params.load(ROOT / "params.yaml")
    network, other = (need_of(Job("train", name, 0), settings) for name in ("cnn", "logistic"))
    assert minutes(network, 35_887, attempt=3) == minutes(network, 35_887)
    assert minutes(other, 35_887, attempt=3) == 3 * minutes(other, 35_887)
    assert minutes(other, 35_887) < minutes(network, 35_887)
    # As measured: 70 s an epoch of 3.6 million faces, and 100 epochs.
    assert minutes(other, 3_588_700) > 70 * 100 / 60
    assert need_of(Job("evaluate", "cnn", 0), settings) == NEEDS["evaluate"]


def test_needs_grow_with_each_million_faces() -> None:
    assert megabytes(NEEDS["split"], 1_500_000) == 2000 + 3000
    assert megabytes(NEEDS["split"], 1_500_000, attempt=3) == 3 * 5000
    assert minutes(NEEDS["evaluate"], 1_500_000) == 60 + 90
    assert minutes(NEEDS["evaluate"], 1_500_000, attempt=2) == 2 * 150
    assert minutes(NEEDS["clusters"], 1_500_000) == 60 + 15
    assert (megabytes(NEEDS["split"], 1), minutes(NEEDS["evaluate"], 1)) == (
        2001,
        61,
    )  # of a part of one, a whole one


def test_a_gpu_is_asked_for_where_any_of_the_networks_needs_it() -> None:
    settings = params.load(ROOT / "params.yaml")
    assert gpus(Job("train", "cnn", 0), settings) == 0  # device: auto
    pair = settings.repeated_splits["logistic-undersample"].model_copy(update={"against": "cnn"})
    settings = settings.model_copy(
        update={"device": "cuda", "repeated_splits": settings.repeated_splits | {"logistic": pair}}
    )
    assert gpus(Job("train", "cnn", 0), settings) == 1
    assert gpus(Job("train", "logistic", 0), settings) == 0
    assert gpus(Job("repeated_splits", "logistic"), settings) == 1
    # Each of the processes that train one network has its own; a stage of many trainings takes one.
    assert gpus(Job("train", "cnn", 0), settings, processes=4) == 4
    assert gpus(Job("train", "logistic", 0), settings, processes=4) == 0
    assert gpus(Job("repeated_splits", "logistic"), settings, processes=4) == 1
    assert gpus(Job("repeated_splits", "logistic-undersample"), settings) == 0
