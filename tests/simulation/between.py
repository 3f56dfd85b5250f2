"""What must hold between runs: places and their order, keys used once, events that nobody may miss.

Read from the model's tables at each commit that changes something of it. The numbers in the comments
are those of the language's rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flowengine.definitions.model import Workflow
from flowengine.definitions.patterns import matches
from flowengine.definitions.steps import WaitStep
from flowengine.engine import transitions as t
from flowengine.engine.rules.waits import as_text, value_at
from flowengine.engine.run import Run
from flowengine.engine.states import RunState, StepState
from flowengine.store.places import PlaceState
from flowengine.store.waits import OF_A_STEP
from tests.simulation.invariants import hold
from tests.simulation.model.database import Changes
from tests.simulation.model.definitions import bound
from tests.simulation.model.places import PlaceRow
from tests.simulation.model.tables import StepRow
from tests.simulation.model.waits import WaitRow
from tests.simulation.stores import Tables


def check(
    tables: Tables, changes: Changes, workflow: Callable[[str], Workflow], at: datetime
) -> None:
    """Hold a commit against the rules; *tables* are as they are after it, *at* is when it was."""
    for (table, _key), (before, after) in changes.items():
        if table == "run" and after is not None and after.state is not None:
            if before is None:
                _key_is_new(tables, after, workflow(after.digest), at)
            if _begins(before, after):
                _has_a_place(tables, after, workflow(after.digest))
        elif table == "wait" and after is not None:
            _is_listening(tables, after)
        elif table == "step" and before is not None and after is not None:
            _is_heard_no_more(tables, after)
        elif table == "history" and before is None:
            _nothing_was_missed(tables, changes, after, workflow)


def _begins(before: Run | None, after: Run) -> bool:
    """It has started in this commit."""
    was_waiting = before is None or before.state is RunState.QUEUED
    return was_waiting and after.state is not RunState.QUEUED and after.started_at is not None


def _has_a_place(tables: Tables, run: Run, workflow: Workflow) -> None:
    """4.1: no more open runs of a key than it has places; 4.2: and of one place, in order."""
    rows: Mapping[Any, PlaceRow] = tables["place"].rows
    mine = rows.get(run.id)
    if workflow.concurrency is None or mine is None:
        return
    others = [row for row in rows.values() if row.queued.key == mine.queued.key]
    taken = [row for row in others if row.state is not PlaceState.QUEUED]
    limit = _limit(tables, workflow)
    hold(len(taken) <= limit, "4.1", f"{len(taken)} runs hold the {limit} places of {run.id}'s key")
    if limit == 1:
        passed = [
            row
            for row in others
            if row.state is PlaceState.QUEUED
            and row.queued.written_at < mine.queued.written_at
            and tables["run"].rows[row.run].state is RunState.QUEUED
        ]
        hold(not passed, "4.2", f"{run.id} has overtaken {passed}")


def _limit(tables: Tables, workflow: Workflow) -> int:
    """The places of its keys: as many as any version has said, for who decided is the newest of them."""
    versions = [row.value for row in tables["definition"].rows.values()]
    of_it = [
        bound(each.source, each.path, tuple(sorted(each.signatures.items()))).concurrency
        for each in versions
        if each.workflow == workflow.name
    ]
    return max(each.limit for each in of_it if each is not None)


def _key_is_new(tables: Tables, run: Run, workflow: Workflow, at: datetime) -> None:
    """4.3: within its window an idempotency key starts one run."""
    versions = [r for r in tables["definition"].rows.values() if r.value.workflow == run.workflow]
    if workflow.idempotency is None or len(versions) > 1:
        return  # what another version let in was asked for another key, or none
    window = workflow.idempotency.window
    replays = _replays(tables)
    # Windows begin with the ``now`` that a router decided by, which is `created_at`. When the second
    # run comes is another matter: its router may have stood still, until the window was over and the
    # key forgotten, and its `created_at` still says when it began. What counts is the commit.
    twins = [
        other.id
        for other in tables["run"].rows.values()
        if other.id != run.id
        and other.digest == run.digest
        and other.event.data["n"] % 2 == run.event.data["n"] % 2
        and replays[run.id] == replays[other.id]
        and at < other.created_at + window
    ]
    hold(not twins, "4.3", f"{run.id} has the idempotency key of {twins}")


def _replays(tables: Tables) -> dict[Any, int]:
    """By the ids of runs: which replay of their events they belong to."""
    return {row.run: row.key[2] for row in tables["decision"].rows.values()}


def _is_listening(tables: Tables, row: WaitRow) -> None:
    """2.5: who waits for an event is a step that is waiting."""
    if row.event_id is None and row.wait.step:
        step = tables["step"].rows.get(row.place[:3])
        is_waiting = step is not None and step.step.state is StepState.WAITING
        hold(is_waiting, "2.5", f"{row.place} listens, and {step} does not wait")


def _is_heard_no_more(tables: Tables, row: StepRow) -> None:
    """2.5: a step that does not wait any more listens to nothing."""
    if row.step.kind == "wait_for" and row.step.state is not StepState.WAITING:
        wait = tables["wait"].rows.get((row.run, *row.step.place, OF_A_STEP))
        is_deaf = wait is None or wait.event_id is not None
        hold(is_deaf, "2.5", f"{row.step.place} of {row.run} still listens: {wait}")


def _nothing_was_missed(
    tables: Tables, changes: Changes, row: Any, workflow: Callable[[str], Workflow]
) -> None:
    """2.5: no wait runs out of time after it has looked back, while an event for it was routed."""
    run_id = row.key[0]
    _head, facts, _at = row.value
    for fact in facts:
        if not isinstance(fact, t.StepFailed | t.StepRescuing) or fact.failure.fe != "FE426":
            continue
        before, _after = changes.get(
            ("wait", (run_id, fact.step, fact.item, OF_A_STEP)), (None, None)
        )
        if isinstance(before, WaitRow) and before.due_at is None:
            run = tables["run"].rows[run_id]
            step = workflow(run.digest).step(fact.step)
            assert isinstance(step, WaitStep), "nothing else waits for an event"
            missed = _for_it(tables, changes, run, before, step)
            hold(not missed, "2.5", f"{fact.step} of {run_id} timed out, and {missed} had come")


def _for_it(tables: Tables, changes: Changes, run: Run, wait: WaitRow, step: WaitStep) -> list[Any]:
    """Routed events that the wait is for, and that no wait of the run has got."""
    # The commit that ends the run forgets what its waits have got.
    ended = [before for before, _after in changes.values() if isinstance(before, WaitRow)]
    waits = [*tables["wait"].rows.values(), *ended]
    taken = {each.event_id for each in waits if each.wait.run_id == run.id}
    first = tables["event"].rows[run.event.id]
    since = run.created_at if _replays(tables)[run.id] else first.created_at
    return [
        row.event.id
        for row in tables["event"].rows.values()
        if row.state == "routed"
        and row.created_at >= since
        and row.event.target is None
        and row.event.id not in taken | {run.event.id}
        and any(matches(pattern, row.event.type) for pattern in step.patterns)
        and (step.accept is None or row.event.data["yes"])
        and all(as_text(value_at(row.event.data, p)) == v for p, v in wait.wait.match.items())
    ]
