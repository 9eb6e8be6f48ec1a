"""Arrow reads ahead of Python, which may end meanwhile."""

import subprocess
import sys

INTERRUPTED = """
import io
import sys
import time

from pyarrow.csv import ReadOptions

from ferflow.ingest.blocks import open_blocks
from ferflow.ingest.lines import CountedLines


class Slow(io.BytesIO):
    def read(self, size=-1):
        time.sleep(0.02)
        return super().read(size)


lines = CountedLines(Slow(b"1,2\\n" * 100_000))
options = ReadOptions(column_names=["a", "b"], block_size=1000, use_threads=False)
reader = open_blocks(lines, read_options=options)
assert reader.read_next_batch().num_rows > 0
sys.exit(130)
"""


def test_a_program_that_ends_while_arrow_reads_ahead_is_not_aborted() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
