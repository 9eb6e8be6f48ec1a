"""Memory is bounded by parameters, and not by the pixels of all faces."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks/scale.py"
#: Twice the faces. Four fifths of the fewer ones, those to train on, are more than the 32,768 of which linear
#: models hold the pixels at a time.
TIMES = "1.2,2.4"
STAGES = "ingest,balance,split,train,evaluate,labels"
NARROW = "experiments.cnn.model.widths=[4,8]"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from Linux's /proc")
def test_no_stage_holds_the_pixels_of_all_faces(tmp_path: Path) -> None:
    """A face has 2.3 kB of pixels, its row of the table about one."""
    arguments = ("--times", TIMES, "--stages", STAGES, "--most", "2", "--folder", str(tmp_path))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments, "--experiments", "softmax,cnn", "--set", NARROW],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "train of cnn" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--times", "1", "--most", "2"), "--most: the last of --times must be larger"),
        (("--times", "2,2", "--most", "2"), "--most: the last of --times must be larger"),
        (("--stages", "ingest,trian"), "--stages: no stage 'trian', only ingest"),
    ],
)
def test_what_would_check_nothing_is_refused(arguments: tuple[str, ...], said: str) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert said in done.stderr
