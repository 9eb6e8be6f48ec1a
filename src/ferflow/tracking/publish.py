"""MLflow as a side effect: what a stage did, said to a tracking server, never needed by one.

A stage calls one function. With ``tracking.enabled: false`` nothing is imported, and a server that does not
answer costs one warning. MLflow takes about two seconds to import and to connect, so a job pays for it only
where there is something to watch: training that lasts longer than :data:`LIVE_AFTER` shows its curves as it
goes, and everything else is sent by the report stage in one go (:func:`publish`), from the files.
"""

import queue
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ferflow import paths
from ferflow.errors import InputError, shown
from ferflow.params import Params
from ferflow.passwords import without_password
from ferflow.timings import read_timings

if TYPE_CHECKING:
    from ferflow.tracking.store import Store

LIVE_AFTER = 60.0  # seconds of training after which its curves are worth an import of MLflow in two more jobs
_EVERY = 1.0  # seconds between two batches of a live curve
STUCK_AFTER = 90.0  # seconds that the sending of one run may take, or the connection
_LONGEST_REASON = 340  # characters: as many as MLflow needs to say how to upgrade a database
_LAST_WORD = 10.0  # seconds that a finished training waits for its last batch to be sent

Row = Mapping[str, Any]


@contextmanager
def training_run(params: Params, experiment: str, seed: int) -> Iterator[Callable[[Row], None]]:
    """Show a training's curves while it lasts.

    Parameters
    ----------
    params : Params
    experiment : str
        Its name.
    seed : int
        Of the training.

    Yields
    ------
    progress : callable
        Takes one row of the history (``epoch`` and figures) per epoch, and returns at once.
    """
    if not params.tracking.enabled:
        yield _ignore
        return
    live = _LiveCurves(params, experiment, seed)
    try:
        yield live.rows.put
    except BaseException as error:
        live.stop("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        raise
    live.stop("FINISHED")


def log_evaluation(params: Params, experiment: str, seed: int) -> None:
    """Complete the run of a training that :func:`publish` may not see; the last act of an evaluation.

    One that was shown live has a run that waits for its end. In a temporary copy of the project the files are
    gone before a later report could send them.

    Parameters
    ----------
    params : Params
    experiment : str
        Its name.
    seed : int
        Of the training.
    """
    seconds = read_timings(paths.model(experiment, seed)).get("train_seconds")
    was_live = seconds is None or seconds >= LIVE_AFTER  # no time: it was long enough to be interrupted
    if params.tracking.enabled and (was_live or paths.home() != Path.cwd()):
        with _failures_as_warnings(params):
            list(watched(_one(params, experiment, seed), STUCK_AFTER))


def publish(params: Params) -> int:
    """Send all that is finished and not there yet; the last act of the report.

    Parameters
    ----------
    params : Params

    Returns
    -------
    int
        Number of runs sent.
    """
    count = 0
    if params.tracking.enabled:
        with _failures_as_warnings(params):
            for sent in watched(_everything(params), STUCK_AFTER):
                count += sent
    return count


def publish_or_fail(params: Params, without: Collection[tuple[str, int]] = ()) -> int:
    """Do what :func:`publish` does for someone who asked for it: what goes wrong is an error.

    Parameters
    ----------
    params : Params
    without : collection of (experiment, seed)
        Trainings of other parameters than these, which stay where they are; without them there is no
        comparison either.

    Returns
    -------
    int
        Number of runs sent.

    Raises
    ------
    InputError
        If nothing is tracked, a result is missing or damaged, or MLflow fails.
    """
    if not params.tracking.enabled:
        raise InputError("params.yaml: tracking.enabled is false; `ferflow set tracking.enabled=true` first")
    try:
        return sum(watched(_everything(params, without), STUCK_AFTER))
    except InputError:
        raise  # of what is to be sent, not of where
    except Exception as error:
        raise InputError(
            f"{_failure(params, error)}; what has arrived stays, the same command sends the rest"
        ) from error


def watched(steps: Iterator[bool], patience: float) -> Iterator[bool]:
    """Go through steps that another thread takes, and give up if one of them hangs.

    A server that sends a byte a second keeps every timeout of a connection from ending it.

    Parameters
    ----------
    steps : iterator of bool
    patience : float
        Seconds that a step may take.

    Yields
    ------
    bool
        What each step gives.

    Raises
    ------
    TimeoutError
        If a step takes longer. Its thread ends with the process.
    """
    results: queue.SimpleQueue[bool | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            for result in steps:
                results.put(result)
            results.put(None)
        except BaseException as error:
            results.put(error)

    threading.Thread(target=work, name="publishing", daemon=True).start()
    while True:
        try:
            result = results.get(timeout=patience)
        except queue.Empty:
            raise TimeoutError(f"a request was not done after {patience:g} seconds") from None
        if result is None:
            return
        if isinstance(result, BaseException):
            raise result
        yield result


def _one(params: Params, experiment: str, seed: int) -> Iterator[bool]:
    from ferflow.tracking.crossings import uncrossed

    store = _store(params)
    yield uncrossed(partial(store.complete, experiment, seed))


def _everything(params: Params, without: Collection[tuple[str, int]] = ()) -> Iterator[bool]:
    from ferflow.tracking.crossings import uncrossed

    store = _store(params)
    yield False  # connected
    for experiment in params.run:
        for seed in params.seeds:
            if (experiment, seed) not in without:
                yield uncrossed(partial(store.complete, experiment, seed))
    if not without:
        uncrossed(store.complete_comparison)


class _LiveCurves:
    """Sends rows from a thread of its own, so that training waits neither for MLflow nor for a network."""

    def __init__(self, params: Params, experiment: str, seed: int) -> None:
        self.rows: queue.SimpleQueue[Row] = queue.SimpleQueue()
        self._params = params
        self._name = (experiment, seed)
        self._end = threading.Event()
        self._status = "RUNNING"
        self._thread = threading.Thread(target=self._send, name="tracking", daemon=True)
        self._thread.start()

    def stop(self, status: str) -> None:
        self._status = status
        self._end.set()
        self._thread.join(timeout=_LAST_WORD)

    def _send(self) -> None:
        if self._end.wait(LIVE_AFTER):
            return  # too short to be worth it: publish() tells all of it
        with _failures_as_warnings(self._params):
            run = _store(self._params).begin(*self._name)
            if run is None:
                return
            while not self._end.wait(_EVERY):
                run.add_curves(self._waiting())
            run.add_curves(self._waiting())
            run.end(self._status)

    def _waiting(self) -> list[Row]:
        rows = []
        while not self.rows.empty():
            rows.append(self.rows.get())
        return rows


def _ignore(row: Row) -> None:
    pass


def _store(params: Params) -> "Store":
    from ferflow.tracking.store import Store

    return Store(params)


@contextmanager
def _failures_as_warnings(params: Params) -> Iterator[None]:
    """Turn whatever goes wrong with MLflow into one line: results never depend on it."""
    try:
        yield
    except Exception as error:
        print(
            f"warning: not tracked, {_failure(params, error)}; `ferflow publish` sends it later",
            file=sys.stderr,
            flush=True,
        )


def _failure(params: Params, error: Exception) -> str:
    """Say in a line, without passwords, what went wrong with MLflow."""
    uri = params.tracking.uri or "mlflow.db"
    words = without_password(" ".join(str(error).split()), uri) or type(error).__name__
    reason = shown(words, _LONGEST_REASON)
    return f"MLflow at {without_password(uri, uri)} failed: {reason}"
