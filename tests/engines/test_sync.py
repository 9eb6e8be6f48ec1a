"""What a hand-over asks the engines, in which order, and what it makes of their answers."""

import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from ferflow import paths
from ferflow.engines import last, records, sync
from ferflow.engines.records import write_record
from ferflow.engines.stages import Job
from ferflow.engines.sync import Books
from ferflow.errors import InputError
from ferflow.files import write_text
from ferflow.params import Params
from tests.tracking.finished import softmax_only

DONE = {"snakemake": "Nothing to be done (all requested files are present and up to date).\n", "dvc": "{}\n"}
LEFT = {
    "snakemake": "job      count\n-----  -------\ntrain       12\ntotal       13\n",
    "dvc": '{"ingest": []}\n',
}

# Stands for an engine: notes what it is asked, and gives the next of the answers that are laid out for it.
ENGINE = """#!/bin/sh
echo "${0##*/} $*" >> asked.txt
set -- "$0"-answers/*
mv "$1" "$0-answer"
. "$0-answer"
"""


@pytest.fixture(scope="module")
def params() -> Params:
    return softmax_only()


@pytest.fixture(autouse=True)
def _a_project_whose_ingest_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ingest = Job("ingest")
    for artifact in ingest.artifacts():
        write_text(artifact, "faces")
    write_record(ingest.record, ingest.artifacts())
    # What depends on parameters, which jobs there are and what is looked up for DVC, has tests of its own.
    monkeypatch.setattr("ferflow.params.load", lambda: None)
    monkeypatch.setattr(sync, "jobs", lambda settings: [ingest])
    monkeypatch.setattr(sync, "write_lookups", lambda settings: _note("lookups"))
    monkeypatch.setenv("FERFLOW_ENGINE", "snakemake")
    monkeypatch.delenv("DVC_STAGE", raising=False)
    last.note_engine()
    (tmp_path / "bin").mkdir()
    for tool in DONE:
        program = tmp_path / "bin" / tool
        program.write_text(ENGINE)
        program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin/python"))


def _note(line: str) -> None:
    with Path("asked.txt").open("a") as file:
        file.write(f"{line}\n")


def asked() -> list[str]:
    """List what was done, in order; who of two is asked first is chance."""
    lines = Path("asked.txt").read_text().splitlines()
    questions = {"snakemake -n --quiet host all", "dvc status --json"}
    return [line for line in lines if line not in questions]


def will_say(tool: str, *answers: str | tuple[str, str, int]) -> None:
    """Lay out what an engine says, and with which exit code it ends, one call after the other."""
    for number, answer in enumerate(answers):
        out, err, code = (answer, "", 0) if isinstance(answer, str) else answer
        say = f"printf %s {shlex.quote(out)}; printf %s {shlex.quote(err)} >&2; exit {code}\n"
        write_text(Path("bin", f"{tool}-answers", str(number)), say)


def is_noted() -> bool:
    """Tell whether the engine that ran last is still held to know what the other does not."""
    return (paths.STATE / "engine").exists()


def test_two_engines_that_know_are_told_nothing() -> None:
    for tool, answer in DONE.items():
        will_say(tool, answer)
    assert sync.sync() == "both engines know that nothing is left to do"
    assert asked() == []
    assert not is_noted()


def test_dvc_is_told_after_the_lookups_it_depends_on_are_written() -> None:
    will_say("snakemake", DONE["snakemake"], DONE["snakemake"])
    will_say("dvc", LEFT["dvc"], "", DONE["dvc"])
    assert sync.sync().startswith("DVC now knows what Snakemake made")
    assert asked() == ["lookups", "dvc commit --force"]
    assert not is_noted()


def test_snakemake_is_told() -> None:
    will_say("snakemake", LEFT["snakemake"], "", DONE["snakemake"])
    will_say("dvc", DONE["dvc"])
    assert sync.sync() == "Snakemake now knows what DVC made"
    assert asked() == ["snakemake --touch --forceall --cores 1 --quiet all"]
    assert not is_noted()


def test_files_that_are_without_provenance_are_no_work_that_is_done() -> None:
    words = "Some files are without provenance/metadata\n"
    will_say("snakemake", (DONE["snakemake"], words, 0), "", DONE["snakemake"])
    will_say("dvc", DONE["dvc"])
    assert sync.sync() == "Snakemake now knows what DVC made"


def test_records_that_a_pull_has_left_of_what_is_no_longer_run_are_no_work_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "jobs", lambda settings: [Job("evaluate", "cnn", 0)])
    left, named = (Job("evaluate", name, 0).record for name in ("kmeans", "cnn"))
    for record in (left, named):
        write_text(record, "{}")
    will_say("snakemake", LEFT["snakemake"], "", DONE["snakemake"])
    will_say("dvc", '{"report": []}\n', DONE["dvc"])
    assert sync.sync() == "Snakemake now knows what DVC made"
    assert named.exists() and not left.exists()


def test_neither_knows_and_what_each_would_do_is_named() -> None:
    will_say("snakemake", LEFT["snakemake"])
    will_say("dvc", json.dumps(dict.fromkeys(["sample", "ingest", "balance@cnn", "split@cnn", "report"])))
    with pytest.raises(
        InputError, match=r"\(Snakemake: 13 jobs; DVC: sample, ingest, balance@cnn and 2 more "
    ):
        sync.sync()
    assert asked() == []
    assert is_noted()


def test_an_answer_that_says_nothing_of_being_done_is_work_to_do() -> None:
    will_say("snakemake", "Building DAG of jobs...\n")
    assert not sync.snakemake_books().in_order


@pytest.mark.parametrize("count", [3, 4])
def test_up_to_three_changed_stages_are_named(count: int) -> None:
    will_say("dvc", json.dumps({name: [] for name in "abcd"[:count]}))
    assert sync.dvc_books() == Books("a, b, c" + (" and 1 more" if count == 4 else "") + " changed")


@pytest.mark.parametrize(
    ("snakemake", "dvc", "outdated"),
    [
        (DONE["snakemake"], None, []),
        ("Job 8: train cnn, seed 1\n    Job 10: evaluate cnn, seed 1\n", LEFT["dvc"], [("cnn", 1)]),
        ("Job 10: evaluate cnn, seed 1\n", DONE["dvc"], []),  # `dvc repro` has made it
        ("Job 10: evaluate cnn, seed 2\n", None, []),  # not yet made, so nothing that is out of date
        (
            f"Some files are without provenance/metadata\n{DONE['snakemake']}",
            LEFT["dvc"],
            [("cnn", 0), ("cnn", 1)],
        ),
    ],
)
def test_a_training_is_outdated_where_neither_engine_vouches_for_it(
    snakemake: str,
    dvc: str | None,
    outdated: list[tuple[str, int]],
    params: Params,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for seed in (0, 1):
        write_text(paths.evaluation("cnn", seed), "{}")
    evaluations = [Job("evaluate", "cnn", seed) for seed in range(3)]
    monkeypatch.setattr(sync, "jobs", lambda settings: [Job("ingest"), *evaluations])
    will_say("snakemake", snakemake)
    if dvc is not None:  # else it is not asked
        will_say("dvc", dvc)
    assert sync.outdated_trainings(params) == outdated


@pytest.mark.parametrize("behind", ["snakemake", "dvc"])
def test_an_engine_that_still_finds_work_after_the_hand_over_is_a_failure(behind: str) -> None:
    ahead = "dvc" if behind == "snakemake" else "snakemake"
    will_say(behind, LEFT[behind], "", LEFT[behind])
    will_say(ahead, DONE[ahead], DONE[ahead])
    with pytest.raises(InputError, match=r"after the hand-over .* still finds work to do"):
        sync.sync()
    assert is_noted()


def test_a_commit_that_makes_snakemake_run_again_is_a_failure() -> None:
    will_say("snakemake", DONE["snakemake"], LEFT["snakemake"])
    will_say("dvc", LEFT["dvc"], "", DONE["dvc"])
    with pytest.raises(
        InputError, match=r"^after the hand-over Snakemake still finds work to do \(13 jobs\)"
    ):
        sync.sync()
    assert is_noted()


@pytest.mark.parametrize(
    ("tool", "answers", "message"),
    [
        ("snakemake", [("", "Building DAG\nerror: no rule\n\n", 1)], "^snakemake -n failed: no rule$"),
        ("snakemake", [(DONE["snakemake"], "", 1)], "^snakemake -n failed: Nothing to be done"),
        ("dvc", [("", "ERROR: dvc.lock is damaged\n", 255)], "^dvc status failed: dvc.lock is damaged$"),
        ("dvc", [("", "ERROR: no cache\n\nHaving any troubles?\n", 255)], "^dvc status failed: no cache$"),
        (
            "snakemake",
            [("", 'PermissionError in line 33:\n[Errno 13] denied\n  File "lock.py", line 1\n', 1)],
            r"^snakemake -n failed: \[Errno 13\] denied$",
        ),
        ("dvc", [("", "", 255)], "^dvc status failed: it said nothing$"),
        ("dvc", [LEFT["dvc"], ("", "ERROR: disk full\n", 1), DONE["dvc"]], "^dvc commit failed: disk full$"),
    ],
)
def test_an_engine_that_fails_is_one_line(
    tool: str, answers: list[str | tuple[str, str, int]], message: str
) -> None:
    other = "dvc" if tool == "snakemake" else "snakemake"
    will_say(tool, *answers)
    will_say(other, DONE[other], DONE[other])
    with pytest.raises(InputError, match=message):
        sync.sync()


def test_without_git_only_dvc_is_not_told() -> None:
    no_git = ("", "ERROR: /here is not a git repository\n", 253)
    will_say("snakemake", DONE["snakemake"], DONE["snakemake"], LEFT["snakemake"], LEFT["snakemake"])
    will_say("dvc", no_git, no_git)
    assert sync.sync().startswith("DVC was not told what Snakemake made")
    assert is_noted()
    assert asked() == []
    with pytest.raises(InputError, match="dvc status failed: /here is not a git repository"):
        sync.sync()


def test_before_a_run_nothing_is_a_failure() -> None:
    will_say("snakemake", *2 * [LEFT["snakemake"]])
    will_say("dvc", LEFT["dvc"])
    assert sync.sync_if_possible() == ""
    Path("bin/dvc").chmod(0)
    assert sync.sync_if_possible() == ""


def test_an_engine_of_this_python_comes_before_one_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path('others').absolute()}{os.pathsep}{os.environ['PATH']}")
    write_text(Path("others/dvc"), "#!/bin/sh\necho '{\"on the path\": []}'\n")
    Path("others/dvc").chmod(0o755)
    will_say("dvc", DONE["dvc"])
    assert sync.dvc_books().in_order
    Path("bin/dvc").unlink()
    assert sync.dvc_books() == Books("on the path changed")


def test_what_is_damaged_is_handed_to_nobody() -> None:
    paths.FACES.write_text("others")
    with pytest.raises(InputError, match=r"faces\.parquet: not what the ingest stage wrote"):
        sync.sync()
    assert not Path("asked.txt").exists()


def test_files_that_dvc_lays_out_anew_keep_their_times_and_its_cache_its_own() -> None:
    cached = Path("cache")
    cached.write_text("faces")
    os.utime(cached, ns=(5, 5))
    paths.SAMPLE.parent.mkdir()
    files = [paths.SAMPLE, paths.PIXELS, paths.evaluation("cnn", 0)]
    for file in files:
        write_text(file, "faces")
        os.utime(file, ns=(7, 7))
    gone = paths.RESULTS / "gone"
    gone.touch()
    with pytest.raises(KeyboardInterrupt), sync._same_times():
        paths.SAMPLE.touch()
        paths.evaluation("cnn", 0).touch()
        paths.PIXELS.unlink()
        paths.PIXELS.symlink_to(cached.absolute())  # as DVC's cache.type symlink has it
        gone.unlink()
        raise KeyboardInterrupt
    assert [file.lstat().st_mtime_ns for file in files] == [7, 7, 7]
    assert cached.stat().st_mtime_ns == 5
