"""Doing a thing for many at once, in spite of one among them that makes it fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from flowengine.store import sql
from flowengine.store.outage import Trouble, trouble_of

CONFLICTS_MAX = 3
"""How often the same is tried again at once where another transaction was in the way."""


class Sum(Protocol):
    """What came of some of the items; takes over what came of others."""

    def add(self, other: Any, /) -> None: ...


Item = TypeVar("Item")
Done = TypeVar("Done", bound=Sum)


def in_halves(
    items: Sequence[Item],
    do: Callable[[Sequence[Item]], Done],
    give_up: Callable[[Item, Exception], Done],
) -> Done:
    """*do* it for all; where that fails on content, for each half, until the guilty one stands alone.

    Args:
        items: at least one.
        do: one transaction, or several that may be repeated.
        give_up: called with the guilty one, and why; the others are done.

    Raises:
        django.db.Error: it is the fault of no item: the database is away, or conflicts do not end.
    """
    try:
        return _in_spite_of_conflicts(partial(do, items))
    except Exception as error:
        if trouble_of(error) in {Trouble.AWAY, Trouble.CONFLICT}:
            raise
        if len(items) == 1:
            return give_up(items[0], error)
    half = len(items) // 2
    done = in_halves(items[:half], do, give_up)
    done.add(in_halves(items[half:], do, give_up))
    return done


def _in_spite_of_conflicts(do: Callable[[], Done]) -> Done:
    """*do* it again where another transaction was in the way; not inside one, which is lost with it."""
    for _ in range(CONFLICTS_MAX):
        try:
            return do()
        except Exception as error:
            if trouble_of(error) is not Trouble.CONFLICT or sql.connection().in_atomic_block:
                raise
    return do()
