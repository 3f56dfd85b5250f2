"""What is outside of the project: banks, printers, mailboxes. It remembers who called, and may fail.

The tasks of the examples call :func:`called` before they return. A test says beforehand what goes
wrong, and looks afterwards at what was asked for, in which order.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a task, as the outside saw it."""

    task: str
    given: Mapping[str, Any]


_lock = threading.Lock()
_calls: list[Call] = []
_trouble: dict[str, list[BaseException]] = {}


def called(task: str, **given: Any) -> None:
    """Somebody calls.

    Raises:
        BaseException: what :func:`fails` said for this call.
    """
    with _lock:
        _calls.append(Call(task=task, given=given))
        coming = _trouble.get(task)
        error = coming.pop(0) if coming else None
    if error is not None:
        raise error


def fails(task: str, *errors: BaseException) -> None:
    """The next calls of that task fail, each with one of these errors, in this order."""
    with _lock:
        _trouble.setdefault(task, []).extend(errors)


def calls(*tasks: str) -> list[str]:
    """The names of the tasks that were called, in order; only these, where some are named."""
    with _lock:
        return [call.task for call in _calls if not tasks or call.task in tasks]


def given(task: str) -> list[Mapping[str, Any]]:
    """What that task was called with, each time."""
    with _lock:
        return [call.given for call in _calls if call.task == task]


def forget() -> None:
    """Nobody has called, and nothing will fail."""
    with _lock:
        _calls.clear()
        _trouble.clear()
