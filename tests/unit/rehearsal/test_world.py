"""Workflows played through in memory: what happens, when, and what comes from outside."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flowengine.rehearsal.cues import Cues, Reply, Send
from tests.builders.events import NOON, an_event
from tests.unit.rehearsal.stage import Stage, file

DAY = timedelta(days=1)


# -- time ---------------------------------------------------------------------------------------------


def test_tasks_take_as_long_as_their_fakes_say_side_by_side() -> None:
    stage = Stage(
        file("[{parallel: {a: x.a, b: x.b}}]"),
        fakes="x.a: {returns: 1, takes: 10s}\nx.b: {returns: 2, takes: 30s}",
    ).play()

    assert stage.told("a") == ["+0s x.a()", "+10s 1"]
    assert stage.told("b") == ["+0s x.b()", "+30s 2"]
    assert stage.told("w")[-1] == '+30s succeeded {"a": 1, "b": 2}'


def test_task_that_takes_longer_than_it_may_is_timed_out() -> None:
    stage = Stage(
        file("[{task: x.a, timeout: 20s, retry: {attempts: 1}}]"),
        fakes="x.a: {returns: 1, takes: 1m}",
    ).play()

    assert stage.told("a")[-1] == "+20s Timeout: its time of 20 s was over"


def test_call_that_is_under_way_ends_when_its_block_does() -> None:
    stage = Stage(
        file("[{parallel: {bad: {task: x.a, retry: {attempts: 1}}, long: x.b}}]"),
        fakes="x.a: {fails: Gone, takes: 5s}\nx.b: {returns: 1, takes: 5m}",
    ).play()

    assert stage.told("long") == ["+0s x.b()", "+5s cancelled"]
    assert stage.told("w")[-2].startswith("+5s failed; Gone")


def test_retries_sleeps_and_timeouts_are_jumped_to() -> None:
    stage = Stage(
        file("[{task: x.a, retry: {delay: 1h, jitter: 0, max_delay: 1d}}, {sleep: 2d}]"),
        fakes="x.a: [{fails: Gone}, {returns: 1}]",
    ).play()

    assert stage.told("a")[1:] == [
        "+0s Gone: as its fake says; again at +1h", "+1h try 2", "+1h 1",
    ]  # fmt: skip
    assert stage.told("sleep 1") == ["+1h sleeps; until +2d1h", "+2d1h done"]


# -- events -------------------------------------------------------------------------------------------

WAIT = file(
    "[{id: paid, wait_for: {event: order.paid, match: {id: '${{ event.data.id }}'}}, timeout: 2d}]",
    output="${{ steps.paid.output.data.sum }}",
)


def test_event_is_sent_when_a_step_waits_for_it_with_its_values() -> None:
    cues = Cues(
        sends=[
            Send(type="order.paid", data={"id": 8}),
            Send(type="order.paid", data={"id": 7, "sum": 5}),
        ]
    )

    stage = Stage(WAIT, cues=cues).play(id=7)

    assert stage.told("w")[-1] == "+0s succeeded 5"
    assert [send.data for send in stage.cues.sends] == [{"id": 8}]


def test_event_that_came_before_the_wait_is_found() -> None:
    steps = "[{sleep: 1h}, {id: paid, wait_for: {event: order.paid, match: {id: 7}}, timeout: 2d}]"
    cues = Cues(sends=[Send(type="order.paid", data={"id": 7}, after=timedelta(minutes=5))])

    stage = Stage(file(steps), cues=cues).play()

    assert stage.states == ["succeeded"]
    assert stage.told("order.paid") == ['+5m {"id": 7}']


def test_event_that_one_wait_has_got_is_not_offered_to_another() -> None:
    wait = "wait_for: {event: order.paid, match: {id: 7}}, timeout: 2d"
    cues = Cues(sends=[Send(type="order.paid", data={"id": 7})])

    stage = Stage(file(f"[{{id: one, {wait}}}, {{id: two, {wait}}}]"), cues=cues).play()

    assert stage.states == ["failed"]
    assert "Timeout" in stage.told("two")[-1]


def test_event_may_cancel_a_run() -> None:
    cues = Cues(sends=[Send(type="order.gone", data={"id": 7}, after=DAY)])

    stage = Stage(
        file("[{sleep: 3d}]", cancel_on="[{event: order.gone, match: {id: 7}}]"), cues=cues
    ).play()

    assert stage.states == ["cancelled"]
    assert stage.told("sleep 1")[-1] == "+1d cancelled"


def test_emitted_event_starts_other_workflows() -> None:
    stage = Stage(
        file("[{emit: order.done, with: {id: 7}}]"),
        file("[x.b]", workflow="next", on="order.done"),
        fakes="x.b: 1",
    ).play()

    assert stage.states == ["succeeded", "succeeded"]
    assert stage.told("order.done") == ['+0s {"id": 7}']
    assert stage.told("next") == ["+0s starts", "+0s succeeded 1"]


def test_event_that_is_there_already_is_left_as_it_is() -> None:
    stage = Stage(file("[x.a]"), fakes="x.a: 1").play()

    stage.world.emit(an_event("a.b", {}))
    stage.world.settle()

    assert stage.states == ["succeeded"]


# -- children -----------------------------------------------------------------------------------------

CHILD = file("[x.b]", workflow="child", on="[{call: true}]", inputs="{n: integer}")


def test_child_is_run_and_its_end_is_its_step_s() -> None:
    stage = Stage(
        file("[{workflow: child, id: c, with: {n: 1}}]"), CHILD, fakes="x.b: {done: true}"
    ).play()

    assert stage.states == ["succeeded", "succeeded"]
    assert stage.told("c")[-1] == '+0s {"done": true}'
    assert [line.depth for line in stage.lines if line.subject == "b"] == [1, 1]


@pytest.mark.parametrize(
    ("called", "given", "why"),
    [
        ("child", "{n: x}", "NotStarted: child: input 'n' must be"),
        ("nobody", "{}", "NotStarted: no workflow 'nobody'"),
    ],
)
def test_child_that_is_not_started_fails_its_step(called: str, given: str, why: str) -> None:
    stage = Stage(
        file(f"[{{workflow: {called}, id: c, with: {given}}}]"), CHILD, fakes="x.b: 1"
    ).play()

    assert stage.states == ["failed"]
    assert why in stage.told("c")[-1]


def test_child_that_is_not_wanted_any_more_is_cancelled() -> None:
    child = file("[{sleep: 5d}]", workflow="child", on="[{call: true}]")

    stage = Stage(file("[{workflow: child, id: c, timeout: 1d}]"), child).play()

    assert stage.states == ["failed", "cancelled"]


def test_detached_child_is_not_waited_for() -> None:
    stage = Stage(
        file("[{workflow: nobody, id: c, detach: true}]"), fakes="workflows: {nobody: {a: 1}}"
    ).play()

    assert stage.states == ["succeeded"]
    assert stage.told("nobody") == ["+0s played"]


# -- people -------------------------------------------------------------------------------------------

APPROVAL = file(
    "[{id: ok, approval: {ask: 'Now?', groups: [leads], users: [3], quorum: 2}, timeout: 1d}]"
)


def test_approvals_are_answered_by_everybody_who_is_to() -> None:
    replies = [
        Reply(step="ok", user="anna", approved=True, comment="fine"),
        Reply(step="ok", user="ben", approved=True),
    ]

    stage = Stage(APPROVAL, cues=Cues(replies=replies)).play()

    assert stage.states == ["succeeded"]
    assert stage.told("ok")[:3] == [
        "+0s asks leads, 3: Now?; until +1d", "+0s anna approves: fine", "+0s ben approves",
    ]  # fmt: skip


def test_one_rejection_rejects() -> None:
    stage = Stage(
        APPROVAL, cues=Cues(replies=[Reply(step="ok", user="anna", approved=False)])
    ).play()

    assert stage.told("ok")[1] == "+0s anna rejects"
    assert stage.states == ["failed"]


def test_clock_is_where_it_stopped() -> None:
    world = Stage(file("[{sleep: 2d}]")).play().world

    assert world.now == NOON + 2 * DAY
    assert world.next_due() is None
