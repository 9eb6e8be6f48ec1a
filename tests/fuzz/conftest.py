"""The two sizes: a minute for every change, a million cases for ``make fuzz``."""

import os
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import Phase, settings

from tests.fuzz.readers import READERS
from tests.fuzz.tally import TALLIES, Tally, summary

_CASES = int(os.environ.get("FERFLOW_FUZZ_CASES", "1000000"))
settings.register_profile(
    "fuzz", max_examples=_CASES // len(READERS), phases=[Phase.generate], derandomize=False, database=None
)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what a worker of pytest-xdist has counted over to the process that sums up."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["tallies"] = {reader: asdict(counts) for reader, counts in TALLIES.items()}


@pytest.hookimpl(optionalhook=True)  # there without pytest-xdist, too
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker has counted; each reader is one worker's, and one that crashed has none."""
    tallies = getattr(node, "workeroutput", {}).get("tallies", {})
    TALLIES.update({reader: Tally(**counts) for reader, counts in tallies.items()})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how the cases ended."""
    if TALLIES:
        terminalreporter.section("what the readers did")
        terminalreporter.write_line("\n".join(summary()))
