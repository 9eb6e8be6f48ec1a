import json
import resource
import runpy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml

from ferflow.data.draw import draw_samples
from ferflow.data.faces import load_faces, read_face_table
from ferflow.engines import interruption
from ferflow.files import read_parquet
from ferflow.params import Protocol, Split
from tests.cut import cut
from tests.ingest.drawn import (
    face,
    fer_tree,
    image,
    table,
    text,
    write_table,
    write_tar,
    write_tree,
    write_zip,
)

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "workflow" / "scripts" / "ingest.py"
OUTPUTS = ("audit.json", "faces.npy", "faces.parquet", "near_duplicates.csv", "origins.parquet")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with params.yaml and a complete earlier result, which a failure must not cost."""
    (tmp_path / "results").mkdir()
    for name in OUTPUTS:
        (tmp_path / "results" / name).write_text("earlier")
    return tmp_path


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Ingest = Callable[..., Done]


@pytest.fixture
def ingest(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ingest:
    """Run the script as the engines do, but in this process: its imports take longer than its work."""

    def run(source: Path | str, on_bad_face: str = "fail", group: str = "") -> Done:
        write_params(folder, source, on_bad_face, group)
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", [str(SCRIPT)])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(SCRIPT), run_name="__main__")
        assert isinstance(end.value.code, int)
        return Done(end.value.code, *capsys.readouterr())

    return run


def ingest_with_room(folder: Path, source: Path, room: int) -> subprocess.CompletedProcess[str]:
    """Run the script where no file may grow beyond ``room`` bytes, as on a disk that fills up."""
    write_params(folder, source, "skip")
    return subprocess.run(
        [sys.executable, "-B", SCRIPT],  # bytecode that is cut short would fail whoever imports it next
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )


def write_params(folder: Path, source: Path | str, on_bad_face: str, group: str = "") -> None:
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    cut(content, ["cnn"])  # which takes the classes as they are
    content["data"] |= {"path": str(source), "on_bad_face": on_bad_face, "group": group or None}
    (folder / "params.yaml").write_text(yaml.safe_dump(content))


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "results").iterdir() if path.is_file()}


def assert_refused(folder: Path, done: Done | subprocess.CompletedProcess[str], message: str) -> None:
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if not line.startswith("reading ")]
    assert len(errors) == 1, done.stderr
    assert errors[0].startswith("error: ")
    assert message in errors[0]
    assert results(folder) == dict.fromkeys(OUTPUTS, b"earlier")


def test_all_shapes_of_one_data_set_give_the_same_bytes(folder: Path, ingest: Ingest) -> None:
    tree = fer_tree()
    files_by_source = []
    for source in (
        write_zip(folder / "faces.zip", tree),
        write_tar(folder / "faces.tar.gz", tree),
        write_tree(folder / "faces", tree),
    ):
        done = ingest(source.name)
        assert done.returncode == 0, done.stderr
        assert "4 faces" in done.stdout
        assert f"reading {source.name}: 100%" in done.stderr
        files_by_source.append(results(folder))
    assert sorted(files_by_source[0]) == sorted(OUTPUTS)
    for name in OUTPUTS[1:]:
        assert files_by_source[0][name] == files_by_source[1][name] == files_by_source[2][name]
    audits = [json.loads(files["audit.json"]) for files in files_by_source]
    assert [audit.pop("source") for audit in audits] == ["faces.zip", "faces.tar.gz", "faces"]
    assert audits[0] == audits[1] == audits[2]


def test_written_faces_can_be_loaded(folder: Path, ingest: Ingest) -> None:
    done = ingest(write_table(folder / "fer2013.csv", table(side=48)))
    assert done.returncode == 0, done.stderr
    faces = load_faces(folder / "results" / "faces.npy", folder / "results" / "faces.parquet")
    assert faces.pixels.shape == (6, 48, 48)
    assert faces.classes == ("angry", "disgust", "fear", "happy", "sad", "surprise")
    origins = read_parquet(folder / "results" / "origins.parquet")
    assert sorted(origins["origin"]) == [f"row {i}" for i in range(1, 7)]
    assert str(folder) not in (folder / "results" / "audit.json").read_text()
    named = pd.read_csv(folder / "results/near_duplicates.csv")
    near = json.loads((folder / "results/audit.json").read_text())["near_duplicates"]
    assert len(named) == near["faces"]
    assert named["group"].nunique() == near["groups"]


def test_a_person_stays_in_one_subset_from_the_source_to_the_split(folder: Path, ingest: Ingest) -> None:
    rows = [f"{3 * (i % 2)},p{i // 6},{text(face(i))}" for i in range(120)]  # six faces of each of 20 people
    done = ingest(write_table(folder / "people.csv", rows, "emotion,subject,pixels"), group="subject")
    assert done.returncode == 0, done.stderr
    origin = read_parquet(folder / "results/origins.parquet")["origin"]
    person = (origin.str.removeprefix("row ").astype(int) - 1) // 6
    faces = read_face_table(folder / "results/faces.parquet")
    assert faces["group"].tolist() == [f"p{number}" for number in person]
    samples = draw_samples(faces, Protocol(split=Split(validation=0.2, test=0.2)), "p").table
    subset = samples.groupby("face")["subset"].first()
    assert set(subset) == {"train", "validation", "test"}
    assert subset.groupby(person).nunique().max() == 1
    loaded = load_faces(folder / "results/faces.npy", folder / "results/faces.parquet")
    assert loaded.group.tolist() == faces["group"].tolist()


def test_skipped_faces_are_listed(folder: Path, ingest: Ingest) -> None:
    source = write_zip(
        folder / "faces.zip", fer_tree() | {"train/happy/Training_9.jpg": image(form="JPEG")[:99]}
    )
    done = ingest(source, "skip")
    assert done.returncode == 0
    assert "1 bad face" in done.stdout
    audit = json.loads((folder / "results" / "audit.json").read_text())
    assert [bad["origin"] for bad in audit["skipped"]] == ["train/happy/Training_9.jpg"]


def test_bad_sources_end_in_one_line_and_keep_what_stood(folder: Path, ingest: Ingest) -> None:
    not_an_image = write_zip(folder / "broken.zip", fer_tree() | {"train/happy/Training_9.jpg": b"no image"})
    evil = write_tar(folder / "evil.tar.gz", fer_tree() | {"../x.png": image()})
    short = write_table(folder / "fer2013.csv", [*table(), "3,1 2 3,Training"])
    assert_refused(folder, ingest("missing.csv"), "missing.csv: no such file or folder")
    assert_refused(folder, ingest(short), "fer2013.csv, row 7 (line 8): column pixels: 3 pixels")
    assert_refused(folder, ingest(not_an_image), "train/happy/Training_9.jpg")
    assert_refused(folder, ingest(evil), "member '../x.png' leads out of the archive")


def test_full_disk_keeps_what_stood(folder: Path) -> None:
    source = write_zip(folder / "faces.zip", fer_tree())
    assert_refused(folder, ingest_with_room(folder, source, 4_000), "")


def test_full_disk_at_the_last_file(folder: Path) -> None:
    """The audit's list of bad faces outgrows the room that the other files have."""
    bad = {f"train/happy/Training_{i}.png": b"no image" for i in range(300)}
    source = write_zip(folder / "faces.zip", fer_tree() | bad)
    assert_refused(folder, ingest_with_room(folder, source, 4 * 48 * 48 + 500), "")


# The second place is where some files are written, though none is in its place yet.
INTERRUPTED = """
import os, runpy, signal, sys
from ferflow import files
from ferflow.progress import ShareProgress

where, script = sys.argv[1:]
sys.argv[1:] = []
interrupt = lambda *_: os.kill(os.getpid(), signal.SIGINT)
if where == "reading":
    ShareProgress.__call__ = interrupt
else:
    files.write_json = interrupt
runpy.run_path(script, run_name="__main__")
"""


@pytest.mark.parametrize("where", ["reading", "writing"])
def test_interruption_keeps_what_stood(where: str, folder: Path) -> None:
    write_params(folder, write_table(folder / "fer2013.csv", table(7)), "fail")
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, where, SCRIPT],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130
    assert done.stderr.removeprefix("reading fer2013.csv: 100%\n") == f"error: {interruption.MESSAGE}\n"
    assert results(folder) == dict.fromkeys(OUTPUTS, b"earlier")


def test_what_a_killed_one_leaves_is_removed_by_the_next(folder: Path, ingest: Ingest) -> None:
    write_params(folder, write_table(folder / "fer2013.csv", table(7)), "fail")
    killed = (
        "import os, runpy, ferflow.files as files; files.write_json = lambda *_: os.kill(os.getpid(), 9); "
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    )
    assert subprocess.run([sys.executable, "-c", killed], cwd=folder, check=False).returncode == -9
    assert len(list((folder / "results").iterdir())) > len(OUTPUTS)
    assert ingest("fer2013.csv").returncode == 0
    assert {path.name for path in (folder / "results").iterdir()} == {*OUTPUTS, "records"}
