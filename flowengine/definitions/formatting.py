"""The canonical form of a workflow file's text: keys in one order, comments kept, no meaning changed.

Whole lines are moved, never written anew: what an author chose (quotes, indentation, short forms,
blank lines, comments) stays. A comment above a key goes with the key, one behind it too, and so does
one that is indented deeper than the keys around it. The first comment of a file stays on top where a
blank line parts it from the first key. What cannot be moved without another meaning (an alias would
come before its anchor) stays where it is: the text is read again before it is given out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flowengine.definitions.digest import canonical
from flowengine.definitions.load import load
from flowengine.definitions.nodes import to_json
from flowengine.definitions.spans import Item, Leaf, Part, read_spans
from flowengine.errors import DefinitionError

_RETRY = ("attempts", "delay", "factor", "max_delay", "jitter", "give_up_after", "errors", "except")

ORDER: dict[str, tuple[str, ...]] = {
    "file": (
        *("workflow", "format", "title", "description", "labels", "on", "inputs", "notify"),
        *("idempotency", "debounce", "throttle", "concurrency", "priority"),
        *("start_within", "timeout", "cancel_on", "defaults", "hold_on_failure"),
        *("steps", "output", "on_failure", "finally"),
    ),
    "on": ("event", "schedule", "manual", "call", "timezone", "missed", "if", "with"),
    "manual": ("groups",),
    "notify": ("users", "groups", "detail"),
    "idempotency": ("key", "window"),
    "debounce": ("key", "period", "max_wait"),
    "throttle": ("key", "limit", "per", "excess"),
    "concurrency": ("key", "limit", "on_conflict", "max_queued"),
    "cancel_on": ("event", "match", "if"),
    "defaults": ("station", "timeout", "retry"),
    "retry": _RETRY,
    "steps": (
        *("id", "needs", "title", "weight", "if"),
        *("for_each", "as", "max_parallel", "max_failures", "fail_fast"),
        *("task", "workflow", "emit", "wait_for", "sleep", "approval", "fail"),
        *("subject", "detach", "station", "timeout", "transaction", "with", "retry"),
        *("parallel", "switch", "steps", "compensate", "rescue"),
    ),
    "wait_for": ("event", "match", "if"),
    "sleep": ("until",),
    "approval": ("ask", "users", "groups", "quorum", "allow_requester", "form"),
    "fail": ("error", "message"),
    "switch": ("if", "steps"),
    "rescue": ("errors", "steps"),
    "compensate": ("task", "on_unknown", "station", "timeout", "with", "retry"),
}
"""The keys of each map, by the key it stands under; a list is looked through. Keys that are not here
come after these, as they were."""
_SAME = {"on_failure": "steps", "finally": "steps"}
_BRANCHES = "branches"
_EVERY_LINE_BREAK = re.compile("\r\n?")


def formatted(text: str | bytes, *, path: str = "<string>") -> str:
    """The canonical form of a file. Formatting it again changes nothing; its digest is that of *text*.

    Args:
        text: the file; bytes are UTF-8.
        path: how the file is called in problems.

    Raises:
        DefinitionError: it cannot be read (FE101-FE108). Whether it means a workflow is not asked.
    """
    meaning = _meaning(text, path)
    decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
    result = decoded
    for change in (_tidy, _ordered):
        try:
            changed = change(result)
            if _meaning(changed, path) == meaning:
                result = changed
        except (_Unmovable, DefinitionError):
            continue
    return result


def _meaning(text: str | bytes, path: str) -> bytes:
    loaded = load(text, path=path)
    if loaded.problems:
        raise DefinitionError(loaded.problems)
    return canonical(to_json(loaded.root))


# -- blanks -------------------------------------------------------------------------------------------


def _tidy(text: str) -> str:
    """No blanks at the end of lines, one blank line at most, one line break at the end."""
    text = _EVERY_LINE_BREAK.sub("\n", text)
    kept = _inside(read_spans(text))
    lines: list[str] = []
    for number, line in enumerate(_lines(text)):
        if number in kept:
            lines.append(line)
        elif (tidy := line.rstrip(" \t")) or (lines and lines[-1]):
            lines.append(tidy)
    if len(_lines(text)) - 1 not in kept:
        while lines and not lines[-1]:
            lines.pop()
    return "".join(f"{line}\n" for line in lines)


def _inside(part: Part) -> set[int]:
    """The lines whose blanks may belong to a value."""
    if isinstance(part, Leaf):
        span = part.span
        return set(range(span.line, span.last + 1)) if span.last > span.line else set()
    found: set[int] = set()
    for item in part.items:
        found |= _inside(item.value)
    return found


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


# -- order --------------------------------------------------------------------------------------------


class _Unmovable(Exception):
    """A key is written in a way that moving lines would not do."""


def _ordered(text: str) -> str:
    text = _flows_ordered(text, read_spans(text), "file")
    lines = _lines(text)
    root = read_spans(text)
    return _tidy(
        "".join(f"{line}\n" for line in _Block(lines).arranged(root, "file", 0, len(lines)))
    )


def _below(shape: str, key: str) -> str:
    """What the value under *key* is in a map of that shape; empty = nothing that has an order."""
    if shape == _BRANCHES:
        return "steps"
    if key not in ORDER.get(shape, ()):
        return ""
    if key == "parallel":
        return _BRANCHES
    name = _SAME.get(key, key)
    return name if name in ORDER else ""


def _sorted(shape: str, items: Sequence[Item]) -> list[int]:
    """The indices of *items* in their canonical order."""
    order = ORDER.get(shape, ())
    ranks = {key: rank for rank, key in enumerate(order)}
    return sorted(
        range(len(items)), key=lambda at: ranks.get(_key(items[at]), len(order))
    )  # stable: unknown keys stay in their order


def _key(item: Item) -> str:
    return "" if item.key is None else item.key.text


def _flows_ordered(text: str, part: Part, shape: str) -> str:
    """The text with the entries of each ``{…}`` on one line in order; every line keeps its length."""
    if isinstance(part, Leaf):
        return text
    for item in part.items:
        below = _below(shape, _key(item)) if part.is_map else shape
        text = _flows_ordered(text, item.value, below)
    span = part.span
    if not (part.is_map and part.is_flow and span.last == span.line):
        return text
    pieces: list[str] = []
    at = span.start
    for item, source in zip(part.items, _sorted(shape, part.items), strict=True):
        start, end = _extent(item)
        pieces += [text[at:start], text[slice(*_extent(part.items[source]))]]
        at = end
    return text[: span.start] + "".join(pieces) + text[at:]


def _extent(item: Item) -> tuple[int, int]:
    start = item.value.span.start if item.key is None else item.key.span.start
    return start, max(item.value.span.end, start if item.key is None else item.key.span.end)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The lines of one entry."""

    lead: list[str]
    """Blank lines and comments above it."""
    body: list[str]
    """Its own; the first begins with what stands before the key."""
    column: int


@dataclass(frozen=True, slots=True)
class _Block:
    """Arranges the block maps of a text, whose lines these are."""

    lines: list[str]

    def arranged(self, part: Part, shape: str, first: int, stop: int) -> list[str]:
        """The lines from *first* to *stop*, in which *part* stands, with all maps in it in order."""
        if isinstance(part, Leaf) or part.is_flow or not part.items:
            return self.lines[first:stop]
        starts = [_line(item) for item in part.items]
        leads = [self._first_lead(first, starts[0])]
        for before, item in zip(part.items, part.items[1:], strict=False):
            leads.append(self._lead(before, item))
        chunks = []
        for item, lead, start, end in zip(
            part.items, leads, starts, [*leads[1:], stop], strict=True
        ):
            below = _below(shape, _key(item)) if part.is_map else shape
            body = self.arranged(item.value, below, start, end)
            chunks.append(_Chunk(self.lines[lead:start], body, _column(item)))
        order = _sorted(shape, part.items) if part.is_map else list(range(len(chunks)))
        if order != sorted(order):
            chunks = _moved(chunks, order)
        return [
            *self.lines[first : leads[0]],
            *(line for chunk in chunks for line in (*chunk.lead, *chunk.body)),
        ]

    def _first_lead(self, first: int, start: int) -> int:
        """Where what stands above the first entry begins; a comment on top of the file is not its own."""
        lead = start
        while lead > first and _is_remark(self.lines[lead - 1]):
            lead -= 1
        if lead == first == 0:
            blank = [at for at in range(start) if not self.lines[at].strip()]
            lead = blank[-1] + 1 if blank else 0
        return lead

    def _lead(self, before: Item, item: Item) -> int:
        """Where what stands above *item* begins; comments that are indented deeper end *before*."""
        start, column = _line(item), _column(item)
        end = max(before.value.span.last, _line(before)) + 1
        lead = end
        for at in range(end, start):
            line = self.lines[at]
            if not _is_remark(line):
                break
            if line.strip() and _indent(line) > column:
                lead = at + 1
        return lead


def _moved(chunks: list[_Chunk], order: list[int]) -> list[_Chunk]:
    """The chunks in that order; the first takes over what stands before the first on its line."""
    top = chunks[0]
    head = top.body[0][: top.column]
    if any(chunk.body[0][: chunk.column].strip() for chunk in chunks[1:]) or "?" in head:
        raise _Unmovable
    moved: list[_Chunk] = []
    for place, source in enumerate(order):
        chunk = chunks[source]
        line = chunk.body[0][chunk.column :]
        lead = chunk.lead
        if place:
            line = " " * chunk.column + line
        else:
            while lead and not lead[0].strip():
                lead = lead[1:]
            line = head + line
        # Above a dash a comment stands where the dash is. Elsewhere one that is indented deeper than
        # its key would become a line of a text that ends above it.
        column = chunk.column if place else _indent(head + "x")
        lead = [f"{' ' * column}{each.strip()}" if each.strip() else "" for each in lead]
        moved.append(_Chunk(lead, [line, *chunk.body[1:]], chunk.column))
    return moved


def _line(item: Item) -> int:
    return item.value.span.line if item.key is None else item.key.span.line


def _column(item: Item) -> int:
    """Where the entry begins on its line; of a list's item, its dash or a little behind."""
    if item.key is not None:
        return item.key.span.column
    return max(item.value.span.column - 2, 0)


def _is_remark(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
