"""Who follows a run by its changes sees what one sees who joins late: whatever happens, in any order."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.engine.states import RunState, StepState
from tests.builders.played import Played
from tests.builders.steps import (
    approval,
    child,
    group,
    otherwise,
    parallel,
    rescue,
    retry,
    sleep,
    step,
    switch,
    undo,
    when,
)
from tests.builders.workflows import a_workflow

Json = dict[str, Any]


def a_full_workflow(*, holds: bool) -> Played:
    """A bit of everything, in one another."""
    once = retry(attempts=2, delay_s=5, jitter=0.0)
    loop = group("each", "fetch", step("wrap", retry=once), each="${{ range(7) }}", max_parallel=3)
    papers = group("papers", step("invoice", compensate=undo("tear")), "label")
    block = parallel("parallel 1", loop, papers, approval("boss"))
    pay = step("pay", retry=once, compensate=undo("refund"), rescue=rescue("ask", sleep(seconds=9)))
    way = switch("way", when("false", "swallow"), otherwise("post", child("delivery")))
    reserve = step("reserve", compensate=undo("release"))
    patience: Json = {"hold_on_failure_s": 3600} if holds else {}
    return Played(
        a_workflow(
            *(reserve, block, pay, way),
            on_failure=("inform",),
            at_end=("count",),
            **patience,
        )
    )


def reduced(view: Json, entries: list[Json]) -> Json:
    """The view after these entries: what ``frontend/src/model/reduce.ts`` does."""
    view = copy.deepcopy(view)
    for entry in entries:
        kind, rest = entry["t"], {key: value for key, value in entry.items() if key != "t"}
        if kind == "run":
            view = {**rest, "steps": view["steps"], "hooks": view.get("hooks", [])}
        elif kind == "step":
            assert _replace(view["steps"], rest), rest["id"]
        else:
            hooks = view.setdefault("hooks", [])
            if not _replace(hooks, rest):
                hooks.append(rest)
    return view


def _replace(steps: list[Json], news: Json) -> bool:
    for index, each in enumerate(steps):
        if each["id"] == news["id"]:
            steps[index] = news
            return True
        if any(_replace(line["steps"], news) for line in each.get("lines", [])):
            return True
    return False


def moves(played: Played) -> list[Callable[[], object]]:
    """What may happen next."""
    driver = played.driver
    found: list[Callable[[], object]] = [lambda: driver.advance(seconds=5)]
    for row in driver.active():
        place = f"{row.id}.{row.item}" if row.item else row.id
        match row.state, row.kind:
            case StepState.READY, _:
                found.append(lambda p=place: driver.begin(p))  # type: ignore[misc]
            case StepState.RUNNING, "task" | "undo":
                found += [
                    lambda p=place: driver.succeed(p, {"n": 1}),  # type: ignore[misc]
                    lambda p=place: driver.succeed(p, {"n": 2}),  # type: ignore[misc]
                    lambda p=place: driver.fail(p, permanent=False),  # type: ignore[misc]
                    lambda p=place: driver.lose(p),  # type: ignore[misc]
                    lambda p=place: played.say(p, 0.5, "half"),  # type: ignore[misc]
                ]
            case StepState.WAITING, "approval":
                found.append(lambda p=place: driver.answer(p))  # type: ignore[misc]
            case StepState.WAITING, "workflow":
                found.append(lambda p=place: driver.end_child(p))  # type: ignore[misc]
            case _:
                pass
    if driver.state is RunState.HELD:
        found += [driver.resume, driver.give_up]
    return found


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_view_told_by_changes_is_the_view_of_who_joins_late(data: st.DataObject) -> None:
    played = a_full_workflow(holds=data.draw(st.booleans()))
    view, seen = played.view(), len(played.driver.transitions)

    for _ in range(45):
        found = moves(played)
        choice = data.draw(st.integers(0, len(found)))
        if choice == len(found):
            # Rare enough that most runs come far.
            if data.draw(st.integers(0, 30)) == 0 and played.driver.state not in _OVER:
                played.driver.cancel()
        else:
            found[choice]()
        frame = played.changes(0, seen)
        view, seen = reduced(view, frame["d"]), len(played.driver.transitions)

        assert view == {"hooks": [], **played.view()}


_OVER = {RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED}
