"""What statements read: each explained as it is run, over the tables of :mod:`tests.builders.crowd`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection, transaction

from flowengine.store import sql

LARGE = {
    f"flowengine_{name}"
    for name in (
        *("event", "decision", "run", "step", "history", "wait", "event_key", "place", "key"),
        *("dead_letter", "dead_group", "audit", "selection_item", "replay_item", "attempt_log"),
    )
}


ENOUGH_MS = 20.0
"""What takes longer is run again: another program may have had the machine meanwhile."""
TIMES_MAX = 5


@dataclass(slots=True)
class Seen:
    """What some statements did to the large tables."""

    scanned: set[str] = field(default_factory=set)
    """Tables that were read from end to end."""
    read: int = 0
    """Rows that were looked at, wanted or not."""
    slowest_ms: float = 0.0
    """The longest that one statement took, each at its best."""
    plans: list[Any] = field(default_factory=list)

    def add(self, node: dict[str, Any]) -> None:
        """One node of a plan, and all below it."""
        if node.get("Relation Name") in LARGE and "Scan" in node["Node Type"]:
            rows = sum(
                node.get(name, 0)
                for name in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter")
            )
            if node["Node Type"] == "Seq Scan" and rows:  # an empty table is no large one
                self.scanned.add(node["Relation Name"])
            self.read += round(rows * node["Actual Loops"])
        for below in node.get("Plans", ()):
            self.add(below)


@contextmanager
def explained(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """Explains each statement of ``store.sql`` before it is run; what it changes in doing so is undone."""
    seen = Seen()
    run = sql._executed

    @contextmanager
    def explain(text: str, parameters: Any, **how: Any) -> Iterator[Any]:
        answers = list(_explained(run, text, parameters))
        answer, best_ms = answers[-1], min(each["Execution Time"] for each in answers)
        seen.plans.append((text, answer))
        seen.slowest_ms = max(seen.slowest_ms, best_ms)
        seen.add(answer["Plan"])
        with run(text, parameters, **how) as cursor:
            yield cursor

    with monkeypatch.context() as patched:
        patched.setattr(sql, "_executed", explain)
        yield seen


@contextmanager
def all_explained(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """Explains what Django's ORM asks as well, once each."""
    is_explaining = False

    def explain(execute: Any, text: str, parameters: Any, many: Any, context: Any) -> Any:
        nonlocal is_explaining
        if not is_explaining and text.lstrip().startswith("SELECT"):
            is_explaining = True
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}", parameters)
                [[[answer]]] = cursor.fetchall()
            is_explaining = False
            seen.plans.append((text, answer))
            seen.add(answer["Plan"])
        return execute(text, parameters, many, context)

    with explained(monkeypatch) as seen, connection.execute_wrapper(explain):
        yield seen


def _explained(run: Callable[..., Any], text: str, parameters: Any) -> Iterator[dict[str, Any]]:
    """The plans of running it, again and again while it takes too long."""
    for _ in range(TIMES_MAX):
        with transaction.atomic():
            with run(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}", parameters) as cursor:
                [[[answer]]] = cursor.fetchall()
            transaction.set_rollback(True)
        yield answer
        if answer["Execution Time"] <= ENOUGH_MS:
            return
