"""A team's cache: what one has made another pulls, from a folder and from a real S3."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.s3 import BUCKET, KEY, SECRET, object_store, why_not
from tests.once import MadeOnce
from tests.pipeline.copies import run_in
from tests.pipeline.plans import commands_dvc_would_run, commands_to_run, look_up
from tests.pipeline.small import is_done
from tests.pipeline.stubs import make_finished


@pytest.fixture(scope="module")
def finished(made_once: MadeOnce) -> Path:
    """Return a committed copy in which all is done, so that DVC's cache holds it."""
    folder = made_once("finished", make_finished)
    commit(folder)
    return folder


@pytest.fixture(params=["folder", "s3"])
def remote(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """Give the settings of a remote."""
    if request.param == "folder":
        yield {"url": str(tmp_path / "shared")}
        return
    if why_not():
        pytest.skip(why_not())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with object_store(tmp_path / "store") as address:
        yield {"url": f"s3://{BUCKET}/cache", "endpointurl": address}


def commit(folder: Path) -> None:
    identity = {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for arguments in (["add", "--all"], ["commit", "--quiet", "--message", "all done"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, env=os.environ | identity)


def test_what_one_has_made_another_pulls(finished: Path, remote: dict[str, str], tmp_path: Path) -> None:
    run_in(finished, "dvc", "remote", "add", "--force", "--default", "team", remote["url"])
    if "endpointurl" in remote:
        run_in(finished, "dvc", "remote", "modify", "team", "endpointurl", remote["endpointurl"])
    assert "pushed" in run_in(finished, "dvc", "push").stdout
    commit(finished)

    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(finished), str(clone)], check=True)
    assert SECRET not in (clone / ".dvc/config").read_text()
    run_in(clone, "dvc", "pull")
    assert "Snakemake now knows" in run_in(clone, "ferflow", "sync").stdout
    assert is_done(clone)
    assert not commands_dvc_would_run(clone)

    run_in(clone, "ferflow", "set", "experiments.softmax.model.l2=0.25")
    stale = commands_to_run(run_in(clone, "snakemake", "-n"))
    look_up(clone)
    assert stale == commands_dvc_would_run(clone)
    assert any("train.py --experiment softmax" in command for command in stale)
    assert not any("train.py --experiment logistic" in command for command in stale)
