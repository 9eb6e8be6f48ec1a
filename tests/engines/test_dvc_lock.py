"""DVC's notes of dead processes go, those of living ones stay."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ferflow.engines.dvc_lock import NOTES, release_dead_notes


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    NOTES.parent.mkdir(parents=True)


@pytest.fixture
def zombie() -> Iterator[int]:
    """Give the number of a process that has ended and for which nobody has waited."""
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    yield process.pid
    process.wait()


def note(pid: int) -> None:
    info = {"pid": pid, "cmd": "dvc repro"}
    NOTES.write_text(json.dumps({"write": {"results": info}, "read": {"src": [info]}}))


def test_a_zombies_notes_go(zombie: int) -> None:
    note(zombie)
    assert release_dead_notes()
    assert not NOTES.exists()


def test_a_number_that_another_program_has_now_is_nobody() -> None:
    note(os.getpid())
    assert release_dead_notes()


@pytest.mark.parametrize("content", ["", '{"write": {"res', "[]", '{"write": 1}'])
def test_half_written_notes_go(content: str) -> None:
    NOTES.write_text(content)
    assert release_dead_notes()


def test_empty_notes_and_none_are_left_alone() -> None:
    assert not release_dead_notes()
    NOTES.write_text('{"write": {}, "read": {}}')
    assert not release_dead_notes()
    assert NOTES.exists()


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_living_dvc_is_not_disturbed(elsewhere: bool, tmp_path: Path) -> None:
    program = tmp_path / "dvc"
    program.write_text("import sys; print('up', flush=True); sys.stdin.read()")
    with subprocess.Popen(
        [sys.executable, str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd="/" if elsewhere else tmp_path,
    ) as dvc:
        assert dvc.stdout is not None
        dvc.stdout.readline()
        if elsewhere:
            note(dvc.pid)
        else:
            NOTES.write_text("half")
        assert not release_dead_notes()
        assert NOTES.exists()
        dvc.kill()
