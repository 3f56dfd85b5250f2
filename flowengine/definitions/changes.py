"""What one version of a workflow does otherwise than another: keys and steps, not lines of text.

Both are compared in their canonical form, so short forms, comments and the order of keys are no
change. Steps are compared by their ids: a step that got another id is one that went and one that came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flowengine.definitions.expressions.tree import Json
from flowengine.definitions.findings import shown
from flowengine.definitions.nodes import to_json
from flowengine.definitions.outline import Chain, Outline, Part, outline
from flowengine.definitions.parse import Document

_LINES = ("steps", "on_failure", "finally")


class Sign(StrEnum):
    """What became of a thing."""

    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference."""

    sign: Sign
    what: str
    """A key of the file, or ``step charge``."""
    detail: str = ""
    """``10m -> 1h``; the keys of a step that differ; ``moved``."""

    def __str__(self) -> str:
        return f"{self.sign} {self.what}" + (f": {self.detail}" if self.detail else "")


def changes(before: Document, after: Document) -> tuple[Change, ...]:
    """From *before* to *after*: keys in the order of the alphabet, then steps in that of the file."""
    return (*_keys(_plain(before.form), _plain(after.form)), *_steps(before, after))


def _plain(form: Json) -> Mapping[str, Json]:
    assert isinstance(form, dict), "a document is a map"
    return {key: value for key, value in form.items() if key not in _LINES}


def _keys(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Change]:
    for key in sorted(before.keys() | after.keys()):
        if key not in before:
            yield Change(sign=Sign.ADDED, what=key, detail=shown(after[key]))
        elif key not in after:
            yield Change(sign=Sign.REMOVED, what=key)
        elif before[key] != after[key]:
            detail = f"{shown(before[key])} -> {shown(after[key])}"
            if isinstance(before[key], dict | list):
                detail = ", ".join(_differing(before[key], after[key]))
            yield Change(sign=Sign.CHANGED, what=key, detail=detail)


def _steps(before: Document, after: Document) -> Iterator[Change]:
    old, new = _Line.of(outline(before.root)), _Line.of(outline(after.root))
    moved = _moved(old, new)
    for step_id, part in new.parts.items():
        if step_id not in old.parts:
            yield Change(sign=Sign.ADDED, what=f"step {step_id}", detail=_kind(part))
            continue
        differing = list(_differing(_own(old.parts[step_id]), _own(part)))
        if step_id in moved:
            differing.append("moved")
        if differing:
            yield Change(sign=Sign.CHANGED, what=f"step {step_id}", detail=", ".join(differing))
    for step_id in old.parts:
        if step_id not in new.parts:
            yield Change(sign=Sign.REMOVED, what=f"step {step_id}")


@dataclass(frozen=True, slots=True)
class _Line:
    """All steps of a file, and the lines they stand in."""

    parts: Mapping[str, Part]
    lines: Mapping[tuple[str, ...], list[str]]
    """By owner, role and place: the ids in order."""
    place: Mapping[str, tuple[str, ...]]
    """The line of each step."""

    @staticmethod
    def of(found: Outline) -> _Line:
        parts: dict[str, Part] = {}
        lines: dict[tuple[str, ...], list[str]] = {}
        place: dict[str, tuple[str, ...]] = {}

        def add(chain: Chain, key: tuple[str, ...]) -> None:
            lines[key] = [part.id for part in chain.parts]
            for part in chain.parts:
                parts[part.id] = part
                place[part.id] = key
                for at, below in enumerate(part.chains):
                    add(below, (part.id, below.role, _index(below, at)))

        for chain in found.chains:
            add(chain, (chain.role,))
        return _Line(parts, lines, place)


def _index(chain: Chain, at: int) -> str:
    """A branch is known by its name, a clause by its place."""
    return str(chain.path[-1]) if chain.role == "branch" else str(at)


def _moved(old: _Line, new: _Line) -> set[str]:
    """Steps that stand in another line, or after others in the same one."""
    common = old.parts.keys() & new.parts.keys()
    found = {step_id for step_id in common if old.place[step_id] != new.place[step_id]}
    for key, line in new.lines.items():
        staying = [step_id for step_id in line if step_id in common - found]
        before = [step_id for step_id in old.lines.get(key, ()) if step_id in common - found]
        found |= {a for a, b in zip(staying, before, strict=True) if a != b}
    return found


def _own(part: Part) -> dict[str, Json]:
    """What is said of the step itself, without the steps inside it."""
    value = to_json(part.node)
    assert isinstance(value, dict), "a step in its long form"
    own = {key: each for key, each in value.items() if key not in {"steps", "parallel"}}
    for key in ("switch", "rescue"):
        clauses = own.get(key)
        if isinstance(clauses, list):
            own[key] = [_without_steps(clause) for clause in clauses]
    return own


def _without_steps(clause: Json) -> Json:
    assert isinstance(clause, dict), "a clause in its long form"
    return {key: value for key, value in clause.items() if key != "steps"}


def _kind(part: Part) -> str:
    value = to_json(part.node)
    called = value.get(part.kind or "") if isinstance(value, dict) else None
    return f"{part.kind} {called}" if isinstance(called, str) else str(part.kind)


def _differing(before: Json, after: Json, prefix: str = "") -> Iterator[str]:
    """The keys whose values differ; of maps, the keys below."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            if key not in before or key not in after:
                yield f"{prefix}{key}"
            elif before[key] != after[key]:
                yield from _differing(before[key], after[key], f"{prefix}{key}.")
    else:
        yield prefix.removesuffix(".") or "its entries"
