"""A disk that is full: one line with the name of the file, and what stood there before stays."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource")

# No file may grow beyond so many bytes: Python ignores the signal, and gets an error as of a full disk.
WRITE = """
import logging, resource, sys
from pathlib import Path
import numpy as np
import pandas as pd
import torch
logging.getLogger("matplotlib").setLevel("ERROR")  # where it has no list of fonts yet, it says so
from matplotlib.figure import Figure
from ferflow.engines.script import run
from ferflow.files import write_json, write_parquet, write_text
from ferflow.models.checkpoint import save_checkpoint
from ferflow.models.storage import save_arrays
from ferflow.plots.style import save
from ferflow.predict.video.writer import VideoWriter
from PIL import Image

def film(path):
    with VideoWriter(path) as writer:
        writer.add(0.0, Image.fromarray(np.random.randint(0, 256, (240, 320, 3), dtype=np.uint8)))

folder = Path(sys.argv[1])
writers = {
    "model": lambda path: save_arrays(path, {"a": np.random.rand(100_000)}, {"model": "x"}),
    "checkpoint": lambda path: save_checkpoint(path, {"a": torch.rand(100_000)}),
    "text": lambda path: write_text(path, "x" * 100_000),
    "json": lambda path: write_json(path, list(range(100_000))),
    "parquet": lambda path: write_parquet(path, pd.DataFrame({"a": np.random.rand(100_000)})),
    "figure.png": lambda path: save(Figure(figsize=(20, 20)), path),
    "film.mp4": film,
}
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for name, write in writers.items():
    (folder / name).write_text("old")
    try:
        run(lambda: write(folder / name))
    except SystemExit as end:
        assert end.code == 2, end.code
"""


def test_a_full_disk_is_one_line_for_every_kind_of_file(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", WRITE, str(tmp_path)], check=False, capture_output=True, text=True
    )
    names = ["model", "checkpoint", "text", "json", "parquet", "figure.png", "film.mp4"]
    assert process.stderr.splitlines() == [
        f"error: {tmp_path / name}: File too large; nothing was overwritten" for name in names
    ]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(names, "old")
