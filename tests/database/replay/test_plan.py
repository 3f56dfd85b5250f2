"""A dry run says of each item what the replay would do, and what would take effect once more."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.errors import EditRefused, ReplayRefused
from flowengine.models import (
    AuditRecord,
    DeadLetterRecord,
    EventRecord,
    ReplayRecord,
    RunRecord,
    WorkflowRecord,
)
from flowengine.orchestration import control, replay
from flowengine.orchestration.replay import planning
from flowengine.tasks import registry
from tests.builders.stored import define, now
from tests.database.replay.scenes import (
    ORDER,
    beat,
    chosen,
    failed_orders,
    letters_of,
    pay,
    placed,
    started,
)

pytestmark = pytest.mark.django_db

MANY_EFFECTS = """
workflow: order
on: order.placed
notify: {users: "${{ event.data.order }}"}
steps:
  - {id: before, task: line.nothing}
  - {id: charge, task: line.told, with: {order_id: 1}, retry: {attempts: 1}}
  - id: more
    parallel:
      one: {task: line.work}
      two: {emit: order.paid, with: {}}
  - {workflow: shipping, with: {}}
on_failure:
  - {id: sorry, task: line.flaky}
"""
SHIPPING = """
workflow: shipping
on: {call: true}
steps:
  - line.nothing
"""


def words(selection: UUID, mode: str, **options: object) -> list[str]:
    """What would be done with each."""
    return [each.word for each in replay.plan(selection, mode, options).items]


def test_each_item_has_its_word_and_why() -> None:
    eligible, undone, succeeded, _resolved, gone = runs = failed_orders(5)
    letters = letters_of(runs)
    RunRecord.objects.filter(pk=undone).update(has_undone=True)
    started("restart", [succeeded], kind="run")
    beat()
    pay(RunRecord.objects.get(replay_of=succeeded).id)
    DeadLetterRecord.objects.filter(pk=letters[2]).update(state="open", closed_at=None)
    DeadLetterRecord.objects.filter(pk=letters[3]).update(state="discarded")
    RunRecord.objects.filter(pk=gone).update(digest="0" * 64)
    letters.append(uuid4())

    plan = replay.plan(chosen(letters), "resume")

    assert [each.word for each in plan.items] == [
        "eligible",
        "undone",
        "succeeded_since",
        "not_open",
        "definition_gone",
        "not_open",
    ]
    assert [each.n for each in plan.items] == [1, 2, 3, 4, 5, 6]
    assert plan.counts == {
        "eligible": 1,
        "undone": 1,
        "succeeded_since": 1,
        "not_open": 2,
        "definition_gone": 1,
    }
    assert (plan.total, plan.looked_at, plan.eligible) == (6, 6, 1)
    why = [each.why for each in plan.items]
    assert why[1] == "a step was undone; use restart"
    assert why[3] == "the dead letter is discarded"
    assert why[5] == "the dead letter is not kept any more"
    assert RunRecord.objects.get(pk=eligible).state == "failed"


def test_restart_is_offered_for_what_was_undone_and_not_for_a_workflow_that_is_gone() -> None:
    [run] = failed_orders()
    RunRecord.objects.update(has_undone=True)
    selection = chosen(letters_of([run]))

    assert words(selection, "restart") == ["eligible"]
    WorkflowRecord.objects.update(is_enabled=False)
    assert words(selection, "restart") == ["definition_gone"]
    assert words(selection, "event", workflow="none") == ["definition_gone"]


def test_edit_is_shown_before_and_after_and_refused_where_it_does_not_fit() -> None:
    runs = failed_orders(3)
    letters = letters_of(runs)
    edits = {
        str(letters[1]): [{"op": "remove", "path": "/none"}],
        str(letters[2]): [{"op": "add", "path": "/tenant", "value": "t2"}],
    }
    common = [{"op": "replace", "path": "/order", "value": 9}]

    plan = replay.plan(chosen(letters), "restart", {"edit": common, "edits": edits})

    fine, misfit, protected = plan.items
    assert (fine.word, fine.before, fine.after) == ("eligible", {"order": 0}, {"order": 9})
    assert (misfit.word, protected.word) == ("invalid_edit", "invalid_edit")
    assert misfit.why == "operation 2 of the edit: there is no '/none'"
    assert "'/tenant' is protected" in protected.why
    assert bytes(EventRecord.objects.earliest("created_at").data) == b'{"order":0}'


def test_event_that_the_newest_definition_does_not_take_is_told_beforehand() -> None:
    [run] = failed_orders()
    selection = chosen(letters_of([run]))
    define(
        MANY_EFFECTS.replace(
            "on: order.placed", "on: {event: order.placed, if: event.data.order > 5}"
        )
    )

    assert words(selection, "restart") == ["invalid_edit"]
    better = [{"op": "replace", "path": "/order", "value": 6}]
    assert words(selection, "restart", edit=better) == ["eligible"]


def test_corrected_inputs_are_checked_against_the_task_that_failed() -> None:
    selection = chosen(letters_of(failed_orders()))

    assert words(selection, "resume", set={"order_id": 5}) == ["eligible"]
    assert words(selection, "resume", set={"nonsense": 5}) == ["invalid_edit"]
    assert words(selection, "resume", set={"order_id": "five"}) == ["invalid_edit"]


@pytest.mark.parametrize(
    "given", [{"tenant": "b"}, {"order_id": {"owner": "9"}}, {"order_id": [{"__proto__": {}}]}]
)
def test_corrected_inputs_change_nothing_that_is_protected(given: dict[str, object]) -> None:
    runs = failed_orders(text=ORDER.replace("line.told", "line.work"))

    assert words(chosen(letters_of(runs)), "resume", set=given) == ["invalid_edit"]
    with pytest.raises(EditRefused, match=r"protected|refused"):
        control.resume(runs[0], inputs=given, now=now())


def test_side_effects_that_would_take_place_again_are_named() -> None:
    define(SHIPPING)
    runs = failed_orders(2, MANY_EFFECTS)
    RunRecord.objects.update(tail="")  # the hooks of the first failure are done
    selection = chosen(letters_of(runs))

    anew = replay.plan(selection, "restart").effects
    on = replay.plan(selection, "resume").effects
    quiet = replay.plan(selection, "restart", {"suppress_notify": True}).effects

    assert anew.tasks == ("line.flaky", "line.nothing", "line.told", "line.work")
    assert on.tasks == ("line.flaky", "line.told", "line.work")
    assert (anew.emits, anew.calls, anew.unknown_tasks) == (("order.paid",), ("shipping",), ())
    assert (anew.notifies, quiet.notifies) == (("order",), ())


def test_idempotent_and_unknown_tasks_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    selection = chosen(letters_of(failed_orders()))

    def told(name: str) -> object:
        known = registry._tasks[name]
        return (
            None
            if name == "line.nothing"
            else registry.read(known.function, name=name, idempotent=True)
        )

    monkeypatch.setattr(registry, "get", told)
    effects = replay.plan(selection, "restart").effects

    assert (effects.tasks, effects.unknown_tasks) == ((), ("line.nothing",))


def test_events_of_every_workflow_are_named_where_all_are_asked() -> None:
    [run] = failed_orders()
    define(MANY_EFFECTS.replace("workflow: order", "workflow: invoice"))
    define(SHIPPING)
    selection = chosen([RunRecord.objects.get(pk=run).event_id], "event")

    effects = replay.plan(selection, "event", {"workflow": "*"}).effects

    assert effects.notifies == ("invoice", "order")


def test_plan_does_nothing_and_its_statements_do_not_grow_with_the_items() -> None:
    few, many = (chosen(letters_of(failed_orders(count))) for count in (1, 12))

    def statements(selection: UUID) -> int:
        with CaptureQueriesContext(connection) as queries:
            replay.plan(selection, "restart")
        return len(queries)

    statements(few)
    assert statements(few) == statements(many)
    assert not ReplayRecord.objects.exists()
    assert not AuditRecord.objects.exists()


def test_pages_of_a_plan_follow_one_another_and_the_looking_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(planning, "PAGE", 2)
    monkeypatch.setattr(planning, "LOOK_AT_MAX", 4)
    selection = chosen(letters_of(failed_orders(7)))

    first = replay.plan(selection, "resume", limit=3)
    last = replay.plan(selection, "resume", after=5, limit=3)

    assert ([each.n for each in first.items], first.looked_at, first.total) == ([1, 2, 3], 4, 7)
    assert [each.n for each in last.items] == [6, 7]


def test_runs_that_are_not_final_and_letters_of_no_run_are_not_restarted() -> None:
    [open_run] = placed(define(MANY_EFFECTS))
    letter = uuid4()
    [run] = failed_orders()
    DeadLetterRecord.objects.filter(run_id=run).update(id=letter, run_id=None)

    assert words(chosen([open_run], "run"), "restart") == ["not_open"]
    assert words(chosen([open_run], "run"), "event") == ["not_open"]
    assert words(chosen([letter]), "restart") == ["not_open"]
    assert words(chosen([letter]), "resume") == ["not_open"]
    assert words(chosen([letter]), "event") == ["eligible"]


def test_plan_of_nothing_that_there_is_refuses() -> None:
    with pytest.raises(ReplayRefused, match="there is no selection"):
        replay.plan(uuid4(), "resume")
    with pytest.raises(EditRefused, match="there is no replay"):
        replay.plan(uuid4(), "redo")
