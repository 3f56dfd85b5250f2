"""Orders and what is needed to run them, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flowengine.engine.messages import Failed, GivenBack, Succeeded
from flowengine.engine.run import Failure
from flowengine.tasks.registry import RegisteredTask, read
from flowengine.worker.attempt import Order
from tests.builders.events import an_event
from tests.builders.runs import RUN_ID


def a_task(function: Callable[..., Any], name: str = "shop.charge") -> RegisteredTask:
    """*function* as a task, not registered."""
    return read(function, name=name)


def an_order(given: Any = None, **fields: Any) -> Order:
    """An order for ``shop.charge`` with *given* as its input."""
    values: dict[str, Any] = {
        "run_id": RUN_ID,
        "step": "charge",
        "attempt": 1,
        "task": "shop.charge",
        "input": given,
        "timeout": timedelta(seconds=60),
        "workflow": "orders",
        "event": an_event(),
        "station": "default",
    }
    return Order(**{**values, **fields})


def failure(message: Succeeded | Failed | GivenBack) -> Failure:
    """The failure of an attempt that did fail."""
    assert isinstance(message, Failed), message
    return message.failure
