"""What was emitted: the events in the test's database, and an assertion over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from flowengine.conf import settings
from flowengine.definitions.patterns import matches
from flowengine.engine.event import Event
from flowengine.models import EventRecord
from flowengine.orchestration.payload import encode

_SHOWN_MAX = 10
_TEXT_MAX = 300


def emitted(type: str = "**") -> list[Event]:  # noqa: A002 - CloudEvents' own word
    """The events of this type, or of a pattern such as ``order.*``, in the order of their emitting."""
    rows = EventRecord.objects.using(settings().DATABASE).order_by("created_at", "id")
    return [_event(row) for row in rows if matches(type, row.type)]


def assert_emitted(
    type: str,  # noqa: A002 - CloudEvents' own word
    data: Mapping[str, Any] | None = None,
    *,
    count: int | None = None,
) -> list[Event]:
    """Fail unless such events were emitted; they are given back.

    Args:
        type: an event type, or a pattern.
        data: what their data must contain at least; mappings inside are compared the same way,
            all else must be equal. None = any data.
        count: how many there must be exactly; 0 = none. None = at least one.

    Raises:
        AssertionError: with what was emitted instead, and where its data differs.
    """
    wanted = None if data is None else _plain(data)
    of_type = emitted(type)
    found = [event for event in of_type if wanted is None or not difference(wanted, event.data)]
    if found if count is None else len(found) == count:
        return found
    raise AssertionError(_failure(type, wanted, count, len(found), of_type))


def difference(wanted: Any, given: Any, path: str = "data") -> str:
    """Where *given* does not contain *wanted*, in words; empty where it does."""
    if isinstance(wanted, Mapping) and isinstance(given, Mapping):
        for key, value in wanted.items():
            if key not in given:
                return f"{path}.{key} is missing"
            found = difference(value, given[key], f"{path}.{key}")
            if found:
                return found
        return ""
    if wanted == given and isinstance(wanted, bool) == isinstance(given, bool):
        return ""
    return f"{path} is {_short(given)}, not {_short(wanted)}"


def _failure(
    name: str, wanted: Any, count: int | None, found: int, of_type: Sequence[Event]
) -> str:
    number = "at least one" if count is None else ("no" if count == 0 else str(count))
    containing = "" if wanted is None else f" with data containing {_short(wanted)}"
    lines = [f"expected {number} event {name!r}{containing}; there were {found}"]
    if of_type:
        lines.append(f"events of {name!r}:")
        lines += [_line(event, wanted) for event in of_type[:_SHOWN_MAX]]
    others = [event for event in emitted() if event not in of_type]
    if others:
        lines.append("other events:")
        lines += [_line(event, None) for event in others[:_SHOWN_MAX]]
    if not of_type and not others:
        lines.append("nothing was emitted at all")
    return "\n".join(lines)


def _line(event: Event, wanted: Any) -> str:
    differs = "" if wanted is None else difference(wanted, event.data)
    return f"  {event.type} {_short(event.data)}" + (f"   <- {differs}" if differs else "")


def _plain(data: Mapping[str, Any]) -> Any:
    """As ``emit()`` would write it, so that a Decimal, a UUID or a date compares equal."""
    return encode(data, size_max_bytes=settings().EVENT_DATA_MAX_BYTES)[0]


def _short(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}…"


def _event(row: EventRecord) -> Event:
    return Event(
        id=row.id,
        type=row.type,
        data=msgspec.json.decode(bytes(row.data)),
        time=row.time,
        source=row.source,
        external_id=row.external_id,
        subject=row.subject,
        actor=row.actor,
        key=row.key,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        hops=row.hops,
        traceparent=row.traceparent,
        replay=row.replay,
    )
