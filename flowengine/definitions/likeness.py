"""Names that are like one another: what was probably meant.

Two names are as alike as their longest common subsequence is long. Its length is counted with one
whole number for a row of the table (Hyyrö 2004), so that a hint costs microseconds even where a
hostile file asks for hundreds among long names.
"""

from __future__ import annotations

from collections.abc import Iterable

NEARNESS = 0.66
"""How alike two names must be for one to be offered for the other; 1 = equal."""
_NAME_MAX = 100
_CHARACTERS_MAX = 2_000


def near(name: str, known: Iterable[object], *, most: int = _CHARACTERS_MAX) -> str:
    """``did you mean 'x'?`` for the nearest of the *known* names, the first of several; else empty.

    Args:
        name: what was written.
        known: what could have been meant; what is no text is passed over.
        most: characters of *known* that are looked at, the first ones.
    """
    found = nearest(name, known, most=most)
    return "" if found is None else f"did you mean '{found}'?"


def nearest(name: str, known: Iterable[object], *, most: int = _CHARACTERS_MAX) -> str | None:
    """The nearest of the *known* names; None where none is near."""
    if len(name) > _NAME_MAX:
        return None
    places = _places(name)
    best, found = 0.0, None
    for other in known:
        if not isinstance(other, str) or len(other) > _NAME_MAX:
            continue
        most -= len(other)
        if most < 0:
            break
        length = len(name) + len(other)
        at_best = 2 * min(len(name), len(other))
        if at_best >= NEARNESS * length and at_best > best * length:
            likeness = 2 * _common(len(name), places, other) / length
            if likeness >= NEARNESS and likeness > best:
                best, found = likeness, other
    return found


def _places(name: str) -> dict[str, int]:
    """Where each character stands, as the bits of a number."""
    places: dict[str, int] = {}
    for index, character in enumerate(name):
        places[character] = places.get(character, 0) | 1 << index
    return places


def _common(size: int, places: dict[str, int], other: str) -> int:
    """The length of the longest subsequence of *other* and of the name of these *places*."""
    whole = row = (1 << size) - 1
    for character in other:
        matched = row & places.get(character, 0)
        row = (row + matched | row - matched) & whole
    return size - row.bit_count()
