"""The workflow of one step with each answer to a busy key, and events that meet there."""

from __future__ import annotations

from uuid import UUID

from flowengine import NewEvent, emit_many
from flowengine.models import EventRecord, RunRecord
from tests.builders.files import HELLO


def hello(*lines: str) -> str:
    """The workflow with these top-level lines besides."""
    return "\n".join([HELLO, *lines])


QUEUE = hello("concurrency: {key: event.data.name}")
SKIP = hello("concurrency: {key: event.data.name, on_conflict: skip}")
REPLACE = hello("concurrency: {key: event.data.name, on_conflict: replace}")


def events_written(*names: str) -> list[UUID]:
    """Events of these names, written in this order and not routed yet."""
    return [each.event_id for each in emit_many(NewEvent("hello.said", {"name": n}) for n in names)]


def runs_in_order() -> list[str]:
    """The states of all runs, in the order in which their events were written."""
    events = EventRecord.objects.order_by("created_at").values_list("id", flat=True)
    by_event = dict(RunRecord.objects.values_list("event_id", "state"))
    return [by_event[event] for event in events if event in by_event]
