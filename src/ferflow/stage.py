"""What every stage script shares: its arguments, its exit codes, its one line on failure."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

from ferflow.errors import InputError

BAD_INPUT = 2
INTERRUPTED = 130


def arguments(doc: str | None, *names: str, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse positional arguments; one called ``seed`` is an integer."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in names:
        parser.add_argument(name, type=int if name == "seed" else str)
    return parser.parse_args(argv)


def run(main: Callable[[], None]) -> NoReturn:
    """Run a stage and exit: 0 done, 2 bad input or no room to write, 130 interrupted.

    Raises
    ------
    SystemExit
        Always. Any other exception is a bug of ours and shows its traceback.
    """
    signal.signal(signal.SIGTERM, _interrupt)  # an engine that stops its jobs is a Ctrl-C to the stage
    try:
        main()
    except InputError as error:
        _fail(str(error), BAD_INPUT)
    except KeyboardInterrupt:
        _fail("interrupted; what was finished before is kept, run the same command to go on", INTERRUPTED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        # NumPy's short write comes without an error number; a full disk is what makes it.
        reason = error.strerror or f"could not write it all ({error}); is the disk full?"
        _fail(f"{where}{reason}; nothing was overwritten", BAD_INPUT)
    sys.exit(0)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(message: str, code: int) -> NoReturn:
    line = " ".join(message.split())
    print(f"error: {line}", file=sys.stderr, flush=True)
    sys.exit(code)
