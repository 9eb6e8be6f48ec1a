"""A fixed number of threads, so that results do not depend on what else runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def limited_threads(count: int) -> Iterator[None]:
    """Let BLAS, OpenMP and (where it has been imported) PyTorch use ``count`` threads."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
    with threadpool_limits(count):
        yield
