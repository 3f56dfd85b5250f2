"""Whatever a stranger publishes as an event: it is taken, or kept as a dead letter, and work goes on."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from flowengine import emit, event_types
from flowengine.engine.identity import foreign_event_id, run_id
from flowengine.models import DeadLetterRecord, DecisionRecord, EventRecord, RunRecord
from flowengine.store import events
from tests.integration.strangers import (
    SOURCE,
    TRUSTED,
    Message,
    Stranger,
    Worker,
    a_hint,
    an_event,
    assert_undisturbed,
    in_headers,
    nested_table,
    timestamp,
    until_ended,
    with_data,
)

MIB = 1024 * 1024
EVENT_ID = foreign_event_id(SOURCE, "i-1")
RUN_ID = run_id(EVENT_ID, "chain", 0)
MILLISECONDS = 1_772_000_000_000


def said(body: bytes | str, content_type: str | bytes | None = None) -> Message:
    """A message of these bytes."""
    return Message(
        body=body.encode() if isinstance(body, str) else body,
        content_type=content_type or "application/cloudevents+json",
    )


UNREADABLE = {
    "random bytes": (said(random.Random(8).randbytes(500)), "JSON is malformed"),
    "nothing": (said(b""), "Input data was truncated"),
    "a list": (said("[]"), "Expected `object`, got `array`"),
    "text": (said('"chain.begun"'), "Expected `object`, got `str`"),
    "half an event": (said(an_event().body[:-20]), "Input data was truncated"),
    "another envelope": (said('{"event": "chain.begun", "payload": {}}'), "`specversion`"),
    "a hint": (said(a_hint().body), "`specversion`"),
    "no id": (an_event("id"), "missing required field `id`"),
    "no source": (an_event("source"), "missing required field `source`"),
    "no type": (an_event("type"), "missing required field `type`"),
    "an empty id": (an_event(id=""), "`id` is empty"),
    "an id of another kind": (an_event(id=7), "Expected `str`, got `int` - at `$.id`"),
    "a source of another kind": (an_event(source=None), "at `$.source`"),
    "an actor of another kind": (an_event(actor={"id": 7}), "at `$.actor`"),
    "an old version": (an_event(specversion="0.3"), "`specversion` is '0.3'"),
    "a time that is none": (an_event(time="yesterday"), "at `$.time`"),
    "a time without offset": (an_event(time="2026-03-02T12:00:00"), "`time` has no offset"),
    "hops below zero": (an_event(hops=-1), "at `$.hops`"),
    "a type without end": (an_event(type="a" * 256), "`type` is longer than 255 bytes"),
    "a source without end": (an_event(source="a" * 1025), "`source` is longer"),
    "a control character": (an_event(subject="a\x00b"), "`subject` contains a control character"),
    "base64 that is none": (an_event("data", data_base64="%"), "`data_base64`"),
    "base64 of no JSON": (an_event("data", data_base64="/w=="), "JSON is malformed"),
    "100,000 brackets": (said('{"data": ' + "[" * 100_000), "cursion"),
    "100,000 levels": (with_data("[" * 100_000 + "]" * 100_000), "cursion"),
    "101 levels": (with_data("[" * 101 + "]" * 101), "nested more than 100 levels deep"),
    "not a number": (with_data('{"n": NaN}'), "JSON is malformed"),
    "infinity": (with_data('{"n": -Infinity}'), "JSON is malformed"),
    "a number without end": (with_data("1e999"), "Number out of range"),
    "text that is not UTF-8": (
        replace(an_event(), body=an_event().body.replace(b"i-1", b"\xff")),
        "'utf-8' codec can't decode",
    ),
    "one byte more than 1 MiB": (said(b" " * (MIB + 1)), f"it has {MIB + 1} bytes"),
    "8 MiB": (with_data('"' + "x" * 8 * MIB + '"'), f"the limit is {MIB}"),
    "a batch": (
        said("[" + an_event().body.decode() + "]", "application/cloudevents-batch+json"),
        "application/cloudevents-batch+json is not understood",
    ),
    "XML": (said("<event/>", "application/cloudevents+xml"), "cloudevents+xml is not understood"),
    "a content type that is no text": (said("?", b"\xff\xfe"), "JSON is malformed"),
    "headers without a type": (in_headers("ce-", b"1", type=None), "missing required field `type`"),
    "headers of another version": (
        in_headers("ce-", b"2", specversion="2"),
        "`specversion` is '2'",
    ),
    "headers over broken JSON": (in_headers("ce-", b'{"n": '), "Input data was truncated"),
    "headers over text": (
        replace(in_headers("cloudEvents:", b"text"), content_type="text/plain"),
        "its data is text/plain",
    ),
    "headers that nobody can decode": (
        replace(in_headers("ce-"), headers={"ce-time": timestamp(MILLISECONDS)}),
        "its headers were lost: ValueError: year",
    ),
}

REFUSED = {
    "the engine's own prefix": (an_event(type="flowengine.run.succeeded"), "FE309", "is reserved"),
    "a type with spaces": (an_event(type="no spaces please"), "FE309", "is not an event type"),
    "the 17th of a chain": (an_event(hops=17), "FE425", "the 17th of a chain"),
    "more data than is allowed": (an_event(data="x" * 300_000), "FE304", "the limit is 256 KiB"),
    "data of nearly 1 MiB": (an_event(data="x" * (MIB - 500)), "FE304", "the limit is 256 KiB"),
    "data with NUL": (an_event(data={"n": "a\x00b"}), "FE308", "n"),
    "a number beyond 64 bits": (with_data('{"n": 1180591620717411303424}'), "FE308", "n"),
}


TAKEN: dict[str, tuple[Message, Any]] = {
    "structured": (an_event(), {"n": 1}),
    "without a content type": (replace(an_event(), content_type=None), {"n": 1}),
    "binary with ce-": (in_headers("ce-"), {"n": 1}),
    "binary with cloudEvents:": (in_headers("cloudEvents:"), {"n": 1}),
    "binary with cloudEvents_": (in_headers("cloudEvents_"), {"n": 1}),
    "binary without data": (in_headers("ce-", b""), None),
    "binary with more": (in_headers("ce-", hops=3, extra=[1, {"a": None}]), {"n": 1}),
    "base64": (an_event("data", data_base64="eyJuIjogMX0="), {"n": 1}),
    "a key twice, the later counts": (with_data('{"n": 0, "n": 1}'), {"n": 1}),
    "100 levels": (with_data("[" * 100 + "]" * 100), ...),
    "250,000 characters": (an_event(data="x" * 250_000), "x" * 250_000),
    "an unknown attribute": (an_event(unknown={"attribute": True}), {"n": 1}),
    "a header from the year 58122": (
        replace(an_event(), headers={"sent": timestamp(MILLISECONDS)}),
        {"n": 1},
    ),
    "a header of 2,000 levels": (replace(an_event(), headers={"a": nested_table(2000)}), {"n": 1}),
}


def test_what_is_no_event_is_kept_as_unreadable(
    worker: Worker, stranger: Stranger, subtests: pytest.Subtests
) -> None:
    stranger.publish(*(message for message, _ in UNREADABLE.values()))

    assert_undisturbed(worker, stranger)
    for name, (message, says) in UNREADABLE.items():
        with subtests.test(name):
            assert_kept(message, "unreadable", "FE301", says)
    assert DeadLetterRecord.objects.count() == len(UNREADABLE)
    assert not EventRecord.objects.exclude(source=None).exists()


def test_an_event_that_will_not_do_is_kept_as_a_bad_one(
    worker: Worker, stranger: Stranger, subtests: pytest.Subtests
) -> None:
    stranger.publish(*(message for message, _, _ in REFUSED.values()))

    assert_undisturbed(worker, stranger)
    for name, (message, code, says) in REFUSED.items():
        with subtests.test(name):
            assert_kept(message, "bad event", code, says)
    assert DeadLetterRecord.objects.count() == len(REFUSED)
    assert not EventRecord.objects.exclude(source=None).exists()


def test_what_is_an_event_is_stored_and_starts_its_run(
    worker: Worker, stranger: Stranger, subtests: pytest.Subtests
) -> None:
    stranger.publish(*(called(message, name) for name, (message, _) in TAKEN.items()))

    assert_undisturbed(worker, stranger)
    for name, (_, data) in TAKEN.items():
        with subtests.test(name):
            record = EventRecord.objects.get(source=SOURCE, external_id=name)
            run = RunRecord.objects.get(pk=run_id(record.id, "chain", 0))
            assert (record.state, run.state) == ("routed", "succeeded")
            assert data is ... or json.loads(bytes(record.data)) == data
    assert not DeadLetterRecord.objects.exists()


def test_data_that_does_not_fit_its_registered_type_is_kept_with_the_path(
    worker: Worker, stranger: Stranger
) -> None:
    schema = {"properties": {"total": {"type": "integer"}}}
    event_types.register_event("invoice.paid", schema)
    message = an_event(type="invoice.paid", data={"total": "much"})
    try:
        stranger.publish(message)
        assert_undisturbed(worker, stranger)
    finally:
        event_types.forget("invoice.paid")

    assert_kept(message, "bad event", "FE303", "event invoice.paid i-1: $.total")


def test_unknown_type_is_kept_where_the_project_wants_none(
    worker: Worker, stranger: Stranger, settings: Any
) -> None:
    settings.FLOWENGINE = {**settings.FLOWENGINE, "UNKNOWN_EVENTS": "dead"}
    event_types.register_event("chain.begun", {})
    message = an_event(type="chain.begin")
    try:
        stranger.publish(message)
        assert_undisturbed(worker, stranger)
    finally:
        event_types.forget("chain.begun")

    assert_kept(message, "unknown event", "FE302", "did you mean 'chain.begun'?")


def test_unknown_type_is_otherwise_stored_and_starts_nothing(
    worker: Worker, stranger: Stranger
) -> None:
    stranger.publish(an_event(type="nobody.knows"))

    assert_undisturbed(worker, stranger)
    assert EventRecord.objects.get(type="nobody.knows").state == "routed"
    assert not DecisionRecord.objects.filter(event_id=EVENT_ID).exists()
    assert not DeadLetterRecord.objects.exists()


def test_event_that_comes_twice_has_one_run(worker: Worker, stranger: Stranger) -> None:
    stranger.publish(an_event(), an_event(), an_event(data={"n": 2}))
    until_ended(RUN_ID)
    stranger.publish(in_headers("ce-"))

    assert_undisturbed(worker, stranger)
    assert RunRecord.objects.filter(event_id=EVENT_ID).count() == 1
    assert json.loads(bytes(EventRecord.objects.get(pk=EVENT_ID).data)) == {"n": 1}


def test_actor_is_kept_of_a_trusted_source_only(worker: Worker, stranger: Stranger) -> None:
    stranger.publish(an_event(actor="7"), an_event(source=TRUSTED, actor="7"))

    assert_undisturbed(worker, stranger)
    stranger_run = RunRecord.objects.get(pk=RUN_ID)
    trusted_run = RunRecord.objects.get(event_id=foreign_event_id(TRUSTED, "i-1"))
    assert (stranger_run.actor, stranger_run.watchers) == (None, "[]")
    assert (trusted_run.actor, trusted_run.watchers) == ("7", '["7"]')


def test_own_source_with_an_id_that_is_not_there_is_acknowledged_and_counted(
    worker: Worker, stranger: Stranger
) -> None:
    ids = (str(UUID(int=7)), "not one of ours")
    stranger.publish(*(an_event(source=events.own_source(), id=own) for own in ids))

    assert_undisturbed(worker, stranger)
    assert worker.strays == len(ids)
    assert EventRecord.objects.count() == 1  # the one that was emitted after them
    assert not DeadLetterRecord.objects.exists()


def test_own_source_with_a_forged_body_is_only_a_hint_to_the_row(
    worker: Worker, stranger: Stranger
) -> None:
    emitted = emit("chain.begun", {"n": 1}, actor=7)
    forged = an_event(
        source=events.own_source(),
        id=str(emitted.event_id),
        type="troubled.broken",
        data={"order_id": 1},
        actor="8",
    )
    stranger.publish(forged)
    until_ended(emitted.run_ids["chain"])
    stranger.publish(forged)

    assert_undisturbed(worker, stranger)
    row = EventRecord.objects.get(pk=emitted.event_id)
    assert (row.type, row.actor, bytes(row.data)) == ("chain.begun", "7", b'{"n":1}')
    assert not RunRecord.objects.exclude(workflow="chain").exists()
    assert worker.strays == 0


def test_two_hundred_at_once_harm_none_of_the_good_ones_among_them(
    worker: Worker, stranger: Stranger
) -> None:
    chance = random.Random(7)
    good = [an_event(id=f"good-{n}") for n in range(20)]
    bad = [said(chance.randbytes(n)) for n in range(1, 101)]
    bad += [an_event(id=f"bad-{n}", type="flowengine.x") for n in range(80)]
    crowd = [*good, *bad]
    chance.shuffle(crowd)

    stranger.publish(*crowd)

    assert_undisturbed(worker, stranger)
    done = RunRecord.objects.filter(workflow="chain", state="succeeded")
    assert done.count() == len(good) + 1
    assert DeadLetterRecord.objects.count() == len({message.body for message in bad})


def called(message: Message, name: str) -> Message:
    """The same event by another id."""
    headers = {key: name if value == "i-1" else value for key, value in message.headers.items()}
    return replace(message, body=message.body.replace(b"i-1", name.encode()), headers=headers)


def assert_kept(message: Message, kind: str, code: str, says: str) -> None:
    """A dead letter tells what came, and what is wrong with it."""
    letter = DeadLetterRecord.objects.get(body=message.body[:MIB])
    assert (letter.kind, letter.code, letter.state) == (kind, code, "open")
    assert says in letter.message
