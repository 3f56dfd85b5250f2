"""Which rows of a run have been read, and how a rule asks for more.

A run may have ten thousand rows, and most decisions need three. The shell reads those that a message
speaks of; a rule that needs another asks here, and where it has not been read :class:`RowsMissing`
says what to read. The shell reads it, for all runs of its batch at once, and decides anew: a decision
has no effect until it is saved. A run without ``known`` holds all its rows, as in tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from msgspec import structs

from flowengine.engine.run import Item, Place, Run, Step
from flowengine.engine.states import ACTIVE_STEP_STATES, StepState


@dataclass(frozen=True, slots=True)
class Rows:
    """These places, whether or not there is a row."""

    places: frozenset[Place]


@dataclass(frozen=True, slots=True)
class Active:
    """Every row that is begun and not decided."""


@dataclass(frozen=True, slots=True)
class Items:
    """Every item of one loop."""

    step: str
    item: Item
    """The place of the loop itself."""


@dataclass(frozen=True, slots=True)
class Newest:
    """Of the rows of *steps* that may be undone, the one that ended last, but before *before*.

    A row may be undone where it has succeeded, or has failed with ``Timeout`` or ``WorkerLost``.
    Nested rows with a ``for_each`` of their own: the items, not the loop.
    """

    steps: tuple[str, ...]
    before: int | None
    """A number of a transition; None = no bound."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Every row that has failed or was cancelled: what a resume begins anew."""


Question = Rows | Active | Items | Newest | Ended


@dataclass(frozen=True, slots=True)
class Known:
    """What has been read of a run; the rows themselves are in ``Run.steps``."""

    places: frozenset[Place] = frozenset()
    answered: frozenset[Question] = frozenset()
    """The questions, without :class:`Rows`, whose rows are all in ``Run.steps``."""
    untouched: Mapping[str, frozenset[Item]] = field(default_factory=dict)
    """By step: the items in which it had no row before this decision. What is inside a block that has
    just begun need not be read."""

    def knows(self, place: Place) -> bool:
        """Whether a row that is not in ``Run.steps`` is not there at all."""
        paths = self.untouched.get(place[0])
        if paths:
            path = place[1]
            while path and path not in paths:
                path = outer(path)
            if path in paths:
                return True
        return place in self.places


class RowsMissing(Exception):
    """A rule needs rows that have not been read. Never leaves the shell."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.question = question


UNKNOWN_OUTCOME = frozenset({"Timeout", "WorkerLost"})
"""Codes after which nobody knows whether a step took effect."""


def row(run: Run, place: Place) -> Step | None:
    """The row there; None = there is none: the step is pending."""
    found = run.steps.get(place)
    if found is None and run.known is not None and not run.known.knows(place):
        raise RowsMissing(Rows(frozenset({place})))
    return found


def rows(run: Run, places: Iterable[Place]) -> dict[Place, Step]:
    """Those of *places* that have a row."""
    wanted = list(places)
    if run.known is not None:
        missing = [p for p in wanted if p not in run.steps and not run.known.knows(p)]
        if missing:
            raise RowsMissing(Rows(frozenset(missing)))
    return {place: run.steps[place] for place in wanted if place in run.steps}


def untouched(run: Run, steps: Iterable[str], item: Item) -> Run:
    """The run, of which it is known that these steps have no rows at *item* or in loops there."""
    known: Known | None = run.known
    if known is None:
        return run
    merged = dict(known.untouched)
    for step in steps:
        there = merged.get(step, frozenset())
        if not any(is_within(item, above) for above in there):
            merged[step] = there | {item}
    return structs.replace(run, known=replace(known, untouched=merged))


def active(run: Run) -> list[Step]:
    """Every row that is begun and not decided, in a settled order."""
    _ask(run, Active())
    return _ordered(step for step in run.steps.values() if step.state in ACTIVE_STEP_STATES)


def items(run: Run, place: Place) -> list[Step]:
    """The items of the loop at *place*, in their order."""
    step_id, item = place
    _ask(run, Items(step_id, item))
    found = [
        step
        for step in run.steps.values()
        if step.id == step_id and step.item and outer(step.item) == item
    ]
    return sorted(found, key=lambda step: index_of(step.item))


def newest(run: Run, steps: tuple[str, ...], before: int | None) -> Step | None:
    """The answer to :class:`Newest`; None = there is none."""
    _ask(run, Newest(steps, before))
    found = [
        step
        for step in run.steps.values()
        if step.id in steps
        and step.kind != "for_each"
        and step.ended is not None
        and (before is None or step.ended < before)
        and may_be_undone(step)
    ]
    return max(found, key=lambda step: step.ended or 0, default=None)


def ended_badly(run: Run) -> list[Step]:
    """Every row that has failed or was cancelled, in a settled order."""
    _ask(run, Ended())
    states = (StepState.FAILED, StepState.CANCELLED)
    return _ordered(step for step in run.steps.values() if step.state in states)


def may_be_undone(step: Step) -> bool:
    """It took effect, or nobody knows."""
    if step.state is StepState.SUCCEEDED:
        return True
    failure = step.failure
    if step.state is not StepState.FAILED or failure is None:
        return False
    return (failure.own or failure.code) in UNKNOWN_OUTCOME


def index_of(item: Item) -> int:
    """The last index of an item's path: 7 of ``3.7``."""
    return int(item.rpartition(".")[2])


def depth(item: Item) -> int:
    """In how many loops a row with that path stands."""
    return item.count(".") + 1 if item else 0


def is_within(item: Item, path: Item) -> bool:
    """Whether a row with that path stands in the item *path*, or in an item of a loop in it."""
    return not path or item == path or item.startswith(f"{path}.")


def outer(item: Item) -> Item:
    """The path without its last index: ``3`` of ``3.7``."""
    return item.rpartition(".")[0]


def inner(item: Item, index: int) -> Item:
    """The path with one index more."""
    return f"{item}.{index}" if item else str(index)


def _ask(run: Run, question: Question) -> None:
    if run.known is not None and question not in run.known.answered:
        raise RowsMissing(question)


def _ordered(steps: Iterable[Step]) -> list[Step]:
    return sorted(steps, key=lambda step: (step.id, [int(n) for n in step.item.split(".") if n]))
