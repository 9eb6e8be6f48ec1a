"""What to do where another clone of the project says the same to the same server in the same moment.

Processes of one project wait for each other (:class:`ferflow.tracking.store.Store`); those of several cannot.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_TRACES = ("UniqueViolation", "UNIQUE constraint", "Duplicate entry")  # of PostgreSQL, SQLite, MySQL


@contextmanager
def unless_there() -> Iterator[None]:
    """Let be what another process has made at the same time."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def uncrossed(act: Callable[[], T]) -> T:
    """Do what may be done twice, once more if another process was at it: MLflow looks before it inserts.

    Parameters
    ----------
    act : callable

    Returns
    -------
    object
        What ``act`` returns.

    Raises
    ------
    mlflow.exceptions.MlflowException
        If anything else is wrong.
    """
    from mlflow.exceptions import MlflowException

    try:
        return act()
    except MlflowException as error:
        if not any(trace in str(error) for trace in _TRACES):
            raise
        return act()
