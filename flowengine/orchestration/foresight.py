"""What a message will make its rule ask for, as it did the last time: read with the first rows.

An economy, never a guarantee: a rule that wants another row asks, and one more round is made. Kept for
each version of a workflow, kind of message and step, in this process; what is asked for in the same items
of loops is foreseen, the next item of a loop is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flowengine.engine.messages import Cancel, Due, Halt, Message
from flowengine.engine.rows import Active, Question, Rows
from flowengine.engine.run import Item, Place

_KEYS_MAX = 10_000
_PLACES_MAX = 64

_Key = tuple[str, type[Message], str]
_Wanted = frozenset[tuple[str, int]]
"""Step ids, and in how many of the loops around the message's own row theirs stands."""

_OF_ALL = (Due, Cancel, Halt)
"""Messages that concern whatever is begun."""

_wanted: dict[_Key, _Wanted] = {}


def certain(messages: Sequence[Message]) -> Iterator[Question]:
    """What the rules for these messages ask for at once, whatever the workflow."""
    found = {place for each in messages if (place := _place(each)) is not None}
    if found:
        yield Rows(frozenset(found))
    if any(isinstance(each, _OF_ALL) for each in messages):
        yield Active()


def foreseen(digest: str, messages: Iterable[Message]) -> frozenset[Place]:
    """The places that rules asked for when such messages came to runs of this version before."""
    return frozenset(
        (step, _first(place[1], depth))
        for message in messages
        if (place := _place(message)) is not None
        for step, depth in _wanted.get((digest, type(message), place[0]), ())
    )


def note(digest: str, message: Message, question: Question) -> None:
    """A rule has asked for this, over that message."""
    place = _place(message)
    if place is None or not isinstance(question, Rows):
        return
    key = (digest, type(message), place[0])
    known = _wanted.get(key, frozenset())
    found = {
        (step, _depth(item))
        for step, item in question.places
        if item == _first(place[1], _depth(item))
    }
    if len(_wanted) >= _KEYS_MAX:
        _wanted.clear()
    if len(known | found) <= _PLACES_MAX:
        _wanted[key] = known | found


def _place(message: Message) -> Place | None:
    place: Place | None = getattr(message, "place", None)
    return place if place is not None and place[0] else None


def _depth(item: Item) -> int:
    return item.count(".") + 1 if item else 0


def _first(item: Item, depth: int) -> Item:
    """The path without what is inside the first *depth* loops."""
    return ".".join(item.split(".")[:depth])
