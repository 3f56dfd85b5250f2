"""The tasks of a project by name, filled at import by ``@task`` in each app's ``tasks.py``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar, overload

from django.utils.module_loading import autodiscover_modules

from flowengine.definitions.task_signature import TaskSignature
from flowengine.tasks.signature import describe, place, refuse

Function = TypeVar("Function", bound=Callable[..., Any])

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+(@[1-9][0-9]*)?")
_STATION = re.compile(r"[a-z][a-z0-9_-]*")

_tasks: dict[str, RegisteredTask] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredTask:
    """A Python function that steps may call."""

    name: str
    """``shop.reserve``, or ``shop.reserve@2``."""
    function: Callable[..., Any]
    signature: TaskSignature
    is_async: bool
    context: str | None
    """The parameter that receives the attempt; None = it takes none."""
    conversions: Mapping[str, Any]
    """Parameter -> the type its JSON value is converted to."""
    place: str
    """Where it is defined, for people."""
    idempotent: bool = False
    """Its author says: done twice with the same key, it is done once."""


@overload
def task(function: Function, /) -> Function: ...


@overload
def task(
    *, name: str | None = None, station: str | None = None, idempotent: bool = False
) -> Callable[[Function], Function]: ...


def task(
    function: Function | None = None,
    /,
    *,
    name: str | None = None,
    station: str | None = None,
    idempotent: bool = False,
) -> Function | Callable[[Function], Function]:
    """Register a function as a task; it stays the plain function it was.

    Args:
        function: a ``def`` or an ``async def`` of a module. Inputs come by name; a parameter named
            ``ctx``, or annotated ``Attempt``, receives the attempt.
        name: what steps call it; by default the app and the function, ``shop.tasks.reserve`` is
            ``shop.reserve``.
        station: where it runs when neither the step nor the file says so.
        idempotent: doing it again with the same ``ctx.idempotency_key``, or at all, has no further
            effect. Who plans a replay is warned of the others.

    Raises:
        AuthorError: FE602, it cannot be a task, or the name is taken; with both places.
    """

    def register(given: Function) -> Function:
        _add(read(given, name=name, station=station, idempotent=idempotent))
        return given

    return register if function is None else register(function)


def read(
    function: Callable[..., Any],
    *,
    name: str | None = None,
    station: str | None = None,
    idempotent: bool = False,
) -> RegisteredTask:
    """*function* as a task, without registering it; raises as :func:`task`."""
    name = _default_name(function) if name is None else name
    if not _NAME.fullmatch(name):
        refuse(name, function, "has a name that will not do: write app.task, or app.task@2")
    if station is not None and not _STATION.fullmatch(station):
        refuse(name, function, f"names a station that will not do: {station!r} is not like 'mail'")
    described = describe(function, name=name, station=station)
    return RegisteredTask(
        name=name,
        function=function,
        signature=described.signature,
        is_async=described.is_async,
        context=described.context,
        conversions=described.conversions,
        place=place(function),
        idempotent=idempotent,
    )


def get(name: str) -> RegisteredTask | None:
    """The task of that name; None where there is none."""
    return _tasks.get(name)


def names() -> frozenset[str]:
    """The names of all tasks that this process knows."""
    return frozenset(_tasks)


def signatures() -> Mapping[str, TaskSignature]:
    """Each known task's signature, by name, for ``definitions.check``."""
    return MappingProxyType({name: known.signature for name, known in _tasks.items()})


def autodiscover() -> None:
    """Import ``tasks`` of every installed app; may be called twice."""
    autodiscover_modules("tasks")


def _add(new: RegisteredTask) -> None:
    known = _tasks.get(new.name)
    if known is not None and known.place != new.place:
        refuse(new.name, new.function, f"is registered already, at {known.place}; rename one")
    _tasks[new.name] = new


def _default_name(function: Callable[..., Any]) -> str:
    """The last part of the package that holds ``tasks``, and the function's own name."""
    own = str(getattr(function, "__name__", "?"))
    parts = str(getattr(function, "__module__", "")).split(".")
    package = parts[: parts.index("tasks")] if "tasks" in parts else parts[:-1]
    if not package:
        refuse(own, function, f"is in no package: name it, @task(name='shop.{own}')")
    return f"{package[-1]}.{own}"
