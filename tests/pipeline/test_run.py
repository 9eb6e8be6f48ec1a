"""The whole pipeline on a few faces, under both engines: same bytes, nothing left to do."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from joblib import cpu_count

from ferflow import paths
from tests.pipeline.copies import copy_project, environment, run_in
from tests.pipeline.small import EXPERIMENTS, digests, is_done, shrink, write

MODEL = str(paths.model("cnn-augment", 0))


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy with few faces and cheap experiments, committed, in which nothing has run."""
    folder = copy_project(tmp_path_factory.mktemp("sources"))
    shrink(folder)
    identity = {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for arguments in (["add", "--all"], ["commit", "--quiet", "--message", "sources"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, env=os.environ | identity)
    return folder


@pytest.fixture(scope="module")
def under_snakemake(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy in which `snakemake -j2` has run."""
    folder = tmp_path_factory.mktemp("snakemake") / "copy"
    shutil.copytree(sources, folder, symlinks=True)
    run_in(folder, "snakemake", "-j2")
    return folder


def test_snakemake_and_dvc_give_the_same_bytes(sources: Path, under_snakemake: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(sources, folder, symlinks=True)
    run_in(folder, "dvc", "repro", "--quiet")
    assert digests(folder) == digests(under_snakemake)

    assert "DVC ran last" in run_in(folder, "snakemake", "-n").stderr
    assert "Snakemake now knows" in run_in(folder, "ferflow", "sync").stdout
    assert is_done(folder)
    metrics = run_in(folder, "dvc", "metrics", "show", "--md").stdout
    assert "results/metrics.json" in metrics
    assert all(f"{name}.official.macro_f1" in metrics for name in EXPERIMENTS)
    run_in(folder, "dvc", "plots", "show")


def test_neither_jobs_at_a_time_nor_a_kill_nor_ctrl_c_change_results(
    sources: Path, under_snakemake: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(sources, folder, symlinks=True)
    longer = yaml.safe_load((folder / "params.yaml").read_text())
    longer["experiments"]["cnn-augment"]["epochs"]["quick"] = 10_000
    write(folder, longer)
    _kill_snakemake(folder)
    _interrupt_a_training(folder)
    shutil.copyfile(sources / "params.yaml", folder / "params.yaml")
    run_in(folder, "snakemake", "-j1")
    assert digests(folder) == digests(under_snakemake)
    assert not list((folder / "results").rglob(".*writing-*"))


def _kill_snakemake(folder: Path) -> None:
    """Kill it as it begins, and do what `make` does after that."""
    with _start_snakemake(folder, MODEL) as engine:
        locks = folder / ".snakemake/locks"
        deadline = time.monotonic() + 240
        while not (locks.is_dir() and any(locks.iterdir())) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
        os.killpg(engine.pid, signal.SIGKILL)
    assert any(locks.iterdir())
    done = run_in(folder, "ferflow", "sync", "--before")
    assert "a Snakemake was killed here: its lock is removed" in done.stdout


def _interrupt_a_training(folder: Path) -> None:
    """Press Ctrl-C when a training has a checkpoint, which stays."""
    with _start_snakemake(folder, MODEL) as engine:
        deadline = time.monotonic() + 240
        while not _checkpoints(folder) and engine.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        os.killpg(engine.pid, signal.SIGINT)  # as a terminal does it
        try:
            engine.wait(timeout=240)
        finally:
            if engine.poll() is None:
                os.killpg(engine.pid, signal.SIGKILL)
    assert engine.returncode != 0
    log = (folder / "logs/train/cnn-augment-0.log").read_text()
    assert "interrupted" in log
    assert "Traceback" not in log
    assert _checkpoints(folder)
    assert not (folder / MODEL).exists()
    assert (folder / paths.split("cnn-augment")).exists()  # what was finished


def test_nothing_is_left_to_do_after_a_hand_over(under_snakemake: Path) -> None:
    assert is_done(under_snakemake)
    assert "DVC now knows" in run_in(under_snakemake, "ferflow", "sync").stdout
    assert "both engines know" in run_in(under_snakemake, "ferflow", "sync").stdout
    assert "Data and pipelines are up to date" in run_in(under_snakemake, "dvc", "repro").stdout
    assert is_done(under_snakemake)


def test_snakemake_report_holds_the_figures(under_snakemake: Path) -> None:
    run_in(under_snakemake, "snakemake", "--report", "report.html")
    page = (under_snakemake / "report.html").read_text()
    assert "comparison.csv" in page
    assert 100_000 < len(page) < 30_000_000


def test_mlflow_gets_one_run_for_each_training_from_files(under_snakemake: Path) -> None:
    import mlflow

    store = f"sqlite:///{under_snakemake / 'tracked.db'}"
    parameters = yaml.safe_load((under_snakemake / "params.yaml").read_text())
    try:
        write(under_snakemake, parameters | {"tracking": {"enabled": True, "uri": store, "experiment": "e"}})
        assert is_done(under_snakemake)  # tracking is no reason to run anything
        for count in (len(EXPERIMENTS), 0):
            done = run_in(under_snakemake, "ferflow", "publish")
            assert done.stdout == f"{count} runs sent to MLflow\n"
        run_in(under_snakemake, "ferflow", "set", "experiments.logistic.model.l2=0.25")
        done = run_in(under_snakemake, "ferflow", "publish", code=2)
        assert done.stderr.startswith("error: not sent: logistic seed 0: neither engine says")
    finally:
        write(under_snakemake, parameters)
    client = mlflow.MlflowClient(store)
    tables = [each.experiment_id for each in client.search_experiments() if each.name.startswith("e-")]
    runs = {run.info.run_name: run for run in client.search_runs(tables)}
    assert set(runs) == {f"{name} seed 0" for name in EXPERIMENTS} | {"sample faces, quick budget"}
    run = runs["logistic seed 0"]
    assert run.data.params["model.name"] == "logistic"
    assert {"training/train_loss", "test/macro_f1", "work/train_seconds"} <= set(run.data.metrics)


def _start_snakemake(folder: Path, *targets: str) -> subprocess.Popen[bytes]:
    """Start it as the first of a process group, so that all it runs is interrupted or killed with it."""
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("snakemake")), "-j1", *targets],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _checkpoints(folder: Path) -> list[Path]:
    return list((folder / "checkpoints").glob("cnn-augment-0*"))


@pytest.mark.parametrize("engine", [("snakemake", "-n"), ("snakemake", "-j1")])
def test_bad_parameters_are_refused_in_one_line(project: Path, engine: tuple[str, ...]) -> None:
    text = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(text.replace("budget: quick", "budget: quick\nbudgett: full"))
    done = run_in(project, *engine, code=2)
    errors = [line for line in done.stderr.splitlines() if not line.startswith("Using workflow specific")]
    assert len(errors) == 1
    assert "budgett" in errors[0]
    assert "'budget'" in errors[0]


def test_data_that_are_not_there_are_missed_before_anything_runs(project: Path) -> None:
    text = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(text.replace("path: data/sample.zip", "path: data/fer2013.csv"))
    done = run_in(project, "snakemake", "-j1", code=2)
    assert "error: params.yaml: data.path: there is no data/fer2013.csv" in done.stderr


@pytest.mark.parametrize("option", [("--config", "budget=full"), ("--configfile", "other.yaml")])
def test_a_second_source_of_parameters_is_refused(project: Path, option: tuple[str, str]) -> None:
    (project / "other.yaml").write_text("budget: full\n")
    done = run_in(project, "snakemake", "-n", *option, code=2)
    assert "edit params.yaml" in done.stderr


@pytest.mark.parametrize(
    "target",
    ["cnn-no-more/0/confusion.png", "softmax/sweep.csv", "softmax/repeated_splits.csv", "cnn/00/curves.png"],
)
def test_a_file_that_no_rule_makes_is_said_so(project: Path, target: str) -> None:
    done = run_in(project, "snakemake", "-n", f"results/experiments/{target}", code=1)
    assert f"No rule to produce results/experiments/{target}" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("jobs", [1, 2])
def test_sample_faces_are_drawn_in_as_many_processes_as_snakemake_has_cores(project: Path, jobs: int) -> None:
    script = project / "workflow/scripts/sample.py"
    script.write_text(
        "import sys\n\nfrom joblib import cpu_count\n\nsys.exit(f'error: {cpu_count()} processes')\n"
    )
    done = run_in(project, "snakemake", f"-j{jobs}", "data/sample.zip", code=1)
    assert f"error: {min(jobs, cpu_count())} processes" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("nodes", "asked"),
    [
        ("1", {"gpu": "4", "nodes": "1"}),
        # Of a total, Slurm may give one node all GPUs but one.
        ("2", {"gpu": "0", "gres": "gpu:4", "nodes": "2", "tasks": "2", "tasks_per_gpu": "0", "mpi": "srun"}),
    ],
)
def test_a_training_asks_for_what_each_of_its_processes_needs(
    nodes: str, asked: dict[str, str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (project / "params.yaml").read_text()
    text = text.replace("device: auto", "device: cuda").replace("threads: auto", "threads: 2")
    (project / "params.yaml").write_text(text)
    rules = project / "workflow/rules/experiments.smk"  # Snakemake tells resources where it has no message
    rules.write_text(re.sub(r"    message:\n.*\n", "", rules.read_text()))
    targets = [f"results/experiments/{name}/0/model.safetensors" for name in ("cnn", "softmax")]
    monkeypatch.setenv("FERFLOW_PROCESSES", "4")
    monkeypatch.setenv("FERFLOW_NODES", nodes)
    plan = run_in(project, "snakemake", "--cores", "16", "-n", *targets).stdout
    jobs = re.findall(
        r"wildcards: experiment=(\w+), seed=0\n +(?:.+\n +)*?threads: (\d+)\n +resources: (.*)", plan
    )
    threads = {name: count for name, count, _ in jobs}
    resources = {name: dict(re.findall(r"(\w+)=([\w:]+)", said)) for name, _, said in jobs}
    shared = ("mem_mb", "gpu", "gres", "nodes", "tasks", "tasks_per_gpu", "mpi")
    assert {name: {key: said[key] for key in shared if key in said} for name, said in resources.items()} == {
        "cnn": {"mem_mb": "16000"} | asked,
        "softmax": {"mem_mb": "4000", "gpu": "0"},
    }
    assert threads == {"cnn": "8", "softmax": "2"}


def test_what_is_no_number_of_processes_is_said_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERFLOW_PROCESSES", "four")
    done = run_in(project, "snakemake", "-n", code=2)
    assert "error: FERFLOW_PROCESSES: must be a number of processes" in done.stderr


def test_a_failing_report_says_why_and_fails(finished: Path) -> None:
    script = finished / "workflow/scripts/report.py"
    script.write_text("import sys\n\nsys.exit('error: no space left for the report')\n")
    done = run_in(finished, "snakemake", "-j1", code=1)
    assert "error: no space left for the report" in done.stdout + done.stderr
    assert "completed successfully" not in done.stdout + done.stderr


def test_a_failing_stage_says_why(project: Path) -> None:
    shrink(project)
    text = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(text.replace("path: data/sample.zip", "path: faces.zip"))
    (project / "faces.zip").write_text("no archive")
    done = run_in(project, "snakemake", "-j1", "results/faces.npy", code=1)
    assert "error: faces.zip: " in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
