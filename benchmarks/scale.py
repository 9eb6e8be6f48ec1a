"""Time and memory of every stage as the faces grow in number.

    python benchmarks/scale.py [--times 1,2,4] [--folder FOLDER] [--experiments softmax,cnn,kmeans]
                               [--stages ingest,split,...] [--set KEY=VALUE ...] [--most 2]

Works in a temporary clone of the last commit. A table of 35,887 faces a time, shaped like FER-2013's (its
classes and usages in its proportions), is written: each face is the mean of two sample faces with noise, so
that the hashes of near duplicates are as uneven as those of real ones. Then each stage's script runs alone,
and what it took is printed as a row of the table in benchmarks/README.md. Memory is what a process holds
itself at its most (Linux's RssAnon), without pages of files that the system may take back. With --most it
ends with 1 if a stage needs more than so many kB for each face that the last size has more than the one
before. Linux only; a table of n faces takes 9 kB a face in FOLDER, and results 3 kB.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import yaml
from numpy.typing import NDArray

from ferflow import params
from ferflow.engines.script import run

ROOT = Path(__file__).resolve().parents[1]
FACES = 35_887  # of FER-2013
COUNTS = (4953, 547, 5121, 8989, 6077, 4002, 6198)  # of its classes
BLOCK = 4096
POLL = 0.02  # seconds
SETTINGS: dict[str, Any] = {
    "budget": "quick",
    "threads": 2,
    "sweeps": {},
    "repeated_splits": {},
    "tracking": {"enabled": False, "uri": None, "experiment": "scale"},
}


@dataclass(frozen=True)
class Cost:
    """What a stage took."""

    seconds: float
    megabytes: float


def blocks(basis: NDArray[np.uint8], n: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Make n faces and their labels, block by block."""
    share = np.array(COUNTS) / sum(COUNTS)
    for start in range(0, n, BLOCK):
        rng = np.random.default_rng(start)
        count = min(BLOCK, n - start)
        pairs = basis[rng.integers(0, len(basis), (2, count))].astype(np.int16)
        noise = rng.integers(-16, 17, pairs.shape[1:], dtype=np.int16)
        faces = ((pairs[0] + pairs[1]) // 2 + noise).clip(0, 255).astype(np.uint8)
        yield faces, rng.choice(len(COUNTS), count, p=share)


def write_table(path: Path, basis: NDArray[np.uint8], n: int) -> None:
    """Write n faces as the challenge's table."""
    digits = np.array([f"{value:<4d}" for value in range(256)], dtype="S4").view(np.uint8).reshape(256, 4)
    usages = np.array([b"Training"] * 8 + [b"PublicTest", b"PrivateTest"])
    with path.open("wb") as file:
        file.write(b"emotion,pixels,Usage\n")
        for faces, labels in blocks(basis, n):
            drawn = usages[np.random.default_rng(int(labels.sum())).integers(0, 10, len(labels))]
            for face, label, usage in zip(faces, labels, drawn, strict=True):
                text = digits[face.ravel()].tobytes().replace(b"  ", b" ").replace(b"  ", b" ").strip()
                file.write(b"%d,%b,%b\n" % (label, text, usage))


def measure(command: Sequence[str], folder: Path) -> Cost:
    """Run a stage alone, and watch its memory."""
    environment = os.environ | {"PYTHONPATH": str(folder / "src")}
    started, most = time.perf_counter(), 0
    log = folder / "stage.log"
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=file)
        while process.poll() is None:
            most = max(most, own_memory(process.pid))
            time.sleep(POLL)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{log.read_text()[-2000:]}")
    return Cost(time.perf_counter() - started, most / 1024)


def own_memory(pid: int) -> int:
    """Add up what a process and those that it started hold, in kB, without pages of files."""
    total = 0
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in family:
            status = Path(f"/proc/{process.pid}/status").read_text()
            total += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon"))
    except (psutil.Error, OSError):  # it has ended meanwhile
        return total
    return total


def stages(experiments: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """List the stages with their arguments."""
    yield "ingest", []
    for name in experiments:
        for stage in ("balance", "split"):
            yield stage, ["--experiment", name]
        for stage in ("train", "evaluate"):
            yield stage, ["--experiment", name, "--seed", "0"]
        for stage in ("explain", "labels"):  # next to nothing where they have nothing to show
            yield stage, ["--experiment", name]
    yield "clusters", []
    yield "report", []


def write_parameters(path: Path, source: Path, experiments: Sequence[str]) -> None:
    """Have the stages read a table, and train each experiment for one epoch."""
    content = yaml.safe_load(path.read_text()) | SETTINGS
    content["data"]["path"] = str(source)
    content["run"] = list(experiments)
    settings = params.load(path)
    content["explain"] = [name for name in experiments if settings.experiment(name).model.is_network]
    if content["labels"]["experiment"] not in experiments:
        content["labels"]["experiment"] = experiments[0]
    content["clusters"] |= {"components": [2, 10], "clusters": [2, 7]}
    for name in experiments:
        if "epochs" in content["experiments"][name]:
            content["experiments"][name]["epochs"]["quick"] = 1
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def main() -> None:
    """Measure each size, and print a row a stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", default="1,2,4", help="sizes, in FER-2013s")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder if unsaid")
    parser.add_argument("--experiments", default="softmax,cnn,kmeans", help="what is trained, one epoch each")
    parser.add_argument("--stages", help="which stages run; all if unsaid")
    parser.add_argument("--set", nargs="*", default=[], help="further parameters, as for `ferflow set`")
    parser.add_argument(
        "--most", type=float, help="kB a face by which memory may grow, from the last size but one"
    )
    arguments = parser.parse_args()
    experiments = arguments.experiments.split(",")
    sizes = [round(float(times) * FACES) for times in arguments.times.split(",")]
    if arguments.most is not None and (len(sizes) < 2 or sizes[-1] <= sizes[-2]):
        parser.error("--most: the last of --times must be larger than another before it")
    known = list(dict.fromkeys(stage for stage, _ in stages(experiments)))
    chosen = known if arguments.stages is None else arguments.stages.split(",")
    if unknown := [stage for stage in chosen if stage not in known]:
        parser.error(f"--stages: no stage '{unknown[0]}', only {', '.join(known)}")
    table: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory(dir=arguments.folder) as temporary:
        project = Path(temporary) / "project"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(project)], check=True)
        call(project, "workflow/scripts/sample.py")
        call(project, "workflow/scripts/ingest.py")
        basis = np.load(project / "results/faces.npy")
        for size in sizes:
            shutil.rmtree(project / "results")
            source = Path(temporary) / "faces.csv"
            write_table(source, basis, size)
            write_parameters(project / "params.yaml", source, experiments)
            if arguments.set:
                call(project, "-m", "ferflow", "set", *arguments.set)
            for stage, words in stages(experiments):
                if stage not in chosen:
                    continue
                cost = measure([sys.executable, f"workflow/scripts/{stage}.py", *words], project)
                name = f"{stage}{' of ' + words[1] if words else ''}"
                print(f"{size:>9,}  {name:24} {cost.seconds:8.1f} s {cost.megabytes:8,.0f} MB", flush=True)
                table.setdefault(name, []).append(cost)
    print(f"\n| | {' | '.join(f'{size:,} faces' for size in sizes)} |\n|{' --- |' * (len(sizes) + 1)}")
    for name, costs in table.items():
        cells = " | ".join(f"{cost.seconds:.0f} s, {cost.megabytes:,.0f} MB" for cost in costs)
        print(f"| {name} | {cells} |")
    if arguments.most is not None and (greedy := grown(table, sizes, arguments.most)):
        raise SystemExit("memory grows with the faces: " + ", ".join(greedy))


def grown(table: Mapping[str, Sequence[Cost]], sizes: Sequence[int], most: float) -> list[str]:
    """List the stages whose memory grows by more than so many kB a face, from the last size but one."""
    more = {
        name: 1000 * (costs[-1].megabytes - costs[-2].megabytes) / (sizes[-1] - sizes[-2])
        for name, costs in table.items()
    }
    return [f"{name} by {growth:.1f} kB a face" for name, growth in more.items() if growth > most]


def call(project: Path, *words: str) -> None:
    """Run Python in the project, and end with what it says if it fails."""
    environment = os.environ | {"PYTHONPATH": str(project / "src")}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    run(main)
