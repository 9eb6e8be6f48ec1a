"""`make chaos`: a hundred kills, and what was wrong after them; ends with 1 if anything was."""

import argparse
import tempfile
from pathlib import Path

from tests.chaos.kills import Chaos


def main() -> int:
    """Kill, and say what happened."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ferflow-chaos-") as folder:
        tally = Chaos(Path(folder) / "project", arguments.seed).kill(arguments.kills)
    print("\n".join(tally.lines()))
    return int(bool(tally.faults))


if __name__ == "__main__":
    raise SystemExit(main())
