"""Programs that run while a test does."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path


def which(program: str) -> str | None:
    """Find a program, daemons in /usr/sbin too."""
    return shutil.which(program, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")


def missing(*programs: str) -> list[str]:
    """List the programs that are not here."""
    return [program for program in programs if which(program) is None]


def start(command: Sequence[str], log: Path, variables: Mapping[str, str] | None = None) -> subprocess.Popen:
    """Start a program that adds what it says to a file."""
    program = which(command[0])
    assert program is not None
    with log.open("ab") as file:
        return subprocess.Popen(
            [program, *command[1:]], stdout=file, stderr=file, env=os.environ | dict(variables or {})
        )


def stop(process: subprocess.Popen, seconds: float = 20) -> None:
    """Ask a program to end, and end it if it does not within some seconds."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def daemon(
    command: Sequence[str], log: Path, variables: Mapping[str, str] | None = None, *, seconds: float = 20
) -> Iterator[None]:
    """Keep a program running, and give it some seconds to end."""
    process = start(command, log, variables)
    try:
        yield
    finally:
        stop(process, seconds)


def wait_until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait for something to come true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"no sign of {what} after {seconds:g} s"
        time.sleep(0.1)


def answers(*command: str) -> bool:
    """Tell whether a command ends well."""
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
