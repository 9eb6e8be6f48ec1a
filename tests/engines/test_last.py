"""Which engine ran last, and the line for the one that does not know."""

from pathlib import Path

import pytest

from ferflow import paths
from ferflow.engines import last


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    monkeypatch.setenv("FERFLOW_ENGINE", "snakemake")


def test_the_other_engine_is_told_until_the_hand_over(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    last.note_engine()
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("DVC_STAGE", "train")
    last.note_engine()
    note = capsys.readouterr().err
    assert note.startswith("note: Snakemake ran last, and DVC does not know what it made")
    assert note.count("\n") == 1
    for _ in range(2):  # the second time nothing is left to forget
        last.forget_engine()
    last.say_whose_turn_it_was("snakemake")
    assert capsys.readouterr().err == ""


def test_snakemake_is_told_of_results_that_were_pulled_into_a_fresh_clone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    last.greet_snakemake()
    assert capsys.readouterr().err == ""
    paths.FACES.parent.mkdir(parents=True)
    paths.FACES.touch()
    last.greet_snakemake()
    note = capsys.readouterr().err
    assert note.startswith("note: DVC ran last, and Snakemake does not know what it made")
    assert "`ferflow sync`" in note
    Path(".snakemake/metadata").mkdir(parents=True)
    last.greet_snakemake()
    assert capsys.readouterr().err == ""


def test_snakemake_is_told_that_dvc_ran_last_where_it_has_books_of_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".snakemake/metadata").mkdir(parents=True)
    monkeypatch.setenv("DVC_STAGE", "train")
    last.note_engine()  # DVC, though a Snakemake started it
    last.greet_snakemake()
    assert capsys.readouterr().err.startswith("note: DVC ran last, and Snakemake does not know")
    for content in (b"of a later ferflow\n", b"\xff damaged"):
        (paths.STATE / "engine").write_bytes(content)
        last.greet_snakemake()
        assert capsys.readouterr().err == ""
