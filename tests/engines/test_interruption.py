"""Ctrl-C while a stage or a command still imports what it needs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ferflow.engines import interruption

REPOSITORY = Path(__file__).parents[2]
STAGES = sorted(
    path for path in (REPOSITORY / "workflow/scripts").glob("*.py") if "run_stage" in path.read_text()
)

# A finder of modules that sends the signal at the import of one which every stage needs.
AT_IMPORT = """
import os, runpy, sys
program, number, *arguments = sys.argv[1:]
class Finder:
    def find_spec(name, path=None, target=None):
        if name == "pydantic":
            os.kill(os.getpid(), int(number))
sys.meta_path.insert(0, Finder)
sys.argv[:] = [program, *arguments]
if program.endswith(".py"):
    runpy.run_path(program, run_name="__main__")
else:
    from ferflow.cli.main import main
    main()
"""


def interrupted(program: str, number: int, *arguments: str) -> tuple[int, str]:
    process = subprocess.run(
        [sys.executable, "-c", AT_IMPORT, program, str(int(number)), *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )
    return process.returncode, process.stdout + process.stderr


@pytest.mark.parametrize("stage", STAGES, ids=lambda path: path.stem)
def test_a_stage_is_interrupted_in_one_line(stage: Path) -> None:
    number = signal.SIGTERM if stage.stem == "train" else signal.SIGINT  # as an engine does, or a terminal
    assert interrupted(str(stage), number) == (130, f"error: {interruption.MESSAGE}\n")


def test_a_command_is_interrupted_in_one_line() -> None:
    assert interrupted("ferflow", signal.SIGINT, "why", "1") == (130, f"error: {interruption.MESSAGE}\n")


def test_an_import_that_swallows_what_is_raised_in_it_is_interrupted_too() -> None:
    code = """
import os, signal
from ferflow.engines import interruption
interruption.expect()
try:
    os.kill(os.getpid(), signal.SIGINT)
except BaseException:
    pass
print("went on")
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", f"error: {interruption.MESSAGE}\n")


@pytest.fixture
def _handlers() -> Iterator[None]:
    """Put the handlers of signals back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_handlers")
@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN])
def test_after_the_imports_signals_raise_but_for_a_ctrl_c_that_is_ignored(handler: Any) -> None:
    signal.signal(signal.SIGINT, handler)
    interruption.expect()
    interruption.raise_again()
    assert signal.getsignal(signal.SIGINT) == handler
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)


def test_what_ignores_ctrl_c_goes_on_to_ignore_it() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        interruption.expect()
        os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
