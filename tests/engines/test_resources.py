"""What a job asks of a cluster."""

from pathlib import Path

import numpy as np
import pytest

from ferflow import params, paths
from ferflow.engines.resources import NEEDS, count_faces, gpus, megabytes, minutes
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
    assert megabytes("sample", 1_000_000) > 700 + 17 * 40
    assert minutes("sample", 1_000_000) > 46


@pytest.mark.parametrize("stage", NEEDS)
def test_more_faces_and_further_attempts_ask_for_more(stage: str) -> None:
    assert megabytes(stage, 0) >= 1000
    assert megabytes(stage, 0, attempt=3) == 3 * megabytes(stage, 0)
    assert megabytes(stage, 3_600_000) > megabytes(stage, 0)
    assert minutes(stage, 3_600_000) >= minutes(stage, 0)


def test_a_training_asks_for_no_more_time_since_it_goes_on() -> None:
    assert minutes("train", 35_887, attempt=3) == minutes("train", 35_887)
    assert minutes("evaluate", 35_887, attempt=3) == 3 * minutes("evaluate", 35_887)


def test_needs_grow_with_each_million_faces() -> None:
    assert megabytes("split", 1_500_000) == 2000 + 3000
    assert megabytes("split", 1_500_000, attempt=3) == 3 * 5000
    assert minutes("evaluate", 1_500_000) == 60 + 90
    assert minutes("evaluate", 1_500_000, attempt=2) == 2 * 150
    assert minutes("clusters", 1_500_000) == 60 + 15
    assert (megabytes("split", 1), minutes("evaluate", 1)) == (2001, 61)  # of a part of one, a whole one


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
    assert gpus(Job("repeated_splits", "logistic-undersample"), settings) == 0
