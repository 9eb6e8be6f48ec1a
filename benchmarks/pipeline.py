"""Time of the whole pipeline on sample faces, and of finding that nothing is left to do.

    python benchmarks/pipeline.py [--jobs 2] [--repeat 5]

Works in a temporary clone of the last commit: `snakemake --cores JOBS` from nothing, hand-over to DVC, then
the no-op of each engine and `import ferflow`, each in turn with a peer that does the least one can: the same
engine on one stage that is done, an interpreter that imports nothing. Prints medians, ratios and the limits
that ferflow sets itself on two cores; ends with 1 if one is not kept.
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

ROOT = Path(__file__).resolve().parents[1]
NO_JOBS = "Nothing to be done"
NO_STAGES = "Data and pipelines are up to date."
ONE_RULE = 'rule all:\n    output:\n        "done"\n    shell:\n        "touch done"\n'
ONE_STAGE = "stages:\n  all:\n    cmd: touch done\n    outs: [done]\n"


@dataclass(frozen=True)
class Comparison:
    """A command of ours, the least that a peer can do, and our limit in seconds."""

    name: str
    command: list[str]
    folder: Path
    peer: list[str]
    peer_folder: Path
    limit: float
    idle: str = ""  # what both say where they have nothing to do: a no-op that works measures nothing

    def measure(self, repeat: int) -> bool:
        """Time both in turn; print medians; tell whether the limit is kept."""
        ours, peers = [], []
        for _ in range(repeat):
            ours.append(seconds(self.command, self.folder, self.idle))
            peers.append(seconds(self.peer, self.peer_folder, self.idle))
        mine, other = statistics.median(ours), statistics.median(peers)
        print(
            f"{self.name:22} {mine:7.2f} s  limit {self.limit:5.1f} s  {mine / other:5.1f} x {other:.2f} s "
            f"of {' '.join(self.peer[-2:])} (n={repeat})"
        )
        return mine <= self.limit


def seconds(command: list[str], folder: Path, idle: str = "") -> float:
    """Run a command, which has to say that it is idle; return its wall time."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "src"),
    }
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    passed = time.perf_counter() - started
    if idle not in done.stdout + done.stderr:
        raise SystemExit(f"{' '.join(command)} had something to do:\n{done.stdout}\n{done.stderr}")
    return passed


def make_peer(folder: Path) -> None:
    """Lay out a project of one stage that is done, for both engines."""
    folder.mkdir()
    (folder / "Snakefile").write_text(ONE_RULE)
    (folder / "dvc.yaml").write_text(ONE_STAGE)
    seconds(["git", "init", "--quiet"], folder)
    seconds(["dvc", "init", "--quiet"], folder)
    seconds(["snakemake", "--cores", "1"], folder)
    seconds(["dvc", "commit", "--force", "--quiet"], folder)


def main() -> None:
    """Measure everything; exit with 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        clone, peer = Path(temporary) / "clone", Path(temporary) / "peer"
        seconds(["git", "clone", "--quiet", str(ROOT), str(clone)], ROOT)
        make_peer(peer)
        whole = seconds(["snakemake", "--cores", str(arguments.jobs)], clone)
        print(f"{'the whole pipeline':22} {whole:7.2f} s  limit 200.0 s  sample faces, {arguments.jobs} jobs")
        print(f"{'hand-over to DVC':22} {seconds(['ferflow', 'sync'], clone):7.2f} s")
        comparisons = [
            Comparison(
                "import ferflow",
                ["python", "-c", "import ferflow"],
                clone,
                ["python", "-c", "pass"],
                peer,
                0.3,
            ),
            Comparison(
                "no-op snakemake -n", ["snakemake", "-n"], clone, ["snakemake", "-n"], peer, 3.0, NO_JOBS
            ),
            Comparison("no-op dvc repro", ["dvc", "repro"], clone, ["dvc", "repro"], peer, 3.0, NO_STAGES),
        ]
        kept = [comparison.measure(arguments.repeat) for comparison in comparisons]
    sys.exit(0 if all(kept) and whole <= 200 else 1)


if __name__ == "__main__":
    main()
