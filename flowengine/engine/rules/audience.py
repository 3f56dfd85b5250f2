"""What people see of a run before its first step: title, labels, who may watch; and its priority.

These stop no work. One that has no value is left out (the title becomes the workflow's name; a broken
``notify`` shows the run to nobody; the priority is normal), and a remark says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.expressions.tree import Template
from flowengine.definitions.model import Workflow
from flowengine.engine.event import Event
from flowengine.engine.printable import printable
from flowengine.errors import ExpressionError

WATCHERS_MAX = 1000
"""Users that ``notify`` may name. Language §4.13."""
PRIORITIES = {"low": 0, "normal": 1, "high": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """What is shown, and to whom."""

    title: str
    labels: Mapping[str, Any]
    watchers: tuple[str, ...]
    """User keys as text, each once, in the order of the file."""
    groups: tuple[str, ...]
    priority: int
    """One of the values of ``PRIORITIES``."""
    remarks: tuple[str, ...]


def audience_of(
    workflow: Workflow, event: Event, scope: Mapping[str, Any], now: datetime
) -> Audience:
    """Title, labels, watchers and priority of a run that starts now; *scope* has no steps yet."""
    remarks: list[str] = []

    def value_of(key: str, template: Template) -> Any:
        try:
            return render(template, scope, now)
        except ExpressionError as error:
            remarks.append(f"{error.code} {key}: {error}")
            return None

    title = None if workflow.title is None else value_of("title", workflow.title)
    labels = {}
    for name, template in workflow.labels.items():
        label = value_of(f"labels.{name}", template)
        if isinstance(label, Mapping | list):
            remarks.append(f"FE112 labels.{name}: a label is one plain value")
        elif label is not None:
            labels[name] = printable(label) if isinstance(label, str) else label
    watchers: tuple[str, ...] = ()
    is_quiet = event.again is not None and event.again.is_quiet
    if is_quiet:
        pass  # a replay whose owner is not to be told once more
    elif workflow.notify is None:
        watchers = () if event.actor is None else (event.actor,)
    elif workflow.notify.users is not None:
        watchers = _users(value_of("notify.users", workflow.notify.users), remarks)
    priority = None if workflow.priority is None else value_of("priority", workflow.priority)
    return Audience(
        title=workflow.name if title is None else printable(str(title)),
        labels=labels,
        watchers=watchers,
        groups=() if is_quiet or workflow.notify is None else workflow.notify.groups,
        priority=_priority(priority, remarks),
        remarks=tuple(remarks),
    )


def _priority(value: Any, remarks: list[str]) -> int:
    if value is None:
        return PRIORITIES["normal"]
    if not isinstance(value, str) or value not in PRIORITIES:
        remarks.append(f"FE112 priority: one of {', '.join(PRIORITIES)}")
        return PRIORITIES["normal"]
    return PRIORITIES[value]


def _users(value: Any, remarks: list[str]) -> tuple[str, ...]:
    """The user keys; nobody where they are too many or no keys."""
    if value is None:
        return ()
    keys = value if isinstance(value, list) else [value]
    if not all(isinstance(key, str | int) and not isinstance(key, bool) for key in keys):
        remarks.append("FE112 notify.users: a list of user keys, text or whole numbers")
        return ()
    users = tuple(dict.fromkeys(printable(str(key)) for key in keys))
    if len(users) > WATCHERS_MAX:
        remarks.append(f"FE305 `notify` names {len(users)} users; the limit is {WATCHERS_MAX}")
        return ()
    return users
