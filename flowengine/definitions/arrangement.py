"""What may stand where: names, branches, clauses, loops, hooks, and how much of all.

The one table of keys says what a single map may hold; this says what depends on the maps around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table

from flowengine.definitions.expressions.check import NAMES
from flowengine.definitions.findings import Findings
from flowengine.definitions.graph import Role
from flowengine.definitions.keys.steps import (
    BRANCHES_MAX,
    HOOK_KINDS,
    KINDS,
    LEVELS_MAX,
    NOT_IN_HOOKS,
    STEPS_MAX,
    WITH_FOR_EACH,
    LoopedKeys,
)
from flowengine.definitions.likeness import near
from flowengine.definitions.nodes import Mapping, Node, Scalar, Sequence, child, key_place
from flowengine.definitions.outline import Chain, Outline, Part
from flowengine.definitions.unreadable import SMALLER

LOOP_NAMES = ("index",)
"""What a loop has besides its item."""


def arrangement(outline: Outline, findings: Findings) -> None:
    """Everything that is wrong with how the steps of a file are put together."""
    _amounts(outline, findings)
    _names(outline, findings)
    for chain in outline.chains:
        _chain(chain, findings, frozenset())


def _amounts(outline: Outline, findings: Findings) -> None:
    """FE129."""
    too_deep = False
    for number, part in enumerate(outline.walk()):
        if number == STEPS_MAX:
            message = f"more than {STEPS_MAX} steps"
            findings.at_value(part.path, "FE129", message, SMALLER)
        if part.chain.level > LEVELS_MAX and not too_deep:
            too_deep = True
            findings.at_value(
                part.path,
                "FE129",
                f"more than {LEVELS_MAX} levels",
                "make the inner part a workflow of its own, and call that",
            )


def _names(outline: Outline, findings: Findings) -> None:
    """FE120."""
    lines: dict[str, int] = {}
    for part in outline.walk():
        if not part.is_named:
            continue
        if findings.is_full:
            return
        if part.id not in lines:
            lines[part.id] = key_place(findings.root, part.path).line
            continue
        message = (
            f"two steps would be called '{part.id[:100]}' (the other is at line {lines[part.id]})"
        )
        if part.chain.role is Role.BRANCH:
            findings.at_key(part.path, "FE120", message, "rename one of them")
        else:
            key = "id" if child(part.node, "id") is not None else str(part.kind)
            findings.at_value((*part.path, key), "FE120", message, "give one of them an id")


def _chain(chain: Chain, findings: Findings, loops: frozenset[str]) -> None:
    for part in chain.parts:
        _place(part, findings)
        inside = _loop(part, findings, loops)
        _clauses(part, findings)
        _needs(part, findings)
        _whom(part, findings)
        for below in part.chains:
            _chain(below, findings, loops if below.role is Role.RESCUE else inside)


def _place(part: Part, findings: Findings) -> None:
    """FE114 for keys that this place does not have."""
    is_branch = part.chain.role is Role.BRANCH
    if is_branch:
        _refuse(part, "id", "a branch is called by its key", findings)
    else:
        reason = "in a line each step follows the one above; it is for branches of `parallel`"
        _refuse(part, "needs", reason, findings)
    if not part.chain.is_hook:
        return
    if part.kind is not None and part.kind not in HOOK_KINDS:
        reason = f"`on_failure` and `finally` take: {', '.join(HOOK_KINDS)}"
        _refuse(part, part.kind, reason, findings)
    for key in NOT_IN_HOOKS:
        if part.kind is not None and key in KINDS[part.kind].model_fields:
            _refuse(part, key, "the run has its final state already", findings)


def _refuse(part: Part, key: str, reason: str, findings: Findings) -> None:
    if child(part.node, key) is not None:
        findings.at_key((*part.path, key), "FE114", f"'{key}' cannot be used here", reason)


def _loop(part: Part, findings: Findings, loops: frozenset[str]) -> frozenset[str]:
    """The names of the loops around what is inside this step; FE122 for one that is taken."""
    if part.kind is None or not issubclass(KINDS[part.kind], LoopedKeys):
        return loops
    if not part.is_looped:
        for key in WITH_FOR_EACH:
            _refuse(part, key, "it goes with `for_each`", findings)
        return loops
    name = loop_name(part.node)
    if name in NAMES - {"item"} or name in loops:
        key = "as" if child(part.node, "as") is not None else "for_each"
        findings.at_value(
            (*part.path, key),
            "FE122",
            f"the loop variable '{name[:100]}' is taken",
            "choose another with `as`",
        )
    return loops | {name}


def loop_name(node: Node) -> str:
    """What the items of a loop are called."""
    given = child(node, "as")
    is_name = isinstance(given, Scalar) and isinstance(given.value, str)
    return str(given.value) if is_name and isinstance(given, Scalar) else "item"


_FOR_ALL = {Role.CLAUSE: "if", Role.RESCUE: "errors"}
"""Without this key a clause takes everything."""


def _clauses(part: Part, findings: Findings) -> None:
    """FE125."""
    for role, key in _FOR_ALL.items():
        clauses = [chain for chain in part.chains if chain.role is role]
        for clause in clauses[:-1]:
            if isinstance(clause.node, Mapping) and child(clause.node, key) is None:
                message = f"a clause without '{key}' takes everything; it must be the last"
                findings.at_value(clause.path, "FE125", message, "move it to the end")


def _whom(part: Part, findings: Findings) -> None:
    """FE112 for an approval that asks nobody, or fewer people than must agree."""
    asked = child(part.node, "approval")
    if not isinstance(asked, Mapping):
        return
    where = (*part.path, "approval")
    users, groups, quorum = (child(asked, key) for key in ("users", "groups", "quorum"))
    if users is None and groups is None:
        message = "this will not do: it must say whom it asks"
        findings.at_value(where, "FE112", message, "write users, groups or both")
    elif groups is None and isinstance(users, Sequence):
        # An expression in the list gives one user: no list gives more than it has entries.
        people = {str(item.value) for item in users.items if isinstance(item, Scalar)}
        wanted = quorum.value if isinstance(quorum, Scalar) else 1
        if isinstance(wanted, int) and len(people) < wanted:
            key = "users" if quorum is None else "quorum"
            message = f"{wanted} must agree, and it asks {len(people)}: nobody can grant it"
            findings.at_value((*where, key), "FE112", message, "name more users, or a group")


def needs_of(branch: Chain) -> tuple[str, ...]:
    """The siblings that a branch names in ``needs``."""
    given = child(branch.node, "needs")
    items = given.items if isinstance(given, Sequence) else ()
    return tuple(str(item.value) for item in items[:BRANCHES_MAX] if isinstance(item, Scalar))


def _needs(part: Part, findings: Findings) -> None:
    """FE123, FE124."""
    branches = {str(c.path[-1]): c for c in part.chains if c.role is Role.BRANCH}
    needs = {name: needs_of(branch) for name, branch in branches.items()}
    for name, branch in branches.items():
        for index, need in enumerate(needs[name]):
            if need not in branches and not findings.is_full:
                others = [other for other in branches if other != name]
                hint = near(need, others) or f"there are: {', '.join(others) or 'no others'}"
                message = f"no branch '{need[:100]}' in this block"
                findings.at_value((*branch.path, "needs", index), "FE123", message, hint)
    for circle in _circles(needs):
        path = (*branches[circle[0]].path, "needs")
        message = f"these branches wait for each other: {', '.join(circle)}"
        findings.at_key(path, "FE124", message, "leave out one of these needs")


def _circles(needs: Table[str, tuple[str, ...]]) -> Iterator[list[str]]:
    """The branches that wait for themselves, those together that wait for each other."""
    behind = {name: closure(needs, name) for name in needs}
    told: set[str] = set()
    for name in needs:
        if name in behind[name] and name not in told:
            circle = [other for other in needs if other in behind[name] and name in behind[other]]
            told.update(circle)
            yield circle


def closure(needs: Table[str, tuple[str, ...]], name: str) -> dict[str, None]:
    """What a branch needs, and what that needs, nearest first; itself only where it waits for itself."""
    found: dict[str, None] = {}
    row = [name]
    while row:
        row = [n for each in row for n in needs.get(each, ()) if n not in found]
        row = list(dict.fromkeys(row))
        found |= dict.fromkeys(row)
    return found
