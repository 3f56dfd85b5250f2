"""How a row begins and ends, whatever its kind: what each kind's own rules call.

Nothing here knows what stands around a row. An end is recorded and put on the draft's agenda, and
:mod:`flowengine.engine.rules.agenda`, which alone knows every kind of step, takes it from there. So a
new kind of step is one file that calls these.

The rows of a step that runs once per item: the loop has one at the path the step stands at, each item
one at that path and its index. ``if``, ``rescue`` and what follows in the line are the loop's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.expressions.tree import Template
from flowengine.definitions.graph import Line, Role, Spot
from flowengine.definitions.steps import FailStep, Rescue, Step, TaskStep, kind_of
from flowengine.engine import failures
from flowengine.engine.draft import Draft, Result
from flowengine.engine.evolve import MADE_OF_OTHERS
from flowengine.engine.printable import printable
from flowengine.engine.rows import outer
from flowengine.engine.run import Failure, Item, Place
from flowengine.engine.run import Step as Row
from flowengine.engine.scope import scope_of
from flowengine.engine.states import StepState
from flowengine.engine.transitions import (
    StepCancelled,
    StepFailed,
    StepInDoubt,
    StepRescuing,
    StepSkipped,
    StepSucceeded,
)
from flowengine.errors import ExpressionError

FOR_EACH = "for_each"
"""The kind of the row of a whole loop."""
_UNDONE = frozenset({"task", "workflow"})
"""Kinds of rows that may have a ``compensate`` of their own."""


def begun(draft: Draft, place: Place, step: Step) -> dict[str, Any]:
    """What a row says of itself when it begins: kind, title, and the block that counts it.

    A title without a value is left out: people see the step's id, in words.
    """
    spot = draft.spot(place)
    block = spot.line.owner if spot.line.role is Role.BRANCH else None
    kind = kind_of(step)
    if step.loop is not None:
        if draft.is_item(place):
            block = step.id
        else:
            kind = FOR_EACH
    title = "" if step.title is None else _title(draft, place, step.title)
    return {"kind": kind, "title": title, "block": block}


def _title(draft: Draft, place: Place, template: Template) -> str:
    try:
        title = render(template, scope_of(draft, draft.spot(place), place[1]), draft.now)
    except ExpressionError:
        return ""
    return printable(str(title)) if isinstance(title, str | int | float) else ""


def skip(draft: Draft, place: Place, **begin: Any) -> None:
    """Its ``if`` is false: it counts as done, and leaves nothing."""
    step = draft.spot(place).step
    facts = {**begun(draft, place, step), **_called(step), **begin}
    draft.record(StepSkipped(step=place[0], item=place[1], **facts))
    draft.ended(place, Result.DONE)


def succeed(
    draft: Draft,
    place: Place,
    output: Any,
    *,
    tries: int | None = None,
    attempt: int | None = None,
    **begin: Any,
) -> bool:
    """It is done, and left *output* (plain JSON); False = that cannot be kept, and it fails.

    *begin* is what :func:`begun` gives, for a row that was pending until now. *tries* is how many it
    has used where it fails. *attempt* is the number of the one that did it, None = the row's.
    """
    refusal = _unkept(draft, place, output)
    row = draft.row(place)
    if refusal is not None:
        if row is not None:
            doubt(draft, row, failures.RETURNED)
        fail(draft, place, refusal, tries=tries, **begin)
        return False
    begin = _first_facts(draft, place, row, begin)
    if attempt is None:
        attempt = 0 if row is None else row.attempt
    draft.record(
        StepSucceeded(step=place[0], item=place[1], attempt=attempt, output=output, **begin)
    )
    draft.ended(place, Result.DONE)
    return True


def _unkept(draft: Draft, place: Place, output: Any) -> Failure | None:
    """Why the run cannot keep what that row leaves; None where it can.

    What is made of other outputs is as large as all of them may be: each of them is kept already.
    """
    one_max, all_max = draft.limits.payload_max_bytes, draft.limits.outputs_max_bytes
    step = draft.spot(place).step
    is_loop = step.loop is not None and not draft.is_item(place)
    is_made = is_loop or kind_of(step) in MADE_OF_OTHERS
    refusal = failures.unstorable(
        f"the output of {place[0]!r}", output, size_max_bytes=all_max if is_made else one_max
    )
    kept = draft.run.output_bytes
    if refusal is not None or is_made or kept + one_max <= all_max:
        return refusal
    kept += failures.size_of(output)
    return (
        failures.too_much_kept(place[0], kept, size_max_bytes=all_max) if kept > all_max else None
    )


def fail(
    draft: Draft, place: Place, failure: Failure, *, tries: int | None = None, **begin: Any
) -> None:
    """It has failed for good: a rescue clause that fits begins; else that was its end.

    A row that is being stopped is *cancelled* instead: nobody waits for its failure any more. *tries*
    is how many it has used, None = as many as before.
    """
    row = draft.row(place)
    if row is not None and row.is_stopping:
        cancel(draft, place)
        return
    step = draft.spot(place).step
    begin = _first_facts(draft, place, row, begin)
    attempt, used = (0, 0) if row is None else (row.attempt, row.tries)
    if failure.step is None:
        failure = replace(failure, step=place[0], item=place[1], attempts=attempt)
    facts: dict[str, Any] = {
        "step": place[0],
        "item": place[1],
        "attempt": attempt,
        "tries": used if tries is None else tries,
        "failure": failure,
        **begin,
    }
    may_rescue = (row is None or row.state is not StepState.RESCUING) and not draft.is_item(place)
    clause = _fitting(step.rescue, failure) if may_rescue else None
    if clause is None:
        if begin:
            facts |= _called(step)
        draft.record(StepFailed(**facts))
        draft.ended(place, Result.FAILED)
    else:
        draft.record(StepRescuing(clause=clause, **facts))
        draft.go(draft.graph.line(place[0], Role.RESCUE, clause), 0, place[1])


def cancel(draft: Draft, place: Place) -> None:
    """What is around it ends, and it with that."""
    row = draft.row(place)
    attempt = 0 if row is None else row.attempt
    draft.record(StepCancelled(step=place[0], item=place[1], attempt=attempt))
    draft.ended(place, Result.CANCELLED)


def doubt(draft: Draft, row: Row, how: str) -> None:
    """What the row did last may have taken effect, though it did not succeed by it.

    Noted of what can be undone, and once: what is sure is not forgotten for what is not.
    """
    if row.kind not in _UNDONE or draft.graph.undo(row.id) is None:
        return
    if not row.doubt or (how == failures.RETURNED != row.doubt):
        draft.record(StepInDoubt(step=row.id, item=row.item, how=how))


def begin_fail(draft: Draft, spot: Spot, item: Item) -> None:
    """A step of the kind ``fail``: it fails with the code and the text that the file gives it."""
    step = spot.step
    assert isinstance(step, FailStep)
    try:
        scope = {} if step.message.is_constant else scope_of(draft, spot, item)
        message = render(step.message, scope, draft.now)
    except ExpressionError as error:
        failure = failures.no_value("fail.message", error)
    else:
        failure = Failure(code=step.error, message=printable(str(message)), permanent=True)
    fail(draft, (step.id, item), failure)


def last_output(draft: Draft, line: Line, item: Item) -> Any:
    """The output of the last step of *line* that was not skipped; None where each was.

    Every step of the line is decided.
    """
    if not line.steps:
        return None
    *above, last = [(step.id, item) for step in line.steps]
    row = draft.row(last)
    if above and row is not None and row.state is StepState.SKIPPED:
        found = draft.rows(above)
        ran = [found[place] for place in above if found[place].state is not StepState.SKIPPED]
        row = ran[-1] if ran else None
    return None if row is None else row.output


def loop_of(place: Place) -> Place:
    """Where the row of the whole loop is, of which *place* is an item."""
    return (place[0], outer(place[1]))


def _first_facts(
    draft: Draft, place: Place, row: Row | None, begin: Mapping[str, Any]
) -> dict[str, Any]:
    """What a row says of itself, where this is its first fact; else nothing."""
    if row is not None and row.state is not StepState.PENDING:
        return {}
    return dict(begin) or begun(draft, place, draft.spot(place).step)


def _called(step: Step) -> dict[str, str]:
    return {"task": step.task, "station": step.station} if isinstance(step, TaskStep) else {}


def _fitting(clauses: tuple[Rescue, ...], failure: Failure) -> int | None:
    """The first clause that names the error's code or one of its bases, or names none."""
    names = {failure.code, *failure.bases}
    for index, clause in enumerate(clauses):
        if clause.errors is None or not names.isdisjoint(clause.errors):
            return index
    return None
