"""Measured times, kept outside ``results/``: they differ from run to run, and results must not."""

from pathlib import Path
from typing import Any

from ferflow.files import read_json, write_json

FOLDER = Path("timings")


def timings_path(experiment: str, seed: int) -> Path:
    """Where the times of one training are kept."""
    return FOLDER / experiment / f"{seed}.json"


def record_timings(experiment: str, seed: int, **measured: Any) -> None:
    """Add measured figures (seconds, milliseconds, threads) to those of a training."""
    path = timings_path(experiment, seed)
    known = read_json(path) if path.exists() else {}
    write_json(path, known | measured)


def read_timings(experiment: str, seed: int) -> dict[str, Any]:
    """Read the times of one training; empty where it was trained on another machine."""
    path = timings_path(experiment, seed)
    return read_json(path) if path.exists() else {}
