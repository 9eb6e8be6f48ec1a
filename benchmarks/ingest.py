"""Time and memory of reading the challenge's CSV, against the usual way, in one run.

    python benchmarks/ingest.py path/to/fer2013.csv [--repeat 3]

Runs, each in a process of its own and in turn, `workflow/scripts/ingest.py` (which reads, fingerprints,
audits for exact and near duplicates, and writes) and the reader that notebooks on FER-2013 share:
`pandas.read_csv` and `np.fromstring` for each row (which only reads). Prints the median wall time and the
peak resident memory of each and the ratios between them; the limits that ferflow sets itself are 10 s and 1
GB for 35,887 faces.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PEER = """
import sys
import numpy as np
import pandas as pd

table = pd.read_csv(sys.argv[1])
pixels = np.stack([np.fromstring(text, dtype=int, sep=" ").reshape(48, 48) for text in table["pixels"]])
print(pixels.astype("uint8").shape)
"""


@dataclass(frozen=True)
class Cost:
    """Wall time of a process and the most memory it held at once."""

    seconds: float
    megabytes: float


def measure(command: list[str], folder: Path) -> Cost:
    """Run a command in ``folder`` on one thread."""
    started = time.perf_counter()
    log = folder / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | {"OMP_NUM_THREADS": "1"}, stdout=file, stderr=file
        )
        status, usage = os.wait4(process.pid, 0)[1:]
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit(f"{Path(command[1]).name} failed:\n{log.read_text()[-2000:]}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Cost(seconds, kilobytes / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("csv", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    source = arguments.csv.resolve()
    if not source.is_file():
        parser.error(f"{arguments.csv}: no such file")
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params["data"] |= {"path": str(source), "image_size": 48}
    commands = {
        "ferflow ingest": [sys.executable, str(ROOT / "workflow" / "scripts" / "ingest.py")],
        "pandas + fromstring": [sys.executable, "-c", PEER, str(source)],
    }
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "params.yaml").write_text(yaml.safe_dump(params))
        for _ in range(arguments.repeat):
            for name, command in commands.items():
                costs[name].append(measure(command, Path(folder)))
    medians = {
        name: Cost(statistics.median(cost.seconds for cost in runs), max(cost.megabytes for cost in runs))
        for name, runs in costs.items()
    }
    for name, cost in medians.items():
        print(f"{name:<20} {cost.seconds:6.1f} s {cost.megabytes:7.0f} MB")
    ours, peer = medians.values()
    print(
        f"ferflow takes {ours.seconds / peer.seconds:.2f} of the peer's time, "
        f"{ours.megabytes / peer.megabytes:.2f} of its memory (n={arguments.repeat})"
    )


if __name__ == "__main__":
    main()
