"""What every test may rely on."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.once import MadeOnce, made_once_by

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")

#: What takes minutes, so that at the end of a run all workers still have something short to do.
FIRST = ("pipeline/test_run", "pipeline/test_parity", "cluster/test_slurm", "chaos/", "cluster/", "pipeline/")

# About as many tests run at a time as there are cores: a thread each, here and in what they start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples each time; `--hypothesis-profile=default` draws others. Some share a folder, and a
# machine that is slow at drawing them is no failure.
settings.register_profile(
    "same",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("same")

# A shell lets the jobs it starts in the background ignore Ctrl-C, and so would the processes of the tests.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, and leave all else in its order."""

    def rank(item: pytest.Item) -> int:
        name = item.nodeid.removeprefix("tests/")
        return next((index for index, start in enumerate(FIRST) if name.startswith(start)), len(FIRST))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> MadeOnce:
    """Fill a folder once for all tests, and give each caller a copy of its own."""
    return made_once_by(tmp_path_factory, worker_id)


@pytest.fixture(scope="session")
def fabricated_run(made_once: MadeOnce) -> Path:
    """Make a folder with a finished run and its report."""
    return made_once("fabricated", _fabricate)


def _fabricate(folder: Path) -> None:
    from ferflow import params
    from ferflow.report import build_report
    from tests.fabricated import REPOSITORY, fabricate

    with contextlib.chdir(folder):
        fabricate(REPOSITORY / "params.yaml")
        build_report(params.load())


@pytest.fixture
def in_run(fabricated_run: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work inside the finished run."""
    monkeypatch.chdir(fabricated_run)
    yield fabricated_run


@pytest.fixture
def page(in_run: Path) -> str:
    """Read the report's page."""
    return Path("results/report/index.html").read_text()


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """Start a Chromium with a camera that shows a moving test picture."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as started:
        # As root, in a container, Chromium has no sandbox of its own.
        browser = started.chromium.launch(executable_path=path, args=[*FLAGS], chromium_sandbox=False)
        yield browser
        browser.close()
