"""What everything was computed with."""

from collections.abc import Sequence
from dataclasses import dataclass

from ferflow.report.results import Result
from ferflow.report.wording import count_name


@dataclass(frozen=True)
class MachineWords:
    """Threads and precision in words; the latter empty where there is no network."""

    threads: str
    precision: str


def machine(results: Sequence[Result]) -> MachineWords:
    """Say in words with how many threads and in which precision everything was computed."""
    machines = [evaluation.machine for result in results for evaluation in result.evaluations]
    threads = sorted({entry.threads for entry in machines})
    precisions = sorted({entry.precision for entry in machines if entry.precision is not None})
    return MachineWords(
        " or ".join(count_name(count, "thread") for count in threads), " or ".join(precisions)
    )
