"""DVC's notes of dead processes go, those of living ones stay."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import psutil
import pytest
import yaml

from ferflow.engines import lock
from ferflow.engines.dvc_lock import LOCK, NOTES, mend_lock, release_dead_notes
from tests.engines.test_lock import end_when_waited_for


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


@pytest.mark.parametrize(
    "content",
    [
        "",
        '{"write": {"res',
        "[]",
        '{"write": 1}',
        '{"write": {"results": {}}}',
        '{"write": {"results": 1}}',
        '{"read": {"src": [{}]}}',
        '{"read": {"src": [{"pid": null, "cmd": "dvc repro"}]}}',
    ],
)
def test_notes_that_dvc_cannot_read_go(content: str) -> None:
    from dvc.rwlock import SCHEMA, Invalid

    NOTES.write_text(content)
    with pytest.raises((ValueError, Invalid)):
        SCHEMA(json.loads(content))
    assert release_dead_notes()


def test_empty_notes_and_none_are_left_alone() -> None:
    assert not release_dead_notes()
    NOTES.write_text('{"write": {}, "read": {}}')
    assert not release_dead_notes()
    assert NOTES.exists()


Start: TypeAlias = Callable[[Path], "subprocess.Popen[bytes]"]


@pytest.fixture
def dvc_in(tmp_path: Path) -> Iterator[Start]:
    """Start a program of DVC's name that works in a folder until the test ends."""
    program = tmp_path / "dvc"
    program.write_text("import sys; print('up', flush=True); sys.stdin.read()")
    with ExitStack() as stack:

        def start(folder: Path) -> "subprocess.Popen[bytes]":
            words = [sys.executable, str(program)]
            process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout is not None
            process.stdout.readline()
            return process

        yield start


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_living_dvc_is_not_disturbed(
    elsewhere: bool, dvc_in: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_DYING", 0.3)
    dvc = dvc_in(Path("/") if elsewhere else tmp_path)
    if elsewhere:
        note(dvc.pid)
    else:
        NOTES.write_text("half")
    assert not release_dead_notes()
    assert NOTES.exists()
    if not elsewhere:  # it may be at its dvc.lock
        LOCK.write_text(TWO_STAGES[:-10])
        assert not mend_lock()
        assert LOCK.read_text() == TWO_STAGES[:-10]


@pytest.mark.parametrize("form", ["writes", "reads", "reads alone", "reads beside a dead one"])
def test_one_living_owner_is_enough_for_notes_to_stay(form: str, dvc_in: Start, zombie: int) -> None:
    living, dead = {"pid": dvc_in(Path("/")).pid, "cmd": "dvc repro"}, {"pid": zombie, "cmd": "dvc repro"}
    notes = {
        "writes": {"write": {"results": living}, "read": {"src": [dead]}},
        "reads": {"write": {"results": dead}, "read": {"src": [living]}},
        "reads alone": {"write": {}, "read": {"src": living}},
        "reads beside a dead one": {"write": {}, "read": {"src": [dead, living]}},
    }
    NOTES.write_text(json.dumps(notes[form]))
    assert not release_dead_notes()
    assert NOTES.exists()


def test_notes_of_a_single_dead_reader_go(zombie: int) -> None:
    NOTES.write_text(json.dumps({"write": {}, "read": {"src": {"pid": zombie, "cmd": "dvc repro"}}}))
    assert release_dead_notes()


def test_an_owner_that_may_not_be_looked_at_is_believed_to_live(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process: psutil.Process) -> list[str]:
        raise psutil.AccessDenied(process.pid)

    note(os.getpid())
    monkeypatch.setattr("ferflow.engines.dvc_lock.working_here", lambda program: iter(()))
    monkeypatch.setattr(psutil.Process, "cmdline", refuse)
    assert not release_dead_notes()


TWO_STAGES = """\
schema: '2.0'
stages:
  sample:
    cmd: python workflow/scripts/sample.py
    deps:
    - path: src/ferflow/files.py
      hash: md5
      md5: e898a42d1c3caaaedc6a317b47b4a78c
      size: 9076
    params:
      params.yaml:
        sample:
          seed: 0
    outs:
    - path: data/sample.zip
      hash: md5
      md5: 2313c7da83e499bab64b0a042e627fec
      size: 7993
  train@cnn-0:
    cmd: python workflow/scripts/train.py --experiment cnn --seed 0
    deps:
    - path: results/faces.npy
      hash: md5
      md5: d3f06d1d735ea6242b55be7873026b3c
      size: 446
    outs:
    - path: results/report/figures
      hash: md5
      md5: dd217abf35845a74eec679ab4fa00510.dir
      size: 7553787
      nfiles: 70
"""


def test_a_lock_that_was_cut_anywhere_is_one_that_dvc_reads() -> None:
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA

    whole = yaml.safe_load(TWO_STAGES)["stages"]
    for size in range(len(TWO_STAGES)):
        LOCK.write_text(TWO_STAGES[:size])
        mended = mend_lock()
        if LOCK.exists():
            content = COMPILED_LOCKFILE_SCHEMA(yaml.safe_load(LOCK.read_text()))
            assert content["stages"].get("sample") in (None, whole["sample"]) or not mended
            stages = content["stages"].values()
            files = [file for stage in stages for file in (*stage.get("deps", []), *stage.get("outs", []))]
            assert all("md5" in file for file in files), size
        assert not mend_lock(), size
    LOCK.write_text(TWO_STAGES)
    assert not mend_lock()
    assert LOCK.read_text() == TWO_STAGES


def test_a_lock_of_an_older_dvc_which_names_no_kind_of_hash_is_whole() -> None:
    LOCK.write_text(TWO_STAGES.replace("      hash: md5\n", ""))
    assert not mend_lock()


def test_a_merge_is_left_to_its_owner() -> None:
    content = TWO_STAGES + "<<<<<<< HEAD\n"
    LOCK.write_text(content)
    assert not mend_lock()
    assert LOCK.read_text() == content


@pytest.mark.parametrize("tidy", [release_dead_notes, mend_lock])
def test_a_dvc_that_is_about_to_end_is_waited_for(
    tidy: Callable[[], bool], dvc_in: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    NOTES.write_text("half")
    LOCK.write_text(TWO_STAGES[:-10])
    end_when_waited_for(dvc_in(tmp_path), monkeypatch)
    assert tidy()


def test_a_lock_that_dvc_has_written_to_its_end_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    LOCK.write_text(TWO_STAGES[:-10])

    def end_while_waited_for(find: Callable[[], bool]) -> bool:
        LOCK.write_text(TWO_STAGES)
        return False

    monkeypatch.setattr("ferflow.engines.dvc_lock.lasting", end_while_waited_for)
    assert not mend_lock()
    assert LOCK.read_text() == TWO_STAGES


def test_a_lock_that_was_cut_within_a_letter_is_mended() -> None:
    longer = (TWO_STAGES + "  train@größe-0:\n").encode()
    LOCK.write_bytes(longer[: longer.index("ö".encode()) + 1])
    assert mend_lock()
    assert list(yaml.safe_load(LOCK.read_text())["stages"]) == ["sample"]
