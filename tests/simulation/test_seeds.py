"""Schedules that failed once hold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.simulation.play import STORES, Kept, kept, play, play_many


@pytest.fixture(autouse=True)
def database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The store on SQLite has a file of its own, not the one that tests share."""
    with django_db_blocker.unblock():
        yield


@pytest.mark.parametrize("schedule", [pytest.param(each, id=name) for name, each in kept()])
def test_a_schedule_that_failed_once_holds(schedule: Kept) -> None:
    again = play(schedule.seed, store=schedule.store, faults=schedule.faults)

    assert again.violation == "", schedule.sentence


@pytest.mark.parametrize("store", STORES)
def test_the_first_schedules_hold_on_each_store(store: str) -> None:
    tally = play_many(range(10), store=store)

    assert tally.failed is None
    assert tally.schedules == 10


@pytest.mark.parametrize("store", STORES)
def test_a_seed_gives_the_same_schedule_twice(store: str) -> None:
    first, second = (play(3, store=store, keeps_trace=True) for _ in range(2))

    assert len(first.trace) > 100
    assert first.trace == second.trace
