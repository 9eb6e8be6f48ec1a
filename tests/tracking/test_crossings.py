"""Two who make one thing at the same time both find it made."""

from collections.abc import Callable

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST, RESOURCE_ALREADY_EXISTS

from ferflow.tracking.crossings import uncrossed, unless_there


def failing(*errors: Exception) -> tuple[Callable[[], str], list[Exception]]:
    """Make an act that fails with each error in turn, then succeeds, and the list of what is left."""
    left = list(errors)

    def act() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return act, left


CROSSED = MlflowException("(psycopg2.errors.UniqueViolation) duplicate key value", BAD_REQUEST)
REFUSED = MlflowException("no such experiment", BAD_REQUEST)


def test_who_crossed_another_tries_once_more() -> None:
    assert uncrossed(failing(CROSSED)[0]) == "done"


def test_whoever_is_crossed_twice_says_so() -> None:
    with pytest.raises(MlflowException, match="UniqueViolation"):
        uncrossed(failing(CROSSED, CROSSED)[0])


def test_other_errors_are_not_tried_again() -> None:
    act, left = failing(REFUSED, REFUSED)
    with pytest.raises(MlflowException, match="no such experiment"):
        uncrossed(act)
    assert left == [REFUSED]


def test_what_is_there_already_is_as_good_as_made() -> None:
    with unless_there():
        raise MlflowException("Registered Model already exists", RESOURCE_ALREADY_EXISTS)
    with pytest.raises(MlflowException, match="no such"), unless_there():
        raise REFUSED
