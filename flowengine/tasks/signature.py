"""What a task function takes and returns, read once at import; every refusal names its place."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from asgiref.sync import iscoroutinefunction

from flowengine.definitions.task_signature import TaskSignature
from flowengine.errors import AuthorError
from flowengine.tasks.attempt import Attempt

CODE = "FE602"
"""The code of a task that is refused at import."""

CONVERTED: frozenset[Any] = frozenset({datetime, date, time, timedelta, Decimal, UUID})
"""Annotations whose parameters are converted from JSON text; all others get plain JSON."""

VALUES: frozenset[Any] = frozenset({type(None), str, int, float, bool, list, tuple, Decimal, UUID})
"""Return annotations that are no mapping: nothing joins the workpiece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A task function, read."""

    signature: TaskSignature
    context: str | None
    """The parameter that receives the attempt; None = it takes none."""
    conversions: Mapping[str, Any]
    """Parameter -> the type its JSON value is converted to."""
    is_async: bool


def describe(function: Callable[..., Any], *, name: str, station: str | None) -> Described:
    """What *function* takes and returns as the task *name*.

    Raises:
        AuthorError: FE602, it cannot be a task, with its place and the way out.
    """
    _refuse_what_is_no_function(function, name)
    annotations = _annotations(function)
    parameters = list(_signature(function).parameters.values())
    _refuse_positional(parameters, name, function)
    context = _context(parameters, annotations, name, function)
    inputs = [each for each in parameters if each.name != context]
    named = [each for each in inputs if each.kind is not inspect.Parameter.VAR_KEYWORD]
    is_async = iscoroutinefunction(function)
    return Described(
        signature=TaskSignature(
            required=tuple(e.name for e in named if e.default is inspect.Parameter.empty),
            optional=tuple(e.name for e in named if e.default is not inspect.Parameter.empty),
            extra=len(named) < len(inputs),
            returns=_returned_names(annotations.get("return")),
            station=station,
            synchronous=not is_async,
        ),
        context=context,
        conversions={
            each.name: annotations[each.name]
            for each in named
            if _is_converted(annotations.get(each.name))
        },
        is_async=is_async,
    )


def place(function: Callable[..., Any]) -> str:
    """``path/to/file.py:12``, where *function* is defined; its module where that is not known."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if isinstance(code, types.CodeType):
        return f"{code.co_filename}:{code.co_firstlineno}"
    return str(getattr(function, "__module__", "?"))


def refuse(name: str, function: Callable[..., Any], problem: str) -> typing.NoReturn:
    """Say what is wrong with a task, and where."""
    raise AuthorError(f"{place(function)}: task {name!r} {problem}", code=CODE)


def _refuse_what_is_no_function(function: Callable[..., Any], name: str) -> None:
    if not inspect.isfunction(function):
        refuse(name, function, f"is a {type(function).__name__}; a task is a def or an async def")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        refuse(name, function, "yields; a task returns its result, and says ctx.progress meanwhile")
    if "." in function.__qualname__.rpartition("<locals>.")[2]:
        refuse(name, function, "is a method; a task is a function of a module")


def _refuse_positional(
    parameters: list[inspect.Parameter], name: str, function: Callable[..., Any]
) -> None:
    for each in parameters:
        if each.kind is inspect.Parameter.VAR_POSITIONAL:
            refuse(
                name,
                function,
                f"has *{each.name}; inputs are filled by name: write them out, or use **kwargs",
            )
        if each.kind is inspect.Parameter.POSITIONAL_ONLY:
            refuse(
                name,
                function,
                f"takes {each.name!r} by position only; inputs are filled by name: remove the '/'",
            )


def _context(
    parameters: list[inspect.Parameter],
    annotations: Mapping[str, Any],
    name: str,
    function: Callable[..., Any],
) -> str | None:
    found = [e.name for e in parameters if e.name == "ctx" or _is_attempt(annotations.get(e.name))]
    if len(found) > 1:
        refuse(name, function, f"takes the attempt twice, as {' and '.join(found)}; keep one")
    return found[0] if found else None


def _is_attempt(annotation: Any) -> bool:
    # Text is left where the name is only imported for type checkers.
    if isinstance(annotation, str):
        return annotation.rpartition(".")[2] == Attempt.__name__
    return annotation is Attempt


def _is_converted(annotation: Any) -> bool:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        members = set(typing.get_args(annotation)) - {type(None)}
        return bool(members) and members <= CONVERTED
    return isinstance(annotation, type) and annotation in CONVERTED


def _returned_names(annotation: Any) -> tuple[str, ...] | None:
    if typing.is_typeddict(annotation):
        return tuple(annotation.__annotations__)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return tuple(field.name for field in dataclasses.fields(annotation))
    if (typing.get_origin(annotation) or annotation) in VALUES:
        return ()
    return None


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415 - a module of that version only

        # Names that exist for type checkers only must not make the import of a task fail.
        return inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(function)


def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations as types; as text where a name is not there at run time."""
    try:
        return typing.get_type_hints(function)
    except Exception:  # noqa: BLE001 - an annotation may be any expression
        signature = _signature(function)
    given = {each.name: each.annotation for each in signature.parameters.values()}
    given["return"] = signature.return_annotation
    return {
        name: _resolved(annotation, inspect.unwrap(function))
        for name, annotation in given.items()
        if annotation is not inspect.Parameter.empty
    }


def _resolved(annotation: Any, function: Callable[..., Any]) -> Any:
    try:
        return typing.get_type_hints(
            types.SimpleNamespace(__annotations__={"it": annotation}),
            globalns=getattr(function, "__globals__", {}),
        )["it"]
    except Exception:  # noqa: BLE001 - the same, for one annotation: it stays text
        return annotation
