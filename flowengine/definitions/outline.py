"""The steps of a file before it is known to be right: what stands where, and what it is called.

Recognises as much as there is, so that a file with ten mistakes is told all ten. Everything that
walks over the steps of a document walks over this.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from flowengine.definitions.expressions.tree import Path
from flowengine.definitions.graph import Role
from flowengine.definitions.keys.steps import BRANCHES_MAX, CLAUSES_MAX, KINDS, STEPS_MAX
from flowengine.definitions.nodes import Mapping, Node, Scalar, Sequence, child

_NAMELESS = {"wait_for": "wait", "steps": "group"}
"""What a step without a name is called by, where that is not its kind's key."""
_SEPARATORS = {"task": re.compile(r"\."), "workflow": re.compile(r"[-._]")}
"""Between the parts of a name; a step is called by the last of them."""


@dataclass(slots=True, kw_only=True, eq=False)
class Part:
    """One step."""

    path: Path
    node: Node
    kind: str | None
    """The first key that makes it a step; None where it has none."""
    chain: Chain
    """The line it stands in."""
    id: str = ""
    """``wait 2`` where it has no name; empty where it is no step."""
    chains: tuple[Chain, ...] = ()
    """The lines inside it, rescues last."""

    @property
    def is_named(self) -> bool:
        """``steps.<id>`` may speak of it."""
        return bool(self.id) and " " not in self.id

    @property
    def is_looped(self) -> bool:
        """It has ``for_each``."""
        return child(self.node, "for_each") is not None

    def walk(self) -> Iterator[Part]:
        """It and all steps inside, in the order of the file."""
        yield self
        for chain in self.chains:
            yield from chain.walk()


@dataclass(slots=True, kw_only=True, eq=False)
class Chain:
    """A line of steps; a branch is one of one step."""

    role: Role
    path: Path
    """Of the list; of a branch, a clause, a rescue itself."""
    node: Node | None
    """The same; None where the file has none."""
    level: int
    """1 for the workflow's own lines."""
    is_hook: bool
    """It is part of ``on_failure`` or ``finally``."""
    parts: tuple[Part, ...] = ()

    def walk(self) -> Iterator[Part]:
        """All steps, at any depth, in the order of the file."""
        for part in self.parts:
            yield from part.walk()


@dataclass(slots=True, kw_only=True, eq=False)
class Outline:
    """The three lines of a file."""

    line: Chain
    on_failure: Chain
    at_end: Chain
    is_cut: bool
    """There are more than :data:`STEPS_MAX` steps; of those after the first of them nothing is known."""

    @property
    def chains(self) -> tuple[Chain, Chain, Chain]:
        """All three, in the order in which they run."""
        return (self.line, self.on_failure, self.at_end)

    def walk(self) -> Iterator[Part]:
        """All steps of the file."""
        for chain in self.chains:
            yield from chain.walk()


def outline(root: Mapping) -> Outline:
    """The outline of a document in its long form."""
    builder = _Builder()
    found = Outline(
        line=builder.own(root, "steps", Role.LINE),
        on_failure=builder.own(root, "on_failure", Role.ON_FAILURE),
        at_end=builder.own(root, "finally", Role.FINALLY),
        is_cut=builder.steps > STEPS_MAX,
    )
    counted: Counter[str] = Counter()
    for chain in found.chains:
        _name(chain, counted)
    return found


class _Builder:
    """Counts the steps and stops, so that all that walks over an outline is bounded."""

    def __init__(self) -> None:
        self.steps = 0

    def own(self, root: Mapping, key: str, role: Role) -> Chain:
        """One of the workflow's own lines."""
        node = root.get(key)
        chain = Chain(role=role, path=(key,), node=node, level=1, is_hook=role is not Role.LINE)
        return self.filled(chain, node, (key,))

    def filled(self, chain: Chain, steps: Node | None, path: Path) -> Chain:
        """The line with its steps."""
        parts = []
        for n, item in enumerate(steps.items if isinstance(steps, Sequence) else ()):
            if self.steps > STEPS_MAX:
                break
            parts.append(self.part(item, (*path, n), chain))
        chain.parts = tuple(parts)
        return chain

    def part(self, node: Node, path: Path, chain: Chain) -> Part:
        """One step, and what is inside."""
        self.steps += 1
        entries = node.entries if isinstance(node, Mapping) else ()
        kind = next((entry.key for entry in entries if entry.key in KINDS), None)
        part = Part(path=path, node=node, kind=kind, chain=chain)
        if self.steps <= STEPS_MAX:
            part.chains = tuple(self.chains_of(part))
        return part

    def chains_of(self, part: Part) -> Iterator[Chain]:
        """The lines inside a step."""
        inside = child(part.node, part.kind) if part.kind is not None else None
        match part.kind, inside:
            case "steps", Sequence():
                path = (*part.path, "steps")
                yield self.filled(_below(part, Role.BODY, path, inside), inside, path)
            case "parallel", Mapping(_, entries):
                for entry in entries[:BRANCHES_MAX]:
                    path = (*part.path, "parallel", entry.key)
                    branch = _below(part, Role.BRANCH, path, entry.value)
                    branch.parts = (self.part(entry.value, path, branch),)
                    yield branch
            case "switch", Sequence(_, items):
                yield from self.clauses(part, Role.CLAUSE, "switch", items)
            case _:
                pass
        rescues = child(part.node, "rescue")
        if isinstance(rescues, Sequence):
            yield from self.clauses(part, Role.RESCUE, "rescue", rescues.items)

    def clauses(
        self, part: Part, role: Role, key: str, clauses: tuple[Node, ...]
    ) -> Iterator[Chain]:
        """The lines of the clauses of a step."""
        for n, clause in enumerate(clauses[:CLAUSES_MAX]):
            path = (*part.path, key, n)
            chain = _below(part, role, path, clause)
            yield self.filled(chain, child(clause, "steps"), (*path, "steps"))


def _below(part: Part, role: Role, path: Path, node: Node) -> Chain:
    above = part.chain
    # A branch that is a line goes one level down, not two.
    is_branch = role is Role.BODY and above.role is Role.BRANCH
    level = above.level if is_branch else above.level + 1
    return Chain(role=role, path=path, node=node, level=level, is_hook=above.is_hook)


def _name(chain: Chain, counted: Counter[str]) -> None:
    """Give each step its id.

    Branches are counted in the order of their names: files with one digest have their keys in any
    order, and must have one set of ids.
    """
    for part in chain.parts:
        if part.kind is not None:
            word = _NAMELESS.get(part.kind, part.kind)
            counted[word] += 1
            part.id = _given_name(part) or f"{word} {counted[word]}"
        branches = [below for below in part.chains if below.role is Role.BRANCH]
        others = [below for below in part.chains if below.role is not Role.BRANCH]
        for below in (*sorted(branches, key=lambda each: str(each.path[-1])), *others):
            _name(below, counted)


def _given_name(part: Part) -> str | None:
    if part.chain.role is Role.BRANCH:
        return str(part.path[-1])
    own = child(part.node, "id")
    if isinstance(own, Scalar) and isinstance(own.value, str):
        return own.value
    called = child(part.node, part.kind or "")
    separator = _SEPARATORS.get(part.kind or "")
    if separator is None or not isinstance(called, Scalar):
        return None
    return separator.split(str(called.value).partition("@")[0])[-1]
