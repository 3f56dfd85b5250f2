"""Puts the model in the place of the store, for one schedule at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

from django.db import transaction

from flowengine.orchestration import doors
from flowengine.store import (
    audit,
    backlog,
    dead_groups,
    dead_letters,
    decisions,
    definitions,
    drafts,
    due,
    due_events,
    due_steps,
    event_keys,
    events,
    forgetting,
    history,
    keys,
    notifications,
    paces,
    places,
    prune,
    questions,
    replayed,
    replays,
    rules,
    runs,
    schedules,
    sql,
    stations,
    steps,
    waits,
    workers,
)
from tests.simulation.model import backlog as model_backlog
from tests.simulation.model import definitions as model_definitions
from tests.simulation.model import drafts as model_drafts
from tests.simulation.model import due as model_due
from tests.simulation.model import due_events as model_due_events
from tests.simulation.model import due_steps as model_due_steps
from tests.simulation.model import event_keys as model_event_keys
from tests.simulation.model import events as model_events
from tests.simulation.model import forgetting as model_forgetting
from tests.simulation.model import keys as model_keys
from tests.simulation.model import notifications as model_notifications
from tests.simulation.model import places as model_places
from tests.simulation.model import questions as model_questions
from tests.simulation.model import records
from tests.simulation.model import runs as model_runs
from tests.simulation.model import schedules as model_schedules
from tests.simulation.model import steps as model_steps
from tests.simulation.model import waits as model_waits
from tests.simulation.model import workers as model_workers
from tests.simulation.model.database import Database

Function = Callable[..., Any]
PROBE = "UPDATE flowengine_worker SET pid = pid"
"""By which the product finds out whether the database takes writes at all: it changes nothing."""

_SAME_NAMES: dict[ModuleType, ModuleType] = {
    backlog: model_backlog,
    definitions: model_definitions,
    drafts: model_drafts,
    due: model_due,
    due_steps: model_due_steps,
    event_keys: model_event_keys,
    due_events: model_due_events,
    events: model_events,
    forgetting: model_forgetting,
    keys: model_keys,
    notifications: model_notifications,
    places: model_places,
    questions: model_questions,
    runs: model_runs,
    schedules: model_schedules,
    steps: model_steps,
    waits: model_waits,
    workers: model_workers,
}


def functions() -> Iterator[tuple[ModuleType, str, Function]]:
    """Every function of the store that the model has: where it is, its name, and the model's."""
    for store, model in _SAME_NAMES.items():
        for name, function in vars(model).items():
            is_own = isinstance(function, FunctionType) and function.__module__ == model.__name__
            if is_own and hasattr(store, name) and not name.startswith("_"):
                yield store, name, function
    yield decisions, "insert", records.insert_decisions
    yield decisions, "revise", records.revise_decisions
    yield history, "append", records.append_history
    yield dead_letters, "insert", records.insert_dead_letters
    yield dead_groups, "waiting", records.waiting_tallies
    for name in ("runs", "events", "dead_letters", "dead_groups", "selections", "replays"):
        yield prune, name, records.prune_nothing
    yield dead_letters, "close_of_runs", records.close_dead_letters
    yield audit, "append", records.append_audit
    yield audit, "is_kept", records.audit_is_kept
    yield replays, "due", records.due_replays
    yield replays, "next_due", records.next_due_replay
    yield replayed, "keys", records.no_new_keys
    yield paces, "learn", records.learn_nothing
    yield stations, "every", records.no_stations
    yield stations, "counted", records.no_counts
    yield doors, "limits", records.no_breaker
    yield rules, "any_in_force", records.no_rules


@contextmanager
def installed(db: Database) -> Iterator[None]:
    """Within, the product's store is *db*; whatever the model does not have fails."""
    with ExitStack() as stack:
        for module, name, function in functions():
            stack.enter_context(patch.object(module, name, partial(function, db)))
        for name, replacement in _below(db).items():
            stack.enter_context(patch.object(sql, name, replacement))
        stack.enter_context(patch.object(transaction, "on_commit", partial(_on_commit, db)))
        yield


def _below(db: Database) -> dict[str, Any]:
    @contextmanager
    def writing(*, durable: bool = False) -> Iterator[None]:
        with db.transaction():
            yield

    def absent(*_arguments: Any, **_named: Any) -> Any:
        raise NotImplementedError("the model has no such statement")

    def execute(text: str, _parameters: Any) -> int:
        if text != PROBE:
            absent()
        with db.statement("probe"):
            return 0

    connection = SimpleNamespace(
        vendor="postgresql",
        close=lambda: None,
        in_atomic_block=False,
        settings_dict={"NAME": "the model"},
    )
    return {
        "writing": writing,
        "in_one_go": nullcontext,
        "commit_now": lambda: None,
        "by_keys": nullcontext,
        "is_postgresql": lambda: True,
        "connection": lambda: connection,
        "execute": execute,
        **dict.fromkeys(("insert", "update", "query"), absent),
    }


def _on_commit(db: Database, action: Callable[[], Any], **_how: Any) -> None:
    if db.is_in_transaction():
        db.note(action)
    else:
        action()
