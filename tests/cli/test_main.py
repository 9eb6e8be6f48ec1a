"""The command as a whole."""

import subprocess
import sys

from ferflow import __version__


def test_python_runs_the_command_by_the_package_s_name() -> None:
    command = [sys.executable, "-m", "ferflow", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"ferflow, version {__version__}\n"
