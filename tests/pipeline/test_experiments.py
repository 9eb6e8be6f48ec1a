"""Experiments of DVC's on a small pipeline: in a folder of its own, from the queue, side by side, applied."""

import csv
import io
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pipeline.copies import copy_project, run_in
from tests.pipeline.small import is_done, shrink, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAME = "logistic"
KEY = f"experiments.{NAME}.epochs.quick"
EPOCHS = {"brisk-dove": "3", "calm-owl": "5"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy in which one experiment was trained and committed, and two others beside it."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    parameters = shrink(folder)
    parameters |= {"run": [NAME], "sweeps": {}, "repeated_splits": {}, "explain": []}
    write(folder, parameters)
    run_in(folder, "dvc", "repro", "--quiet")
    run_in(folder, "git", "config", "user.name", "someone")
    run_in(folder, "git", "config", "user.email", "someone@example.org")
    run_in(folder, "git", "add", "--all")
    run_in(folder, "git", "commit", "--quiet", "--message", "trained")
    temporary, queued = EPOCHS
    run_in(folder, "dvc", "exp", "run", "--temp", "--name", temporary, "-S", f"{KEY}={EPOCHS[temporary]}")
    run_in(folder, "dvc", "exp", "run", "--queue", "--name", queued, "-S", f"{KEY}={EPOCHS[queued]}")
    run_in(folder, "dvc", "queue", "start")
    _wait_for_the_queue(folder)
    return folder


def _wait_for_the_queue(folder: Path, seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while "Success" not in (status := run_in(folder, "dvc", "queue", "status").stdout):
        assert "Failed" not in status and time.monotonic() < deadline, status
        time.sleep(1)
    run_in(folder, "dvc", "queue", "stop")


def test_experiments_beside_the_commit_are_compared(project: Path) -> None:
    table = csv.DictReader(io.StringIO(run_in(project, "dvc", "exp", "show", "--csv").stdout))
    rows = {row["Experiment"]: row for row in table}
    assert {name: rows[name][KEY] for name in EPOCHS} == EPOCHS
    assert all(rows[name][f"{NAME}.official.macro_f1"] for name in EPOCHS)
    assert not run_in(project, "git", "status", "--porcelain").stdout  # the work tree is as it was


def test_plots_of_two_experiments_need_no_network(project: Path, tmp_path: Path, chromium: "Browser") -> None:
    run_in(project, "dvc", "plots", "diff", *EPOCHS, "--out", str(tmp_path / "plots"))
    page = chromium.new_page()
    addresses: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"file://{tmp_path}/plots/index.html")
    lines = page.locator("svg path[data-revision]").all()
    shapes = {line.get_attribute("data-revision"): line.get_attribute("d") or "" for line in lines}
    # A line has a point for each epoch: "M60,235L470,30" has two.
    assert {name: str(shape.count("L") + 1) for name, shape in shapes.items()} == EPOCHS
    assert not complaints
    assert all(address.startswith(f"file://{tmp_path}/") for address in addresses)
    assert any(address.endswith(".png") for address in addresses)
    page.close()


def test_an_experiment_is_applied_and_handed_over(project: Path) -> None:
    run_in(project, "dvc", "exp", "apply", "calm-owl")
    assert EPOCHS["calm-owl"] in run_in(project, "dvc", "params", "diff").stdout
    assert "Snakemake now knows" in run_in(project, "ferflow", "sync").stdout
    assert is_done(project)
