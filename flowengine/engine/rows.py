"""Which rows of a run have been read, and how a rule asks for more.

A run may have ten thousand rows, and most decisions need three. The shell reads those that a message
speaks of; a rule that needs another asks here, and where it has not been read :class:`RowsMissing`
says what to read. The shell reads it, for all runs of its batch at once, and decides anew: a decision
has no effect until it is saved. A run without ``known`` holds all its rows, as in tests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from msgspec import structs

from flowengine.engine.run import Item, Place, Run, Step
from flowengine.engine.states import ACTIVE_STEP_STATES, StepState


@dataclass(frozen=True, slots=True)
class Rows:
    """These places, whether or not there is a row."""

    places: frozenset[Place]


@dataclass(frozen=True, slots=True)
class Every:
    """Every row; no rule asks for it: a small run is read whole, and then all is known of it."""


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

    A row may be undone where it has succeeded, or is in doubt and has failed or was cancelled.
    Nested rows with a ``for_each`` of their own: the items, not the loop.
    """

    steps: tuple[str, ...]
    before: int | None
    """A number of a transition; None = no bound."""
    count: int = 1
    """So many, one after another. A rule wants one; who reads may read more at a time."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Every row that has failed or was cancelled: what a resume begins anew."""


Question = Rows | Every | Active | Items | Newest | Ended


@dataclass(frozen=True, slots=True)
class Known:
    """What has been read of a run; the rows themselves are in ``Run.steps``."""

    places: frozenset[Place] = frozenset()
    answered: frozenset[Question] = frozenset()
    """The questions, without :class:`Rows`, whose rows are all in ``Run.steps``."""
    untouched: Mapping[str, Collection[Item]] = field(default_factory=dict)
    """By step: the items in which it had no row before this decision. What is inside a block that has
    just begun need not be read."""

    def knows(self, place: Place) -> bool:
        """Whether a row that is not in ``Run.steps`` is not there at all."""
        return self.is_untouched(place) or place in self.places

    def is_untouched(self, place: Place) -> bool:
        """Whether the step had no row there before this decision."""
        paths = self.untouched.get(place[0])
        if not paths:
            return False
        path = place[1]
        while path and path not in paths:
            path = outer(path)
        return path in paths


class RowsMissing(Exception):
    """A rule needs rows that have not been read. Never leaves the shell."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.question = question


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


class Untouched(dict[str, set[Item]]):
    """What is known to be untouched, while a decision is made: nobody else holds it.

    Copied each time, ten thousand items that begin in one decision would cost the square of their
    number.
    """


def own(run: Run) -> Run:
    """The run, of which a decision notes in place what is untouched."""
    known: Known | None = run.known
    if known is None:
        return run
    copied = Untouched({step: set(there) for step, there in known.untouched.items()})
    return structs.replace(run, known=replace(known, untouched=copied))


def note_untouched(run: Run, steps: Iterable[str], item: Item) -> None:
    """Known from now on: these steps have no rows at *item* or in loops there. The run is owned."""
    known: Known = run.known
    assert isinstance(known.untouched, Untouched), "only a decision notes, and it owns its run"
    for step in steps:
        if not known.is_untouched((step, item)):
            known.untouched.setdefault(step, set()).add(item)


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


def newest_first(run: Run, steps: tuple[str, ...], before: int | None) -> Iterator[Step]:
    """The answer to :class:`Newest`, then to the same before that one, and so on to the oldest.

    Each is asked for when its turn has come: who needs one reads one. Of no *steps* nothing is asked.
    """
    if not steps:
        return
    question = Newest(steps, before)
    found = [step for step in run.steps.values() if may_answer(step, question)]
    for step in sorted(found, key=_ended, reverse=True):
        _ask(run, Newest(steps, before))
        yield step
        before = step.ended
    _ask(run, Newest(steps, before))


def answered_by(question: Newest, found: Iterable[Step]) -> Iterator[Newest]:
    """What is answered where *found* has the rows that *question* asks for: it, and what follows it."""
    page = sorted((s for s in found if may_answer(s, question)), key=_ended, reverse=True)
    before = question.before
    for step in page[: question.count]:
        yield Newest(question.steps, before)
        before = step.ended
    if len(page) < question.count:
        yield Newest(question.steps, before)


def may_answer(step: Step, question: Newest) -> bool:
    """Whether the row is one of those that the question chooses from."""
    return (
        step.id in question.steps
        and step.kind != "for_each"
        and step.ended is not None
        and (question.before is None or step.ended < question.before)
        and may_be_undone(step)
    )


def ended_badly(run: Run) -> list[Step]:
    """Every row that has failed or was cancelled, in a settled order."""
    _ask(run, Ended())
    states = (StepState.FAILED, StepState.CANCELLED)
    return _ordered(step for step in run.steps.values() if step.state in states)


def may_be_undone(step: Step) -> bool:
    """It took effect, or may have."""
    if step.state is StepState.SUCCEEDED:
        return True
    return bool(step.doubt) and step.state in (StepState.FAILED, StepState.CANCELLED)


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


def _ended(step: Step) -> int:
    return step.ended or 0


def _ask(run: Run, question: Question) -> None:
    if run.known is not None and question not in run.known.answered:
        raise RowsMissing(question)


def _ordered(steps: Iterable[Step]) -> list[Step]:
    return sorted(steps, key=lambda step: (step.id, [int(n) for n in step.item.split(".") if n]))
