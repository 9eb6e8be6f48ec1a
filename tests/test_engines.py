import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ferflow.engines import parameters, sync
from ferflow.errors import InputError

ROOT = Path(__file__).parents[1]


def test_parameters_are_those_of_the_file() -> None:
    found = parameters.parameters({}, ROOT / "params.yaml")
    assert found["data"]["path"] == "data/sample.zip"
    assert "solver" not in found["experiments"]["softmax"]["model"]  # as written, without defaults


def test_parameters_refuse_a_second_source() -> None:
    with pytest.raises(InputError, match=r"--config.*found: budget.*edit params\.yaml"):
        parameters.parameters({"budget": "full"}, ROOT / "params.yaml")


def test_parameters_miss_data_that_are_not_there(tmp_path: Path) -> None:
    text = (ROOT / "params.yaml").read_text().replace("path: data/sample.zip", "path: data/none.csv")
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(InputError, match=r"data\.path: there is no data/none\.csv"):
        parameters.parameters({}, tmp_path / "params.yaml")


def test_tracked_sections_do_not_depend_on_their_order() -> None:
    one = {"evaluate": {"seed": 0, "resamples": 9}, "protocols": {"pair": {"classes": ["a", "b"]}}}
    other = {"protocols": {"pair": {"classes": ["a", "b"]}}, "evaluate": {"resamples": 9, "seed": 0}}
    sections = parameters.tracked(one, "evaluate", "protocols.pair")
    assert sections == parameters.tracked(other, "protocols.pair", "evaluate")
    assert sections == '{"evaluate": {"resamples": 9, "seed": 0}, "protocols.pair": {"classes": ["a", "b"]}}'


def test_listing_changes_with_what_is_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "happy").mkdir()
    face = tmp_path / "happy" / "1.png"
    face.write_bytes(b"one")
    before = parameters.listing(tmp_path)
    assert parameters.listing(tmp_path) == before
    face.write_bytes(b"other")
    changed = parameters.listing(tmp_path)
    face.rename(face.with_name("2.png"))
    assert len({before, changed, parameters.listing(tmp_path)}) == 3
    assert parameters.listing(face.with_name("2.png")) == ""


class Tools:
    """Stands in for the engines' command lines: answers as told, and remembers what it was asked."""

    def __init__(self, **answers: tuple[int, str]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.asked.append(" ".join((tool, *arguments)))
        code, said = self.answers.get(f"{tool}_{arguments[0].strip('-')}", (0, ""))
        return subprocess.CompletedProcess([tool], code, said, "")


DONE = (0, "Nothing to be done (all requested files are present and up to date).")


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ((0, "Job stats: train 1"), "has work left to do"),
        ((1, DONE[1]), "has work left to do"),
        ((0, DONE[1] + "\n3 jobs have missing provenance/metadata so that"), "how some files were made"),
    ],
)
def test_to_dvc_blesses_nothing_stale(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[int, str], complaint: str
) -> None:
    tools = Tools(snakemake_n=answer)
    monkeypatch.setattr(sync, "_run", tools)
    with pytest.raises(InputError, match=complaint):
        sync.to_dvc()
    assert tools.asked == ["snakemake -n all"]


def test_to_dvc_commits_and_keeps_the_times_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    faces = Path("results/faces.npy")
    faces.write_bytes(b"faces")
    os.utime(faces, ns=(10**18, 10**18))

    class Relinks(Tools):
        def __call__(self, tool: str, *arguments: str) -> Any:
            if tool == "dvc":
                faces.write_bytes(b"faces")
            return super().__call__(tool, *arguments)

    tools = Relinks(snakemake_n=DONE)
    monkeypatch.setattr(sync, "_run", tools)
    sync.to_dvc()
    assert tools.asked == ["snakemake -n all", "dvc commit --force"]
    assert faces.stat().st_mtime_ns == 10**18


def test_to_dvc_says_what_dvc_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sync, "_run", Tools(snakemake_n=DONE, dvc_commit=(255, "no space left")))
    with pytest.raises(InputError, match="dvc commit failed: no space left"):
        sync.to_dvc()


def test_to_snakemake_blesses_nothing_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    tools = Tools(dvc_status=(1, ""))
    monkeypatch.setattr(sync, "_run", tools)
    with pytest.raises(InputError, match="DVC finds changes"):
        sync.to_snakemake()
    tools.answers = {}
    sync.to_snakemake()
    assert tools.asked[-1] == "snakemake --touch --forceall -j1 all"


def test_tools_are_those_of_this_python() -> None:
    done = sync._run("snakemake", "--version")
    assert done.returncode == 0
    assert done.stdout[0].isdigit()
