"""A store that reads only what it is asked for: the shell's part of :mod:`flowengine.engine.rows`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from msgspec.structs import replace

from flowengine.definitions.model import Workflow
from flowengine.engine import rows
from flowengine.engine.commands import Decision
from flowengine.engine.decide import decide
from flowengine.engine.messages import Message
from flowengine.engine.rows import (
    Active,
    Ended,
    Every,
    Items,
    Known,
    Newest,
    Question,
    Rows,
    RowsMissing,
)
from flowengine.engine.run import Run, Step

ROUNDS_MAX = 60
"""How often a decision may ask; what is more is a rule that asks for one row at a time."""


def decide_by_asking(
    workflow: Workflow, run: Run, message: Message, now: datetime, **given: Any
) -> tuple[Decision, list[Question]]:
    """The decision of a run that knows none of its rows at first, and what it asked for.

    The run of the decision has all rows again.
    """
    known, read = Known(), dict[Any, Step]()
    asked: list[Question] = []
    for _ in range(ROUNDS_MAX):
        try:
            decision = decide(
                workflow, replace(run, steps=read, known=known), message, now, **given
            )
        except RowsMissing as missing:
            asked.append(missing.question)
            found = answer(run, missing.question)
            read = {**read, **{each.place: each for each in found}}
            if isinstance(missing.question, Rows):
                known = replace_known(known, places=missing.question.places)
            else:
                known = replace_known(known, answered=[missing.question])
            continue
        whole = {**run.steps, **decision.run.steps}
        after = replace(decision.run, steps=whole, known=None)
        return replace_run(decision, after), asked
    raise AssertionError(f"still asking after {ROUNDS_MAX} rounds: {asked}")


def answer(run: Run, question: Question) -> list[Step]:
    """The rows of a run that has them all."""
    match question:
        case Rows(places):
            return list(rows.rows(run, places).values())
        case Every():
            return list(run.steps.values())
        case Active():
            return rows.active(run)
        case Items(step, item):
            return rows.items(run, (step, item))
        case Newest(steps, before, count):
            return list(islice(rows.newest_first(run, steps, before), count))
        case Ended():
            return rows.ended_badly(run)


def replace_known(
    known: Known, *, places: Iterable[Any] = (), answered: Iterable[Question] = ()
) -> Known:
    """The same, and this besides."""
    return Known(
        places=known.places | frozenset(places), answered=known.answered | frozenset(answered)
    )


def replace_run(decision: Decision, run: Run) -> Decision:
    """The same decision, of that run."""
    return Decision(
        run=run,
        transitions=decision.transitions,
        commands=decision.commands,
        stale=decision.stale,
    )
