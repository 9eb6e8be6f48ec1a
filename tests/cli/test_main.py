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
