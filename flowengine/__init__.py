"""flowengine: the assembly line for a Django project.

Events emitted inside a transaction go through RabbitMQ and fan out to workflows written in YAML.
The public names are imported lazily, because Django imports this package before apps are ready.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from flowengine.api import (
        Emitted,
        NewEvent,
        aemit,
        answer,
        cancel,
        emit,
        emit_many,
        emit_on,
        emits,
        give_up,
        register_event,
        resume,
        start,
    )
    from flowengine.errors import AttemptCancelled, Permanent, RetryAfter, SoftTimeout
    from flowengine.tasks import Attempt, task

# Where each is made; all are in flowengine.api too, which needs more of the engine than a process that
# only emits.
_PUBLIC = {
    "Emitted": "flowengine.orchestration.emit",
    "NewEvent": "flowengine.orchestration.emit",
    "aemit": "flowengine.orchestration.emit",
    "answer": "flowengine.api",
    "cancel": "flowengine.api",
    "emit": "flowengine.orchestration.emit",
    "emit_many": "flowengine.orchestration.emit",
    "emit_on": "flowengine.orchestration.sources",
    "emits": "flowengine.orchestration.sources",
    "give_up": "flowengine.api",
    "register_event": "flowengine.event_types",
    "resume": "flowengine.api",
    "start": "flowengine.api",
    "AttemptCancelled": "flowengine.errors",
    "Permanent": "flowengine.errors",
    "RetryAfter": "flowengine.errors",
    "SoftTimeout": "flowengine.errors",
    "Attempt": "flowengine.tasks",
    "task": "flowengine.tasks",
}

__all__ = [
    "Attempt",
    "AttemptCancelled",
    "Emitted",
    "NewEvent",
    "Permanent",
    "RetryAfter",
    "SoftTimeout",
    "aemit",
    "answer",
    "cancel",
    "emit",
    "emit_many",
    "emit_on",
    "emits",
    "give_up",
    "register_event",
    "resume",
    "start",
    "task",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'flowengine' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - only when a name is first asked for

    return getattr(import_module(_PUBLIC[name]), name)
