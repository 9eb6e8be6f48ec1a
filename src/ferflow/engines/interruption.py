"""Imported before all else by what may be interrupted: Ctrl-C while modules are imported is one line too.

Imports take seconds, and that of :mod:`ferflow.engines.script`, whose ``run`` says the line later, is one of
them. Nothing has been done so far, so that nothing is left to clean up.
"""

import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130
MESSAGE = "interrupted; what was finished before is kept, run the same command to go on"


def _leave(signum: int, frame: FrameType | None) -> None:
    sys.stderr.write(f"error: {MESSAGE}\n")
    sys.stderr.flush()
    os._exit(INTERRUPTED)  # an exception could be swallowed by the import that it hits


def expect() -> None:
    """Leave at once at Ctrl-C, or when an engine ends this process, until :func:`raise_again`."""
    # Where Ctrl-C is ignored, as in the background of a shell, or somebody else's, it stays so.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
        signal.signal(signal.SIGTERM, _leave)


def raise_again() -> None:
    """Make Ctrl-C a KeyboardInterrupt again, and the end that an engine asks for one too."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _raise)


def _raise(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
