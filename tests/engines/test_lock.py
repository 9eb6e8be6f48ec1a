"""The lock of a Snakemake that was killed goes, a live one's never."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TypeAlias

import psutil
import pytest

from ferflow.engines import lock
from ferflow.errors import InputError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lock_it() -> None:
    """Lock the folder as Snakemake does: a file for what it reads, one for what it writes."""
    lock.LOCKS.mkdir(parents=True, exist_ok=True)
    (lock.LOCKS / "0.input.lock").touch()
    (lock.LOCKS / "0.output.lock").touch()


def dead_owner() -> None:
    """Note an owner that has ended."""
    code = "from ferflow.engines.lock import note_owner; note_owner()"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_a_lock_there_is_nothing_to_do() -> None:
    assert not lock.release_dead_lock()


def test_a_dead_owners_lock_goes() -> None:
    dead_owner()
    lock_it()
    assert lock.release_dead_lock()
    assert not lock.is_locked()
    assert not lock.release_dead_lock()


def test_a_live_owners_lock_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_DYING", 0.3)
    lock.note_owner()
    lock_it()
    with pytest.raises(InputError, match=f"as process {os.getpid()}; wait for it"):
        lock.release_dead_lock()
    assert lock.is_locked()


def test_a_later_process_with_the_number_of_the_owner_is_not_the_owner() -> None:
    lock.note_owner()
    lock_it()
    owner = Path(".snakemake/ferflow-owner.json")
    content = json.loads(owner.read_text())
    owner.write_text(json.dumps(content | {"started": content["started"] - 100}))
    assert lock.release_dead_lock()


def test_another_machines_lock_stays() -> None:
    dead_owner()
    lock_it()
    owner = Path(".snakemake/ferflow-owner.json")
    owner.write_text(json.dumps(json.loads(owner.read_text()) | {"host": "node17"}))
    with pytest.raises(InputError, match="may be running on node17"):
        lock.release_dead_lock()


def test_an_unknown_owners_lock_stays() -> None:
    lock_it()
    with pytest.raises(InputError, match="run `snakemake --unlock`"):
        lock.release_dead_lock()


def test_who_comes_second_does_not_take_the_owners_place() -> None:
    lock.note_owner()
    lock_it()
    before = Path(".snakemake/ferflow-owner.json").read_bytes()
    dead_owner()
    assert Path(".snakemake/ferflow-owner.json").read_bytes() == before


def end_when_waited_for(process: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch) -> None:
    """End a process between the first look for it and the second, however slow the machine is."""

    def end(seconds: float) -> None:
        process.kill()
        process.wait()

    monkeypatch.setattr(lock, "_DYING", 600)
    monkeypatch.setattr(lock, "time", SimpleNamespace(monotonic=time.monotonic, sleep=end))


Start: TypeAlias = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def engine(folder: Path) -> Iterator[Start]:
    """Start a program of Snakemake's name that works in this folder, or another, for some seconds."""
    script = folder / "snakemake"
    script.write_text("import sys, time\nprint('here', flush=True)\ntime.sleep(float(sys.argv[1]))\n")
    started = []

    def start(seconds: float, *more: str, cwd: Path = folder) -> "subprocess.Popen[bytes]":
        words = [sys.executable, str(script), str(seconds), *more]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, cwd=cwd)
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_snakemake_at_work_here_keeps_its_lock_whoever_is_noted(
    engine: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_DYING", 0.3)
    dead_owner()
    lock_it()
    with pytest.raises(InputError, match=f"as process {engine(60).pid}"):
        lock.release_dead_lock()


def test_a_snakemake_that_is_about_to_go_is_waited_for(
    engine: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead_owner()
    lock_it()
    end_when_waited_for(engine(600), monkeypatch)
    assert lock.release_dead_lock()


def test_a_snakemake_in_another_folder_or_one_that_unlocks_holds_no_lock_here(
    engine: Start, tmp_path_factory: pytest.TempPathFactory
) -> None:
    engine(60, cwd=tmp_path_factory.mktemp("other"))
    engine(60, "--unlock")
    dead_owner()
    lock_it()
    assert lock.release_dead_lock()


@pytest.mark.parametrize(
    ("words", "is_snakemake"),
    [
        (["/venv/bin/snakemake", "-j2"], True),
        (["/venv/bin/python", "-I", "/venv/bin/snakemake", "-j2"], True),
        (["snakemake.exe"], True),
        (["/usr/bin/tail", "-n", "5", "-f", "/home/me/snakemake"], False),
        (["/venv/bin/snakemake-tutorial"], False),
        ([], False),
    ],
)
def test_a_command_line_that_ends_in_a_name_is_not_that_program(words: list[str], is_snakemake: bool) -> None:
    assert lock.is_program(words, "snakemake") is is_snakemake


def test_notes_of_an_owner_that_cannot_be_read_are_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_DYING", 0.3)
    lock_it()
    owner = Path(".snakemake/ferflow-owner.json")
    owner.write_text("[]")
    with pytest.raises(InputError, match=r"may be running somewhere, .* run `snakemake --unlock`"):
        lock.release_dead_lock()
    for content in ({}, {"pid": "x"}, {"pid": 10**30}):
        lock_it()
        owner.write_text(json.dumps({"host": platform.node()} | content))
        assert lock.release_dead_lock()


def test_a_zombie_owns_nothing(engine: Start) -> None:
    process = engine(60)
    noted = {
        "host": platform.node(),
        "pid": process.pid,
        "started": psutil.Process(process.pid).create_time(),
    }
    Path(".snakemake").mkdir()
    Path(".snakemake/ferflow-owner.json").write_text(json.dumps(noted))
    lock_it()
    process.kill()  # and nobody reaps it
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert lock.release_dead_lock()
