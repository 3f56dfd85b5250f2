"""Scenes of two and three connections at *read committed*, for the model and for PostgreSQL alike.

Each is written down once: what every connection does in its one transaction, who takes a turn and who
then waits, and what comes of it. A test plays them on the model, another one on real connections; so
neither is believed because of itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Row = tuple[int, str, int]
"""A primary key, a unique text, and a number."""
SEED: tuple[Row, ...] = ((1, "a", 0), (2, "b", 0))
"""What is committed when a scene begins."""


@dataclass(frozen=True, slots=True)
class Add:
    """Raise the number of the row by one; nothing is told."""

    key: int


@dataclass(frozen=True, slots=True)
class Read:
    """Tell the row, without a lock."""

    key: int


@dataclass(frozen=True, slots=True)
class Lock:
    """Lock rows and tell them as they are then."""

    keys: tuple[int, ...]
    skip: bool = False
    number: int | None = None
    """Only those that have this number."""


@dataclass(frozen=True, slots=True)
class Insert:
    """Write a new row, and tell whether it was written."""

    row: Row
    ignore: bool = False
    """Where a key of it is taken, it is not written; else that is an error."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The transaction, or the savepoint, is rolled back."""


class Failed(Exception):
    """A scene wants a rollback: what a player raises for a :class:`Fail`."""


@dataclass(frozen=True, slots=True)
class Swallow:
    """Go on after the error of these, without or with a savepoint."""

    doings: tuple[Doing, ...]
    has_savepoint: bool


Doing = Add | Read | Lock | Insert | Fail | Swallow


@dataclass(frozen=True, slots=True)
class Turn:
    """That connection does the next thing, and has done it."""

    of: int


@dataclass(frozen=True, slots=True)
class Wait:
    """That connection begins the next thing, and has to wait; for whom, PostgreSQL is asked."""

    of: int
    other: int


@dataclass(frozen=True, slots=True)
class End:
    """That connection does the rest, and has committed."""

    of: int


@dataclass(frozen=True, slots=True)
class Kill:
    """That connection is gone, in the midst of its transaction."""

    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One scene."""

    name: str
    does: tuple[tuple[Doing, ...], ...]
    """By connection."""
    steps: tuple[Turn | Wait | End | Kill, ...] = ()
    """After these all go on to their ends, one after another."""
    told: tuple[tuple[Any, ...], ...]
    """What the connections told, each at last the error it ended in, if it did: ``taken``,
    ``failed``, ``aborted``, ``deadlock``. In any order: who loses a deadlock is PostgreSQL's choice.
    Who was killed tells nothing."""
    rows: tuple[Row, ...]
    """What is committed in the end, by key."""


HALT = Read(2)
"""Something to stop before."""

SCENES = (
    Scene(
        name="what is not committed is seen by its own transaction only",
        does=((Add(1), Read(1)), (Read(1),)),
        steps=(Turn(0), Turn(0), Turn(1)),
        told=(((1, "a", 1),), ((1, "a", 0),)),
        rows=((1, "a", 1), (2, "b", 0)),
    ),
    Scene(
        name="each statement sees what is committed by then",
        does=((Add(1),), (Read(1), Add(2), Read(1))),
        steps=(Turn(1), End(0), Turn(1)),
        told=((), ((1, "a", 0), (1, "a", 1))),
        rows=((1, "a", 1), (2, "b", 1)),
    ),
    Scene(
        name="an update waits for the one before it and sees what that wrote",
        does=((Add(1), Add(2)),) * 3,
        steps=(Turn(0), Wait(1, 0), Wait(2, 1)),
        told=((), (), ()),
        rows=((1, "a", 3), (2, "b", 3)),
    ),
    Scene(
        name="a locked row is skipped",
        does=((Add(1), HALT), (Lock((1, 2), skip=True),)),
        steps=(Turn(0), Turn(1)),
        told=(((2, "b", 0),), (((2, "b", 0),),)),
        rows=((1, "a", 1), (2, "b", 0)),
    ),
    Scene(
        name="a locked row is waited for, and is what it has become",
        does=((Add(1), HALT), (Lock((1, 2)),)),
        steps=(Turn(0), Wait(1, 0)),
        told=(((2, "b", 0),), (((1, "a", 1), (2, "b", 0)),)),
        rows=((1, "a", 1), (2, "b", 0)),
    ),
    Scene(
        name="a row that is not wanted any more after the wait is left out",
        does=((Lock((1,), number=0), Add(1)), (Lock((1,), number=0),)),
        steps=(Turn(0), Turn(0), Wait(1, 0)),
        told=((((1, "a", 0),),), ((),)),
        rows=((1, "a", 1), (2, "b", 0)),
    ),
    *(
        Scene(
            name=f"{kind} that another inserts is waited for and then taken",
            does=(
                (Insert((3, "c", 0)), HALT),
                (Insert(row, ignore=True),),
                (Insert(row),),
            ),
            steps=(Turn(0), Wait(1, 0), Wait(2, 0)),
            told=((True, (2, "b", 0)), (False,), ("taken",)),
            rows=((1, "a", 0), (2, "b", 0), (3, "c", 0)),
        )
        for kind, row in (("a primary key", (3, "d", 0)), ("a unique text", (4, "c", 0)))
    ),
    Scene(
        name="a key is free again when who inserted it is rolled back",
        does=((Insert((3, "c", 0)), HALT, Fail()), (Insert((3, "c", 7)),)),
        steps=(Turn(0), Wait(1, 0)),
        told=((True, (2, "b", 0), "failed"), (True,)),
        rows=((1, "a", 0), (2, "b", 0), (3, "c", 7)),
    ),
    Scene(
        name="two that wait for each other are a deadlock of one of them",
        does=((Add(1), Add(2)), (Add(2), Add(1))),
        steps=(Turn(0), Turn(1), Wait(0, 1)),
        told=((), ("deadlock",)),
        rows=((1, "a", 1), (2, "b", 1)),
    ),
    Scene(
        name="a savepoint takes back only what came after it",
        does=((Add(1), Swallow((Add(2), Fail()), has_savepoint=True)),),
        told=((),),
        rows=((1, "a", 1), (2, "b", 0)),
    ),
    Scene(
        name="after an error nothing succeeds before a rollback",
        does=((Add(1), Swallow((Insert((1, "c", 0)),), has_savepoint=False), Add(2)),),
        told=(("aborted",),),
        rows=SEED,
    ),
    Scene(
        name="a rollback to a savepoint is enough after an error",
        does=((Swallow((Insert((1, "c", 0)),), has_savepoint=True), Add(2)),),
        told=((),),
        rows=((1, "a", 0), (2, "b", 1)),
    ),
    Scene(
        name="what a killed connection wrote is gone and its locks are free",
        does=((Add(1), HALT), (Add(1),)),
        steps=(Turn(0), Kill(0)),
        told=((),),
        rows=((1, "a", 1), (2, "b", 0)),
    ),
)


def in_any_order(told: object) -> list[str]:
    """To compare what connections told."""
    assert isinstance(told, list | tuple), "one for each connection"
    return sorted(str(tuple(each)) for each in told)
