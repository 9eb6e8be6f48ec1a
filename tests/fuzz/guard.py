"""What no input may cost: ten seconds of work, or half a gigabyte."""

import faulthandler
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import psutil

SECONDS = 10  # of the processor: other programs, or a machine that stands still, are no fault of a reader
_HANGING = 300  # by the clock
BYTES = 1 << 29
# Of addresses: libraries reserve a gigabyte for their own use, and never touch it.
_ADDRESSES = 1 << 32
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes


class TooMuchError(Exception):
    """A reader has worked for ten seconds, or taken half a gigabyte, for a few kilobytes."""


def _too_long(signum: int, frame: FrameType | None) -> None:
    raise TooMuchError(f"longer than {SECONDS} s")


@contextmanager
def guarded() -> Iterator[None]:
    """Bound time and memory; what hangs in C ends the process, with all stacks on standard error."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    memory = psutil.Process().memory_info()
    addresses, resident = memory.vms, memory.rss
    peak = _peak()
    handler = signal.signal(signal.SIGPROF, _too_long)
    faulthandler.dump_traceback_later(_HANGING, exit=True, file=sys.__stderr__ or 2)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (addresses + _ADDRESSES, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, handler)
        faulthandler.cancel_dump_traceback_later()
    if _peak() > max(peak, resident + BYTES):
        raise TooMuchError(f"{(_peak() - resident) >> 20:,} MiB")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT
