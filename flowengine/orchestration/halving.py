"""Doing a thing for many at once, in spite of one among them that makes it fail."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import InterfaceError, OperationalError

from flowengine.orchestration.commit import Committed

logger = logging.getLogger("flowengine.orchestration")

Item = TypeVar("Item")


def in_halves(
    items: Sequence[Item],
    do: Callable[[Sequence[Item]], Committed],
    give_up: Callable[[Item], None],
) -> Committed:
    """*do* it for all; where that fails on content, for each half, until the guilty one stands alone.

    Args:
        items: at least one.
        do: one transaction, or several that may be repeated.
        give_up: called with the guilty one, after it has been logged.

    Raises:
        django.db.OperationalError, django.db.InterfaceError: the database is away.
    """
    try:
        return do(items)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(items) == 1:
            logger.exception("one of many failed and is put off", extra={"item": str(items[0])})
            give_up(items[0])
            return Committed()
    half = len(items) // 2
    done = in_halves(items[:half], do, give_up)
    done.add(in_halves(items[half:], do, give_up))
    return done
