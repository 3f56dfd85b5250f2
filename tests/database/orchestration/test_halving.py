"""One among many that fails does not keep the others back."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from django.db import OperationalError

from flowengine.orchestration.commit import Committed
from flowengine.orchestration.halving import in_halves

ITEMS = [UUID(int=n) for n in range(8)]


def test_guilty_one_is_given_up_and_all_others_are_done() -> None:
    done: list[UUID] = []
    given_up: list[UUID] = []

    def do(items: Sequence[UUID]) -> Committed:
        if ITEMS[5] in items:
            raise ValueError("what it holds")
        done.extend(items)
        return Committed(finals=list(items))

    committed = in_halves(ITEMS, do, given_up.append)

    assert sorted(done) == [each for each in ITEMS if each != ITEMS[5]]
    assert committed.finals == done
    assert given_up == [ITEMS[5]]


def test_database_that_is_away_is_nobodys_guilt() -> None:
    given_up: list[UUID] = []

    def do(_items: Sequence[UUID]) -> Committed:
        raise OperationalError("away")

    with pytest.raises(OperationalError):
        in_halves(ITEMS, do, given_up.append)

    assert given_up == []
