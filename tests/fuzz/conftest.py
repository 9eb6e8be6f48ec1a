"""The two sizes: a minute for every change, a million cases for ``make fuzz``."""

import os

import pytest
from hypothesis import Phase, settings

from tests.fuzz.readers import READERS
from tests.fuzz.tally import TALLIES, summary

_CASES = int(os.environ.get("FERFLOW_FUZZ_CASES", "1000000"))
settings.register_profile("fuzz", max_examples=_CASES // len(READERS), phases=[Phase.generate], database=None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how the cases ended; with pytest-xdist the workers have counted, and this process knows nothing."""
    if TALLIES:
        terminalreporter.section("what the readers did")
        terminalreporter.write_line("\n".join(summary()))
