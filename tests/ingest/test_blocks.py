"""Arrow reads ahead of Python, which may end meanwhile."""

import subprocess
import sys

INTERRUPTED = """
import io
import sys
import time

from ferflow.ingest import blocks
from ferflow.ingest.lines import CountedLines
from ferflow.ingest.tables import RowNumbers


class Slow(io.BytesIO):
    def read(self, size=-1):
        time.sleep(0.02)
        return super().read(size)


lines = CountedLines(Slow(b"1,2\\n" * 100_000))
blocks.BLOCK_BYTES = 1000
batches = blocks.read_blocks(lines, RowNumbers(), ["a", "b"], ["a"], with_empty=True)
assert next(batches).num_rows > 0
sys.exit(130)
"""


def test_a_program_that_ends_while_arrow_reads_ahead_is_not_aborted() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
