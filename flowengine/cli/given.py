"""Values that are given on the command line: events, data, names with values."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from flowengine.cli.exits import Exit, Stopped
from flowengine.definitions.expressions.values import read_timestamp
from flowengine.engine.event import Event
from flowengine.engine.identity import foreign_event_id, keyed_event_id

_MEMBERS = frozenset(
    {
        *("id", "type", "source", "subject", "time", "actor", "data"),
        *("correlation_id", "causation_id", "hops", "key"),
    }
)
_OF_CLOUDEVENTS = frozenset({"specversion", "datacontenttype", "dataschema"})


def parse_data(given: str, *, where: str = "--data") -> Any:
    """The JSON that is meant: the text itself, ``@`` and a file's name, or ``-`` for stdin.

    Raises:
        Stopped: it cannot be read, or it is no JSON; with the place.
    """
    if given == "-":
        return _json(sys.stdin.read(), "stdin")
    if given.startswith("@"):
        return _json(_read(Path(given[1:])), given[1:])
    option, _, name = where.partition(" ")
    before = f"{name}=" if name else ""
    hint = (
        f"quote it for the shell: {option} '{before}{{\"order_id\": 1}}',"
        f" or give a file: {option} {before}@order.json"
    )
    return _json(given, where, hint)


def pairs(given: Sequence[str], option: str) -> dict[str, Any]:
    """``name=value`` of an option that may be repeated; a value is JSON, else it is text.

    Raises:
        Stopped: one has no ``=``.
    """
    found: dict[str, Any] = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals or not name:
            raise Stopped(f"{option} {each}: write {option} name=value", exit_code=Exit.USAGE)
        try:
            found[name] = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            found[name] = text
    return found


def inputs(edits: Sequence[str]) -> dict[str, Any]:
    """The corrected inputs that ``--set with.NAME=VALUE`` gives.

    Raises:
        Stopped: one does not name an input so.
    """
    given = pairs(edits, "--set")
    for name in given:
        if not name.removeprefix("with.") or not name.startswith("with."):
            raise Stopped(
                f"--set {name}: inputs are named with.{name}",
                hint=f"--set with.{name}=…",
                exit_code=Exit.USAGE,
            )
    return {name.removeprefix("with."): value for name, value in given.items()}


def read_event(path: Path, *, now: datetime) -> Event:
    """The event that a JSON file has: an object with ``type``, usually ``data``, and what else it knows.

    Without an id it gets one that follows from its type; without a time it happens *now*.

    Raises:
        Stopped: it is no event.
    """
    value = _json(_read(path), str(path))
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise Stopped(
            f"{path}: an event is an object with a `type`",
            hint='{"type": "order.placed", "data": {"order_id": 1}}',
            exit_code=Exit.USAGE,
        )
    unknown = sorted(value.keys() - _MEMBERS - _OF_CLOUDEVENTS)
    if unknown:
        raise Stopped(
            f"{path}: an event has no `{unknown[0]}`",
            hint=f"it may have {', '.join(sorted(_MEMBERS))}",
            exit_code=Exit.USAGE,
        )
    return _event(value, path, now)


def _event(value: Mapping[str, Any], path: Path, now: datetime) -> Event:
    time = read_timestamp(value["time"]) if isinstance(value.get("time"), str) else now
    if time is None:
        raise Stopped(f"{path}: `time` is no timestamp", exit_code=Exit.USAGE)

    def text(name: str) -> str | None:
        return None if value.get(name) is None else str(value[name])

    hops = value.get("hops", 0)
    if not isinstance(hops, int):
        raise Stopped(f"{path}: `hops` is a whole number", exit_code=Exit.USAGE)
    return Event(
        id=_id(value, text("source")),
        type=value["type"],
        data=value.get("data", {}),
        time=time.astimezone(UTC),
        correlation_id=str(value.get("correlation_id") or ""),
        hops=hops,
        source=text("source"),
        subject=text("subject"),
        actor=text("actor"),
        causation_id=text("causation_id"),
        key=text("key"),
    )


def _id(value: Mapping[str, Any], source: str | None) -> UUID:
    given = value.get("id")
    if given is None:
        return keyed_event_id(value["type"], "from a file")
    try:
        return UUID(str(given))
    except ValueError:
        return foreign_event_id(source or "", str(given))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Stopped(f"cannot read {path}: {error}", exit_code=Exit.USAGE) from error


def _json(text: str, where: str, hint: str = "") -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Stopped(
            f"{where}:{error.lineno}:{error.colno}: this is not JSON: {error.msg}",
            hint=hint,
            exit_code=Exit.USAGE,
        ) from error
    except RecursionError as error:
        raise Stopped(f"{where}: it is nested too deep", exit_code=Exit.USAGE) from error
