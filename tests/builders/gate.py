"""The gates of one workflow, with what they remember."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from flowengine.definitions.expressions.parse import parse_expression
from flowengine.definitions.model import Idempotency
from flowengine.engine.rules.gates import Gate, Key, State, Verdict, Wish, key_of, pass_gates
from tests.builders.events import NOON
from tests.builders.workflows import a_workflow

NAMES = UUID("00000000-0000-0000-0000-00000000000a")
ORDER = parse_expression("event.data.order_id")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ONCE = Idempotency(key=ORDER, window=HOUR)


def run_of(number: int) -> UUID:
    """The id of a run."""
    return uuid5(NAMES, f"run {number}")


def event_of(number: int) -> UUID:
    """The id of an event."""
    return uuid5(NAMES, f"event {number}")


def at(**after: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(**after)


class Door:
    """A workflow's gates, with what they remember between wishes."""

    def __init__(self, **policies: Any) -> None:
        self.workflow = a_workflow("reserve", **policies)
        self.memory: dict[UUID, State | None] = {}

    def keys(self, text: str = "42") -> Mapping[Gate, Key]:
        """That key of each gate that the workflow has."""
        return {
            gate: key_of(self.workflow.name, gate, text)
            for gate in Gate
            if getattr(self.workflow, gate.value) is not None
        }

    def knock(
        self, number: int, now: datetime = NOON, *, key: str = "42", **fields: Any
    ) -> Verdict:
        """That run would start; what the gates say is remembered."""
        fields = {"written_at": now, "keys": self.keys(key), **fields}
        wish = Wish(run=run_of(number), event=event_of(number), workflow=self.workflow, **fields)
        verdict = pass_gates(wish, self.memory, now)
        self.memory.update(verdict.memory)
        return verdict

    def settle(self, number: int, now: datetime = NOON) -> Verdict:
        """The burst is over, and that event has waited for it."""
        return self.knock(number, now, burst=self.keys()[Gate.DEBOUNCE].id)

    def state(self, gate: Gate) -> Any:
        """What is remembered of the usual key."""
        return self.memory.get(self.keys()[gate].id)


def outcomes(door: Door, count: int) -> list[str]:
    """What becomes of so many runs that would start at once."""
    return [door.knock(number).outcome for number in range(count)]
