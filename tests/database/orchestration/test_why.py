"""Why a run waits, in one sentence for each reason; and that this is read in a fixed number of statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from flowengine.engine.breaker import Cap, Door, Station
from flowengine.engine.run import Counts
from flowengine.engine.states import RunState
from flowengine.orchestration import why
from flowengine.orchestration.why.facts import Called, Facts, Loop, Queue, Reason, Stopped, Turn

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
RUN = UUID(int=7)
CHARGE = Stopped(step="charge", title="Charge", station="payment", since=NOON)


def facts(*rows: Stopped, state: RunState = RunState.WAITING, **more: Any) -> Facts:
    """What is known of a run with these rows, long after they began to wait."""
    return Facts(
        run_id=RUN, workflow="order", state=state, since=NOON, stopped=rows, now=LATER, **more
    )


def at_station(door: Door = Door.OPEN, **more: Any) -> Facts:
    """A run that waits for a worker of the station ``payment``."""
    numbers: dict[str, Any] = {"workers": 1, "places": 4, "busy": 2, "here": 2, "before": 0}
    about = {key: more.pop(key) for key in list(more) if key not in numbers}
    station = Station(name="payment", door=door, since=NOON, **about)
    queue = Queue(station=station, **{**numbers, **more})
    return facts(CHARGE, state=RunState.RUNNING, queues={("charge", ""): queue})


def asleep(kind: str, *, state: str = "waiting", **more: Any) -> Stopped:
    """A row that waits for something else."""
    return Stopped(step="settle", title="Settle", kind=kind, state=state, due_at=LATER, **more)


def only(known: Facts, *, with_text: bool = True) -> Reason:
    [found] = why.reasons(known, with_text=with_text)
    return found


ORDER_1042 = {"event": ["payment.settled", "payment.failed"], "match": {"order.id": "1042"}}
ASKED: dict[str, Any] = {"users": ["7", "ann"], "groups": ["finance"], "quorum": 1}
QUEUED = facts(state=RunState.QUEUED)
CHILD = uuid4()

SENTENCES: dict[str, tuple[str, Facts]] = {
    "unserved": (
        "No worker serves the station payment.",
        at_station(workers=0, places=0, busy=0),
    ),
    "paused": (
        "The station payment is paused by user 7: The bank is asleep.",
        at_station(Door.PAUSED, by="7", reason="The bank is asleep."),
    ),
    "paused, and nobody serves it": (
        "The station payment is paused.",
        at_station(Door.PAUSED, workers=0),
    ),
    "parked": (
        "The breaker of the station payment has closed it: GatewayTimeout.",
        at_station(Door.PARKED, reason="GatewayTimeout"),
    ),
    "probing": (
        "The breaker of the station payment has closed it, and one item is being tried.",
        at_station(Door.PROBING),
    ),
    "draining": (
        "The station payment is open at a measured pace; about 3 are before it.",
        at_station(Door.DRAINING, before=3),
    ),
    "capped": (
        (
            "The word of user 7 lets the station payment do 2 at the same time, and so many are under way; it"
            " is the next."
        ),
        at_station(cap=Cap(places=2, since=NOON, by="7", reason="The bank is slow.")),
    ),
    "busy": (
        "All 4 places of the workers at the station payment are taken; about 18 are before it.",
        at_station(busy=4, before=18),
    ),
    "busy, with a crowd": (
        "All 4 places of the workers at the station payment are taken; more than 1,000 are before it.",
        at_station(busy=4, before=1_000),
    ),
    "soon": (
        "2 of 4 places of the workers at the station payment are taken; about 1 is before it.",
        at_station(before=1),
    ),
    "the next": (
        "2 of 4 places of the workers at the station payment are taken; it is the next.",
        at_station(),
    ),
    "event": (
        "It waits for the event payment.settled or payment.failed where order.id is 1042.",
        facts(asleep("wait_for", given=ORDER_1042)),
    ),
    "sleep": ("It sleeps.", facts(asleep("sleep"))),
    "approval": (
        "It waits for user 7 or ann or the group finance to approve.",
        facts(asleep("approval", given=ASKED)),
    ),
    "approval by several": (
        "It waits for user 7 or ann or the group finance to approve; 1 of 2 have answered.",
        facts(asleep("approval", given={**ASKED, "quorum": 2}, answers=1)),
    ),
    "child": (
        "It waits for a run of shipping, which is running.",
        facts(
            asleep("workflow", child=CHILD),
            called={CHILD: Called(workflow="shipping", state=RunState.RUNNING)},
        ),
    ),
    "child that is not there": (
        "It waits for a run that it has called, and that has not begun.",
        facts(asleep("workflow", child=CHILD)),
    ),
    "retry": (
        "Try 2 of 3 has failed with GatewayTimeout; it is tried again.",
        facts(asleep("task", state="retrying", tries=2, tries_max=3, code="GatewayTimeout")),
    ),
    "limit": (
        "10 at a time: 300 of 480 have not begun.",
        facts(
            loops=(
                Loop(
                    step="each",
                    title="Each",
                    counts=Counts(total=480, begun=180, done=170),
                    at_once=10,
                ),
            )
        ),
    ),
    "place": (
        "3 of 3 places of its key are taken; 4 runs are before it.",
        replace(QUEUED, turn=Turn(open=3, limit=3, before=4)),
    ),
    "place, the next": (
        "3 of 3 places of its key are taken; it is the next.",
        replace(QUEUED, turn=Turn(open=3, limit=3)),
    ),
    "slot": (
        "The throttle lets 5 such runs begin in 60 s.",
        replace(
            QUEUED,
            turn=Turn(slot_at=LATER + timedelta(1), starts=5, per=timedelta(minutes=1)),
        ),
    ),
    "turn": ("It is its turn: it is about to begin.", replace(QUEUED, turn=Turn(limit=3, open=1))),
    "held": (
        "Charge has failed with CardDeclined; a person is to say how it goes on.",
        facts(state=RunState.HELD, failed_step="Charge", code="CardDeclined"),
    ),
    "held by hand": (
        "It is held by user 7: The bank asks for time.",
        facts(
            state=RunState.HELD,
            is_held_by_hand=True,
            held_by="7",
            held_why="The bank asks for time",
        ),
    ),
    "held by a program": (
        "It is held by hand.",
        facts(state=RunState.HELD, is_held_by_hand=True),
    ),
    "to be held": (
        "Somebody wants it held: its next step does not begin.",
        facts(state=RunState.RUNNING, is_holding=True),
    ),
    "stopping": (
        "2 attempts were told to stop, and their ends are awaited.",
        facts(state=RunState.CANCELLING, working=2),
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_reason_is_one_sentence(name: str) -> None:
    text, known = SENTENCES[name]

    assert only(known).text == text


def test_reason_says_what_helps_and_where() -> None:
    acts_of = {name: only(known).act for name, (_text, known) in SENTENCES.items()}
    commands = {name: act.command for name, act in acts_of.items() if act is not None}
    places = {name: act.place for name, act in acts_of.items() if act is not None}

    assert commands["unserved"] == "worker --stations payment"
    assert commands["paused"] == "stations resume payment --reason …"
    assert commands["event"] == """emit payment.settled -d '{"order": {"id": "1042"}}'"""
    assert commands["approval"] == f"run answer {RUN} settle --approve"
    assert commands["held"] == f"run resume {RUN} --reason …"
    assert places["child"] == f"runs/{CHILD}"
    assert places["retry"] == f"runs/{RUN}?step=settle&tab=error"


@pytest.mark.parametrize("paths", [("order", "order.id"), ("order.id", "order")])
def test_event_of_which_one_value_would_stand_in_another_has_no_command(
    paths: tuple[str, str],
) -> None:
    given = {"event": ["order.paid"], "match": dict.fromkeys(paths, "7")}

    told = only(facts(asleep("wait_for", given=given)))

    assert told.act is not None
    assert (told.act.place, told.act.command) == ("event-types/order.paid", "")


def test_who_may_not_see_payloads_is_told_neither_values_nor_what_an_error_says() -> None:
    parked = only(SENTENCES["parked"][1], with_text=False)
    event = only(SENTENCES["event"][1], with_text=False)

    assert parked.text == "The breaker of the station payment has closed it."
    assert event.text.endswith("where order.id has its value.")
    assert event.act is not None
    assert event.act.command == ""


def test_times_stand_beside_the_sentence_with_the_word_that_reads_them() -> None:
    retry, held = only(SENTENCES["retry"][1]), only(SENTENCES["held"][1])
    parked = only(at_station(Door.PARKED, due_at=LATER))

    assert (retry.until, retry.until_word) == (LATER, "again")
    assert (held.since, held.until_word) == (NOON, "given up")
    assert (parked.until, parked.until_word) == (LATER, "next try")


def test_run_that_is_given_up_when_it_begins_too_late_says_so_besides() -> None:
    turn = Turn(open=1, limit=1, expires_at=LATER)

    found = why.reasons(replace(QUEUED, turn=turn), with_text=True)

    assert [(each.cause, each.until) for each in found] == [("place", None), ("expiry", LATER)]


def test_what_somebody_can_do_something_about_comes_first() -> None:
    known = facts(asleep("sleep"), asleep("approval", given=ASKED))

    assert [each.cause for each in why.reasons(known, with_text=True)] == ["approval", "sleep"]


def test_who_has_only_just_come_waits_for_nothing() -> None:
    known = replace(at_station(), now=NOON + timedelta(seconds=1))

    assert why.reasons(known, with_text=True) == []
