"""The scripts that make the pages, and a benchmark: mistakes get one line, and nothing is left out unsaid."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ferflow import params
from ferflow.errors import InputError
from ferflow.machine import Device
from tests.fabricated import REPOSITORY


def script(folder: str, name: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> ModuleType:
    monkeypatch.syspath_prepend(str(REPOSITORY / folder))
    monkeypatch.setattr(sys, "argv", [f"{name}.py", *arguments])
    return importlib.import_module(name)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [b\n", "not valid YAML: "),
        ("bases: [cnn]\nseeds: [0]\ntrials: 3\n", "trials: input should be"),
    ],
)
def test_a_plan_of_trials_that_is_none(
    text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(text)
    with pytest.raises(InputError, match=f"plan.yaml: {reason}"):
        script("docs", "try_recipes", monkeypatch, str(plan), "out.csv").main()


def test_a_trial_that_changes_what_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = params.load(REPOSITORY / "params.yaml")
    with pytest.raises(InputError, match=r"trial of cnn: .*dropuot"):
        script("docs", "try_recipes", monkeypatch).settings_of(settings, "cnn", {"dropuot": 0.3}, 0, 10)


def test_means_of_networks_that_have_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = [f"results/experiments/cnn/{seed}/model.safetensors" for seed in (0, 1)]
    with pytest.raises(InputError, match="2 networks of cnn"):
        script("docs", "try_means", monkeypatch, "cnn", "out.csv", *networks).main()


def test_every_experiment_has_its_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    make_cnn = script("docs", "make_cnn", monkeypatch)
    points = pd.DataFrame(
        [(name, minutes, 0.5) for name in make_cnn.TARGETS for minutes in (1, 2)],
        columns=["experiment", "minutes", "accuracy"],
    )
    axes = make_cnn.curves(points, 3543).axes[0]
    assert [line.get_label() for line in axes.lines] == list(make_cnn.TARGETS)


def test_drawings_stay_where_nothing_can_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_diagrams = script("docs", "make_diagrams", monkeypatch)
    drawing = tmp_path / "docs/img/stages-0.svg"
    drawing.parent.mkdir(parents=True)
    drawing.touch()
    (tmp_path / "README.md").write_text("```mermaid\nflowchart LR\n    a --> b\n```\n")
    monkeypatch.setattr(make_diagrams, "ROOT", tmp_path)
    monkeypatch.setattr(make_diagrams, "SOURCES", ["README.md"])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="no Graphviz"):
        make_diagrams.main()
    assert drawing.exists()


def test_seeds_of_a_setting_are_averaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = tmp_path / "trials.csv"
    rows = [("b", "x", 0, 0.25), ("b", "x", 1, 0.75), ("a", "x", 0, 0.5)]
    pd.DataFrame(rows, columns=["trial", "experiment", "seed", "validation_accuracy"]).to_csv(trials)
    means = script("docs", "make_transfer_rates", monkeypatch).mean_accuracies(trials)
    assert list(means.items()) == [("b", {"x": 0.5}), ("a", {"x": 0.5})]


def test_a_server_that_has_died_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    make_mlflow = script("docs", "make_mlflow", monkeypatch)
    monkeypatch.setattr(make_mlflow.time, "sleep", lambda _: pytest.fail("waited"))
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]) as process:
        process.wait()
        with pytest.raises(InputError, match="ended with code 3 before it answered"):
            make_mlflow._wait(process, "http://127.0.0.1:1/")


@pytest.mark.parametrize(("system", "megabytes"), [("darwin", 3), ("linux", 3 * 1024)])
def test_memory_is_counted_as_the_system_counts(
    system: str, megabytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    growth = script("benchmarks", "growth", monkeypatch)
    usage = SimpleNamespace(ru_maxrss=3 << 20)
    monkeypatch.setattr(growth, "resource", SimpleNamespace(RUSAGE_SELF=0, getrusage=lambda _: usage))
    monkeypatch.setattr(sys, "platform", system)
    assert growth.peak_megabytes() == megabytes


def test_a_no_op_that_has_something_to_do_is_no_measurement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = script("benchmarks", "pipeline", monkeypatch)
    command = [sys.executable, "-c", "print('Nothing to be done')"]
    assert pipeline.seconds(command, tmp_path, pipeline.NO_JOBS) > 0
    with pytest.raises(SystemExit, match="had something to do"):
        pipeline.seconds(command, tmp_path, pipeline.NO_STAGES)


def test_the_gpu_benchmark_trains_as_the_experiment_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gpu = script("benchmarks", "gpu", monkeypatch)
    y = np.repeat([0, 1], [30, 10])
    fits: list[dict[str, Any]] = []

    class Model:
        def fit(self, X: object, y: object, **arguments: Any) -> None:
            fits.append(arguments)
            arguments["progress"].seconds.append(2.0)

    monkeypatch.setattr(gpu, "load_samples", lambda path: SimpleNamespace(train_faces=40))
    monkeypatch.setattr(gpu, "load_faces", lambda: None)
    monkeypatch.setattr(gpu, "inputs_and_targets", lambda *_: (np.zeros((40, 9)), y))
    monkeypatch.setattr(gpu, "make_model", lambda **_: Model())
    settings = params.load(REPOSITORY / "params.yaml")
    for name in ("cnn-weighted", "cnn-ensemble"):
        gpu.measure(settings, name, 2, 0, Device("cpu", "float32"))
    weighted, plain = (fit["sample_weight"] for fit in fits)
    assert weighted[y == 1].sum() == pytest.approx(weighted[y == 0].sum())
    assert plain is None
    one, three = capsys.readouterr().out.splitlines()
    assert one.endswith(": 40 faces/s")
    assert three.endswith(": 120 faces/s")  # of three members
