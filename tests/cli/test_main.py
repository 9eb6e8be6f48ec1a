"""The command as a whole."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ferflow import __version__
from ferflow.cli.main import main
from ferflow.errors import InputError
from ferflow.params import Params
from tests.fabricated import REPOSITORY


def test_python_runs_the_command_by_the_package_s_name() -> None:
    command = [sys.executable, "-m", "ferflow", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"ferflow, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["predict", "photo.jpg", "--save", ""], "--save"),
        (["schema", "--out="], "--out"),
        (["export", ""], "an argument"),
    ],
)
def test_a_shell_variable_that_is_not_set_changes_nothing(arguments: list[str], name: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert f"Error: {name} is empty" in result.output


def test_results_without_their_faces_are_sent_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(settings: Params) -> list[tuple[str, int]]:
        raise InputError("snakemake -n failed: MissingInputException in rule ingest")

    monkeypatch.chdir(tmp_path)
    shutil.copyfile(REPOSITORY / "params.yaml", "params.yaml")
    monkeypatch.setattr("ferflow.engines.sync.outdated_trainings", fails)
    monkeypatch.setattr("ferflow.tracking.publish.publish_or_fail", lambda settings, without: 2)
    done = CliRunner().invoke(main, ["publish"])
    assert (done.exit_code, done.stdout) == (0, "2 runs sent to MLflow\n")
    assert done.stderr.startswith(
        "warning: sent without a check that params.yaml and the code made it: snakemake"
    )


def said(*arguments: str) -> str:
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


TIDY = {
    "lock.release_dead_lock": "a Snakemake was killed here: its lock is removed",
    "dvc_lock.release_dead_notes": "a DVC was killed here: its notes of what it was writing are removed",
    "dvc_lock.mend_lock": "a DVC was killed while it wrote dvc.lock",
}


@pytest.fixture
def tidied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what was found of dead engines, which a test may fill."""
    found: list[str] = []
    for name in TIDY:
        monkeypatch.setattr(f"ferflow.engines.{name}", lambda name=name: name in found)
    monkeypatch.setattr("ferflow.engines.sync.sync", lambda: "handed over")
    monkeypatch.setattr("ferflow.engines.sync.sync_if_possible", lambda: "handed over if possible")
    monkeypatch.setattr("ferflow.engines.sync.nothing_made", lambda: False)
    return found


@pytest.mark.parametrize("name", TIDY)
def test_what_a_killed_engine_left_is_removed_before_a_run(tidied: list[str], name: str) -> None:
    tidied.append(name)
    first, second = said("sync", "--before").splitlines()
    assert (first.startswith(TIDY[name]), second) == (True, "handed over if possible")


def test_a_hand_over_leaves_the_notes_of_a_dvc_that_may_be_writing(tidied: list[str]) -> None:
    tidied.extend(TIDY)
    lock, mended, done = said("sync").splitlines()
    assert lock.startswith(TIDY["lock.release_dead_lock"])
    assert mended.startswith(TIDY["dvc_lock.mend_lock"])
    assert done == "handed over"


def test_before_a_first_run_nothing_is_asked_and_nothing_said(
    tidied: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ferflow.engines.sync.nothing_made", lambda: True)
    assert said("sync", "--before") == ""
    monkeypatch.setattr("ferflow.engines.sync.nothing_made", lambda: False)
    monkeypatch.setattr("ferflow.engines.sync.sync_if_possible", lambda: "")
    assert said("sync", "--before") == ""


def test_results_of_other_parameters_are_named_and_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_out: list[list[tuple[str, int]]] = []

    def publish(settings: Params, without: list[tuple[str, int]]) -> int:
        left_out.append(without)
        return 3

    monkeypatch.chdir(tmp_path)
    shutil.copyfile(REPOSITORY / "params.yaml", "params.yaml")
    monkeypatch.setattr("ferflow.engines.sync.outdated_trainings", lambda settings: [("cnn", 1)])
    monkeypatch.setattr("ferflow.tracking.publish.publish_or_fail", publish)
    done = CliRunner().invoke(main, ["publish"])
    assert (done.exit_code, done.stdout) == (2, "3 runs sent to MLflow\n")
    assert done.stderr.startswith("error: not sent: cnn seed 1: neither engine says that params.yaml")
    assert said("set", "tracking.enabled=false") != ""
    assert said("publish") == "3 runs sent to MLflow\n"  # the engines are not asked; publish itself refuses
    assert left_out == [[("cnn", 1)], []]
