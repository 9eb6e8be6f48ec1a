"""Time and memory of a training as the faces grow in number: `python benchmarks/growth.py [--faces N]`.

Run it in the folder of `params.yaml`. Each size is trained in a process of its own, one epoch of the network
of `cnn-3min` on faces that lie in a file, as the train stage has them. Faces are noise: neither time nor
memory depends on what they show.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from ferflow import params
from ferflow.data.samples import RenderedRows
from ferflow.machine import limited_threads
from ferflow.models.factory import make_model
from ferflow.models.hyperparameters import hyperparameters
from ferflow.params.sections import Balance

TIMES = (1, 2, 4, 8)
SIDE = 48
BLOCK = 10_000


def write_faces(path: Path, n: int) -> None:
    """Write n faces of noise, block by block."""
    pixels = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(n, SIDE, SIDE))
    for start in range(0, n, BLOCK):
        block = pixels[start : start + BLOCK]
        block[:] = np.random.default_rng(start).integers(0, 256, block.shape, dtype=np.uint8)
    pixels.flush()


def peak_megabytes() -> float:
    """Give the most memory that this process has held: macOS counts it in bytes, others in KiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def train(path: Path, threads: int) -> None:
    """Train one epoch on all faces of a file, and print seconds and megabytes."""
    settings = params.load()
    pixels = np.load(path, mmap_mode="r")
    n = len(pixels)
    table = pd.DataFrame({"face": np.arange(n), "transform": "none", "seed": 0})
    rows = RenderedRows(pixels, table, Balance(method="none"), None)
    arguments = hyperparameters(settings, "cnn-3min", seed=0, epoch_faces=n)
    model = make_model(**arguments | {"epochs": 1})
    before = peak_megabytes()
    start = time.perf_counter()
    with limited_threads(threads):
        model.fit(rows, np.arange(n) % 7)
    seconds = time.perf_counter() - start
    print(seconds, before, peak_megabytes())


def main() -> None:
    """Train each size, and print a line for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faces", type=int, default=8192, help="of the smallest size")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)  # for the processes of this benchmark
    options = parser.parse_args()
    if options.train:
        train(options.train, options.threads)
        return
    print(f"{'faces':>10}{'seconds':>10}{'times':>8}{'MB before':>11}{'MB':>8}")
    first = 0.0
    for factor in TIMES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "faces.npy"
            write_faces(path, factor * options.faces)
            command = [sys.executable, __file__, "--train", str(path), "--threads", str(options.threads)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(
                f"the training of {factor * options.faces:,} faces failed:\n{done.stderr[-2000:]}"
            )
        seconds, before, after = map(float, done.stdout.split()[-3:])
        first = first or seconds
        n = factor * options.faces
        print(f"{n:>10,}{seconds:>10.1f}{seconds / first:>8.2f}{before:>11.0f}{after:>8.0f}")


if __name__ == "__main__":
    main()
