"""Edits of a payload: JSON Patch (RFC 6902) over plain JSON, bounded, the original left as it is.

Of a library: the usual one takes ``true`` for 1 in a test, and follows copies of copies until the memory
is full. Here a patch shares with the original what it does not touch, so that a copy costs nothing, and
what has come out is measured before it is used. See the decision on edits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from flowengine.errors import EditRefused

OPERATIONS_MAX = 100
DEPTH_MAX = 100
"""Levels of a payload that was edited."""
_PROTOTYPES = frozenset({"__proto__", "constructor", "prototype"})
"""Names by which careless programs in a browser can be taken over."""
_MEMBERS: Mapping[str, frozenset[str]] = {
    "add": frozenset({"op", "path", "value"}),
    "remove": frozenset({"op", "path"}),
    "replace": frozenset({"op", "path", "value"}),
    "move": frozenset({"op", "path", "from"}),
    "copy": frozenset({"op", "path", "from"}),
    "test": frozenset({"op", "path", "value"}),
}
_SHOWN = 80

Pointer = tuple[str, ...]


def patched(
    document: Any, patch: Any, *, size_max_bytes: int, protected: Collection[str] = ()
) -> Any:
    """What *document* becomes by *patch*; it is itself not changed, and parts of it are in the result.

    Args:
        document: plain JSON.
        patch: what should be a list of operations.
        size_max_bytes: of the patch, and roughly of what comes out.
        protected: names of members that must stay as they are, wherever they stand.

    Raises:
        EditRefused: FE502, with the operation by its number from 1, and why.
    """
    if not isinstance(patch, Sequence) or isinstance(patch, str | bytes):
        raise EditRefused("an edit is a list of operations, as of JSON Patch (RFC 6902)")
    if len(patch) > OPERATIONS_MAX:
        raise EditRefused(f"an edit has at most {OPERATIONS_MAX} operations, not {len(patch)}")
    _measure(patch, size_max_bytes, "the edit")
    result = document
    for number, operation in enumerate(patch, start=1):
        try:
            result = _done(result, operation)
        except _Misfit as misfit:
            raise EditRefused(f"operation {number} of the edit: {misfit}") from None
    _measure(result, size_max_bytes, "what the edit makes")
    _guard(document, result, protected)
    return result


def barred(given: Any, protected: Collection[str]) -> str | None:
    """A name of a member of *given*, wherever it stands, that nobody may give by hand; None = there is none."""
    refused = _PROTOTYPES.union(protected)
    return next((name for _path, name, _value in _members(given) if name in refused), None)


class _Misfit(Exception):
    """Why one operation cannot be done."""


def _done(document: Any, operation: Any) -> Any:
    """The document after one operation."""
    op, path = _parts(operation)
    match op:
        case "add":
            return _put(document, path, _safe(operation["value"]), is_new=True)
        case "replace":
            return _put(document, path, _safe(operation["value"]), is_new=False)
        case "remove":
            return _without(document, path)
        case "test":
            if not same(_at(document, path), operation["value"]):
                raise _Misfit(f"{_shown(path)} has another value")
            return document
    source = _pointer(operation["from"])
    value = _at(document, source)
    if op == "copy":
        return _put(document, path, value, is_new=True)
    if path[: len(source)] == source and path != source:
        raise _Misfit(f"{_shown(source)} cannot be moved into itself")
    return _put(_without(document, source), path, value, is_new=True)


def _parts(operation: Any) -> tuple[str, Pointer]:
    if not isinstance(operation, Mapping):
        raise _Misfit("it is no mapping")
    op = operation.get("op")
    members = _MEMBERS.get(op) if isinstance(op, str) else None
    if members is None:
        raise _Misfit(f"'op' is one of {', '.join(_MEMBERS)}")
    assert isinstance(op, str), "it was found"
    missing = members - operation.keys()
    if missing:
        raise _Misfit(f"'{op}' needs '{min(missing)}'")
    unknown = operation.keys() - members
    if unknown:
        raise _Misfit(f"'{op}' has no '{_cut(str(min(unknown)))}'")
    return op, _pointer(operation["path"])


def _pointer(text: Any) -> Pointer:
    """A JSON Pointer (RFC 6901) as its parts."""
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise _Misfit("a path is text that is empty or begins with '/'")
    parts = tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])
    if len(parts) > DEPTH_MAX:
        raise _Misfit(f"a path has at most {DEPTH_MAX} parts")
    found = _PROTOTYPES.intersection(parts)
    if found:
        raise _Misfit(f"the name '{min(found)}' is refused")
    return parts


def _at(document: Any, path: Pointer) -> Any:
    value = document
    for depth, part in enumerate(path, start=1):
        value = _inner(value, part, path[:depth])
    return value


def _inner(container: Any, part: str, path: Pointer) -> Any:
    if isinstance(container, Mapping):
        if part in container:
            return container[part]
    elif isinstance(container, list):
        return container[_index(part, len(container) - 1)]
    raise _Misfit(f"there is no {_shown(path)}")


def _index(part: str, last: int) -> int:
    is_number = part.isascii() and part.isdecimal() and len(part) <= len(str(last))
    if not is_number or (part[0] == "0" and part != "0") or int(part) > last:
        raise _Misfit(f"a list has no place '{_cut(part)}' here")
    return int(part)


def _put(document: Any, path: Pointer, value: Any, *, is_new: bool) -> Any:
    """The document with *value* there; *is_new* = nothing need be there, and lists grow."""
    if not path:
        return value
    parents = _parents(document, path)
    container, part = parents[-1], path[-1]
    if isinstance(container, Mapping):
        if not is_new:
            _inner(container, part, path)
        return _rebuilt(parents, path, {**container, part: value})
    if not isinstance(container, list):
        raise _Misfit(f"there is no {_shown(path)}")
    changed = list(container)
    if not is_new:
        changed[_index(part, len(container) - 1)] = value
    elif part == "-":
        changed.append(value)
    else:
        changed.insert(_index(part, len(container)), value)
    return _rebuilt(parents, path, changed)


def _without(document: Any, path: Pointer) -> Any:
    if not path:
        raise _Misfit("the whole cannot be taken away")
    parents = _parents(document, path)
    container, part = parents[-1], path[-1]
    _inner(container, part, path)
    if isinstance(container, Mapping):
        return _rebuilt(parents, path, {k: v for k, v in container.items() if k != part})
    place = int(part)
    return _rebuilt(parents, path, [*container[:place], *container[place + 1 :]])


def _parents(document: Any, path: Pointer) -> list[Any]:
    """The containers on the way to the last part, the outermost first."""
    found = [document]
    for depth, part in enumerate(path[:-1], start=1):
        found.append(_inner(found[-1], part, path[:depth]))
    return found


def _rebuilt(parents: Sequence[Any], path: Pointer, changed: Any) -> Any:
    """The document with another innermost container; only what is around it is made anew."""
    for container, part in zip(reversed(parents[:-1]), reversed(path[:-1]), strict=True):
        if isinstance(container, Mapping):
            changed = {**container, part: changed}
        else:
            place = int(part)
            changed = [*container[:place], changed, *container[place + 1 :]]
    return changed


def _safe(value: Any) -> Any:
    for _path, name, _value in _members(value):
        if name in _PROTOTYPES:
            raise _Misfit(f"the name '{name}' is refused")
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; ``true`` is not 1, and 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _guard(before: Any, after: Any, protected: Collection[str]) -> None:
    """Nothing that is protected may change its value or its place, come or go."""
    if not protected:
        return
    was, now = (
        {path: value for path, name, value in _members(document) if name in protected}
        for document in (before, after)
    )
    for path in sorted(was.keys() | now.keys()):
        if path not in was or path not in now or not same(was[path], now[path]):
            raise EditRefused(f"{_shown(path)} is protected: an edit cannot change it")


def _members(document: Any) -> Iterator[tuple[Pointer, str, Any]]:
    """Every member of every mapping in it: where it stands, its name, its value."""
    waiting: list[tuple[Pointer, Any]] = [((), document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            for name, inner in value.items():
                yield (*path, name), name, inner
                waiting.append(((*path, name), inner))
        elif isinstance(value, list):
            waiting += [((*path, str(place)), inner) for place, inner in enumerate(value)]


def _measure(document: Any, size_max_bytes: int, what: str) -> None:
    """Refuse what is larger or deeper than a payload may be, without going through all of it."""
    left = size_max_bytes
    waiting = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise EditRefused(f"{what} is more than {DEPTH_MAX} levels deep")
        inside: Collection[Any] = ()
        left -= 1
        if isinstance(value, Mapping):
            left -= sum(len(str(name)) + 2 for name in value)
            inside = value.values()
        elif isinstance(value, list):
            left -= len(value)
            inside = value
        elif isinstance(value, str):
            left -= len(value)
        if left < 0:
            raise EditRefused(f"{what} is more than {size_max_bytes / 1024:g} KiB")
        waiting += [(each, depth + 1) for each in inside]


def _shown(path: Pointer) -> str:
    return f"'{_cut('/' + '/'.join(path))}'" if path else "the whole"


def _cut(text: str) -> str:
    shown = ascii(text)[1:-1]
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
