"""MLflow as a side effect: what a stage did, said to a tracking server, never needed by one.

A stage calls one function; with ``tracking.enabled: false`` nothing is imported, and a server that does not
answer costs one warning line. MLflow takes about two seconds to import and to connect, so a job pays it only
where there is something to watch: training that lasts longer than :data:`LIVE_AFTER` shows its curves as it
goes, and everything else is sent by the report stage in one go (:func:`publish`), from the files.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ferflow.params import Params

LIVE_AFTER = 5.0  # seconds of training after which its curves are worth an import of MLflow


@contextmanager
def training_run(params: Params, experiment: str, seed: int) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Yield a ``progress`` callback that takes one row of the history per epoch.

    Use: ``with training_run(params, experiment, seed) as progress: model.fit(..., progress=progress)``.
    """
    yield lambda row: None


def log_evaluation(params: Params, experiment: str, seed: int) -> None:
    """Call at the end of evaluate.py: completes the run of a long training from the files of both stages."""


def publish(params: Params) -> int:
    """Call at the end of report.py: send every finished run of ``params`` that is not there yet; their number."""
    return 0
