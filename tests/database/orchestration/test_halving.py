"""One among many that fails does not keep the others back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import pytest
from django.db import DatabaseError, DataError, InternalError, OperationalError, ProgrammingError
from psycopg import errors

from flowengine.orchestration.halving import CONFLICTS_MAX, in_halves
from tests.builders.database import raised

pytestmark = pytest.mark.django_db(transaction=True)

ITEMS = range(8)
GUILTY = 5


@dataclass
class Done:
    """What was done, and what was given up."""

    items: list[int] = field(default_factory=list)
    given_up: list[int] = field(default_factory=list)

    def add(self, other: Self) -> None:
        """Take over what *other* holds."""
        self.items += other.items
        self.given_up += other.given_up


def give_up(item: int, _error: Exception) -> Done:
    return Done(given_up=[item])


def refuse(error: Exception) -> Done:
    """Do all, but for the guilty one."""

    def do(items: Sequence[int]) -> Done:
        if GUILTY in items:
            raise error
        return Done(items=list(items))

    return in_halves(ITEMS, do, give_up)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a mistake over its content"),
        DataError("what no text can hold, said by the client"),
        raised(DataError, errors.NumericValueOutOfRange()),
        raised(OperationalError, errors.ProgramLimitExceeded()),
        raised(OperationalError, errors.QueryCanceled()),
        raised(OperationalError, errors.LockNotAvailable()),
    ],
    ids=lambda error: type(error.__cause__ or error).__name__,
)
def test_guilty_one_is_given_up_and_all_others_are_done(error: Exception) -> None:
    done = refuse(error)

    assert done.items == [each for each in ITEMS if each != GUILTY]
    assert done.given_up == [GUILTY]


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("the connection is lost"),
        raised(OperationalError, errors.ConnectionFailure()),
        raised(OperationalError, errors.TooManyConnections()),
        raised(OperationalError, errors.DiskFull()),
        raised(OperationalError, errors.AdminShutdown()),
        raised(InternalError, errors.ReadOnlySqlTransaction()),
        raised(ProgrammingError, errors.UndefinedColumn()),
    ],
    ids=lambda error: type(error.__cause__ or error).__name__,
)
def test_database_that_is_away_is_nobodys_guilt(error: DatabaseError) -> None:
    with pytest.raises(type(error)):
        refuse(error)


def test_deadlock_is_over_when_the_same_is_done_again() -> None:
    times = iter(range(9))

    def do(items: Sequence[int]) -> Done:
        if next(times) < CONFLICTS_MAX:
            raise raised(OperationalError, errors.DeadlockDetected())
        return Done(items=list(items))

    done = in_halves(ITEMS, do, give_up)

    assert (done.items, done.given_up) == (list(ITEMS), [])


def test_conflict_that_does_not_end_is_nobodys_guilt() -> None:
    with pytest.raises(OperationalError):
        refuse(raised(OperationalError, errors.SerializationFailure()))
