"""A simulation that found no seeded mistake would be too weak to be believed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.simulation.mutants import FOUND_WITHIN, MUTANTS, Mutant, hunt
from tests.simulation.play import play


@pytest.fixture(autouse=True)
def database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The store on SQLite has a file of its own, not the one that tests share."""
    with django_db_blocker.unblock():
        yield


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_is_found(mutant: Mutant) -> None:
    assert mutant.seed < FOUND_WITHIN, "from the first seed on, it is not found in time"
    # It begins at the seed that found it: a change of the product may have made another one of that.
    found = hunt(mutant, range(mutant.seed, mutant.seed + FOUND_WITHIN)).failed

    assert found is not None, "find its seed: make simulate ARGS=--mutants"
    assert play(found.seed, store=mutant.store).violation == "", "it holds without the mistake"
