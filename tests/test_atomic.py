"""What is written stands there whole or not at all."""

import errno
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from ferflow import atomic
from ferflow.atomic import atomic_folder, atomic_path
from ferflow.cli.main import main
from ferflow.errors import InputError
from ferflow.files import write_text


def test_failure_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_replaced_is_named_and_not_the_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(self), None, str(target))

    monkeypatch.setattr(Path, "replace", refuse)  # as where `chattr +i` has been used
    with pytest.raises(PermissionError) as caught:
        write_text(tmp_path / "kept.txt", "new")
    assert caught.value.filename == str(tmp_path / "kept.txt")


@pytest.mark.parametrize("mask", [0o022, 0o027])
def test_files_and_folders_are_open_as_the_umask_says(mask: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        write_text(tmp_path / "file", "x")
        with atomic_folder(tmp_path / "new/page"):
            pass
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~mask
    assert stat.S_IMODE((tmp_path / "new/page").stat().st_mode) == 0o777 & ~mask


LEAVE = """
import os, signal
from pathlib import Path
from ferflow.atomic import atomic_folder, atomic_path
with atomic_path(Path("a.txt")) as file, atomic_folder(Path("page")) as folder:
    file.write_text("half"); (folder / "index.html").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, "-c", LEAVE], check=False)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == 2
    assert all(".writing-" in name for name in left)
    with atomic_path(tmp_path / "mine.txt") as mine:  # of a living process
        mine.write_text("x")
        monkeypatch.setattr(atomic, "_swept", set())
        write_text(tmp_path / "other.txt", "x")
        assert mine.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt", "other.txt"]


def test_what_is_no_plain_file_stays(tmp_path: Path) -> None:
    pipe, folder, link = tmp_path / "pipe", tmp_path / "folder", tmp_path / "link"
    os.mkfifo(pipe)
    folder.mkdir()
    link.symlink_to(pipe)
    for path, follow in ((pipe, False), (pipe, True), (folder, False), (folder, True), (link, True)):
        with pytest.raises(InputError, match=f"{path}: no plain file; name another"):
            write_text(path, "x", follow=follow)
    assert (pipe.is_fifo(), folder.is_dir(), link.is_symlink()) == (True, True, True)
    assert len(list(tmp_path.iterdir())) == 3


def test_what_a_user_has_made_private_stays_so(tmp_path: Path) -> None:
    path, link = tmp_path / "params.yaml", tmp_path / "link.yaml"
    path.touch(0o700)  # which no umask gives a new file
    link.symlink_to(path)
    for name in (path, link):
        write_text(name, "uri: postgresql://me:secret@host", follow=True)
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    write_text(path, "an artifact")
    assert stat.S_IMODE(path.stat().st_mode) != 0o700


def test_a_folder_that_takes_no_file_is_told_by_the_name_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / ".x.json.writing-random"))

    monkeypatch.setattr(tempfile, "mkstemp", refuse)  # root may write everywhere
    with pytest.raises(PermissionError) as caught:
        write_text(tmp_path / "x.json", "x")
    assert caught.value.filename == str(tmp_path / "x.json")


def test_an_artifact_replaces_a_link_and_what_a_user_names_keeps_it(tmp_path: Path) -> None:
    cached, artifact = tmp_path / "cached", tmp_path / "artifact.json"
    cached.write_text("old")
    artifact.symlink_to(cached)  # as DVC's cache.type symlink has it
    write_text(artifact, "new")
    assert (artifact.is_symlink(), artifact.read_text(), cached.read_text()) == (False, "new", "old")

    real, link = tmp_path / "far/real", tmp_path / "link.json"
    link.symlink_to(real)  # which is not there yet
    for content in ("first", "second"):
        with atomic_path(link, follow=True) as temporary:
            assert (temporary.parent, temporary.suffix) == (real.parent, ".json")
            temporary.write_text(content)
        assert (link.is_symlink(), real.read_text()) == (True, content)
    assert list(real.parent.iterdir()) == [real]


def test_a_link_in_a_ring_is_replaced(tmp_path: Path) -> None:
    ring = [tmp_path / "one", tmp_path / "other"]
    for link, target in zip(ring, reversed(ring), strict=True):
        link.symlink_to(target)
    write_text(ring[0], "x", follow=True)
    assert ring[0].read_text() == "x"


def test_commands_write_where_a_link_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tmp_path / "shared/params.yaml"
    real.parent.mkdir()
    shutil.copy(Path(__file__).parents[1] / "params.yaml", real)
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").symlink_to(real)
    Path("link.json").symlink_to("schema.json")
    for arguments in (["set", "seeds=[5]"], ["schema", "--out", "link.json"]):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output
    assert (Path("params.yaml").is_symlink(), yaml.safe_load(real.read_text())["seeds"]) == (True, [5])
    assert (Path("link.json").is_symlink(), Path("schema.json").is_file()) == (True, True)
    os.mkfifo("pipe")
    done = CliRunner().invoke(main, ["schema", "--out", "pipe"])
    assert (done.exit_code, done.stderr) == (2, "error: pipe: no plain file; name another\n")
    assert Path("pipe").is_fifo()


def test_a_folder_takes_the_place_of_an_older_one_or_of_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "page", tmp_path / "link"
    link.symlink_to(path)
    for content in ("first", "second"):
        with atomic_folder(path) as folder:
            (folder / f"{content}.html").write_text(content)
        assert [file.name for file in path.iterdir()] == [f"{content}.html"]
    with atomic_folder(link) as folder:
        (folder / "third.html").write_text("third")
    assert (link.is_symlink(), len(list(path.iterdir()))) == (False, 1)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link", "page"]


def test_an_interruption_between_two_folders_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page"
    path.mkdir()
    (path / "index.html").write_text("old")

    def interrupted(self: Path, target: Path) -> None:
        assert not path.exists()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", interrupted)
        with atomic_folder(path) as folder:
            (folder / "index.html").write_text("new")
    assert (path / "index.html").read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import os, signal
from pathlib import Path
from ferflow.atomic import atomic_folder
Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)
with atomic_folder(Path("page")) as folder:
    (folder / "index.html").write_text("new")
"""


def test_a_kill_between_two_folders_leaves_the_old_one_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("page").mkdir()
    Path("page/index.html").write_text("old")
    subprocess.run([sys.executable, "-c", KILLED], check=False)
    assert len(list(tmp_path.glob(".page*"))) == 2
    atomic.sweep(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["page"]
    assert Path("page/index.html").read_text() == "old"


@pytest.mark.parametrize("name", ["n" * 240, "\u8868" * 80], ids=["narrow", "wide"])  # of as many bytes
def test_long_names_are_written_too(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.txt"
    write_text(path, "x")
    assert path.read_text() == "x"


def test_what_is_written_is_on_the_disk_before_it_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, page = tmp_path / "file", tmp_path / "page"
    on_disk: list[tuple[int, bool, bool]] = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: on_disk.append((os.fstat(handle).st_ino, path.exists(), page.exists()))
    )
    write_text(path, "x")
    with atomic_folder(page) as folder:
        (folder / "index.html").write_text("x")
    parent, file, index = (each.stat().st_ino for each in (tmp_path, path, page / "index.html"))
    assert on_disk == [
        (file, False, False),
        (parent, True, False),
        (index, True, False),
        (parent, True, True),
    ]


def test_a_kill_after_a_folder_has_its_place_leaves_the_new_one_alone(tmp_path: Path) -> None:
    page = tmp_path / "page"
    for folder in (page, tmp_path / f"{leftover(page)}x-old"):
        folder.mkdir()
        (folder / "index.html").write_text("old" if folder != page else "new")
    atomic.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [page]
    assert (page / "index.html").read_text() == "new"


def test_half_a_file_is_never_put_in_its_place_and_what_others_name_so_stays(tmp_path: Path) -> None:
    half = tmp_path / f"{leftover(tmp_path / 'settings.is-old')}x.is-old"
    half.write_text("half")
    theirs = tmp_path / half.name.replace(f"-{DEAD}-", "-mine-")
    theirs.write_text("of a person")
    atomic.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == [theirs]


DEAD = 2**22 + 1  # beyond the numbers that Linux gives to processes


def leftover(path: Path) -> str:
    """Begin the name of what a dead process has left of a target."""
    return atomic._prefix(path).replace(f"-{os.getpid()}-", f"-{DEAD}-")


def test_a_folder_takes_the_place_of_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "page"
    path.symlink_to("nowhere")
    with atomic_folder(path) as folder:
        (folder / "index.html").write_text("new")
    assert not path.is_symlink()
    assert list(tmp_path.iterdir()) == [path]
