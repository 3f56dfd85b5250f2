"""The expressions of a file: parsed, and checked against what is in scope where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field

from flowengine.definitions.arrangement import closure, loop_name, needs_of
from flowengine.definitions.expressions.check import (
    Place,
    condition_problems,
    key_problems,
    template_problems,
)
from flowengine.definitions.expressions.grammar import INTO_A_TASK
from flowengine.definitions.expressions.parse import (
    WORDS_MAX,
    Allowance,
    Exhausted,
    parse_expression,
    parse_template,
)
from flowengine.definitions.expressions.tree import Expression, Path, Template
from flowengine.definitions.findings import Findings
from flowengine.definitions.graph import Role
from flowengine.definitions.likeness import near
from flowengine.definitions.nodes import Mapping, Node, Scalar, Sequence, child, to_json
from flowengine.definitions.outline import Chain, Outline, Part
from flowengine.errors import ExpressionError

_TRIGGER = frozenset({"event", "config"})
_ADMISSION = _TRIGGER | {"inputs"}
_START = _ADMISSION | {"run"}
_STEP = _START | {"steps"}
_HOOK = _STEP | {"error"}
_OUTPUT = _ADMISSION | {"steps"}
_KEYED = ("idempotency", "debounce", "throttle", "concurrency")
"""The maps of the file that have an expression under ``key``."""
_TEXTS = ("title", "subject")
_LATER = "it comes later, or is this step itself"
_INSIDE = "it is inside a loop: from outside there is only the loop's own output"


@dataclass(slots=True)
class References:
    """Every expression of the file, by the path of its key."""

    conditions: dict[Path, Expression] = field(default_factory=dict)
    templates: dict[Path, Template] = field(default_factory=dict)


def references(root: Mapping, outline: Outline, findings: Findings) -> References:
    """All expressions of a document in its long form, whether or not its structure is right."""
    inputs = _types_of(root.get("inputs"))
    ids = {part.id: _LATER for part in outline.walk() if part.is_named}
    walk = _Walk(findings=findings, inputs=inputs, hidden=ids)
    walk.head(root)
    walk.triggers(root)
    seen: dict[str, None] = {}
    walk.chain(outline.line, _STEP, seen)
    if not outline.is_cut:
        walk.template(root.get("output"), ("output",), walk.place(_OUTPUT, seen))
    for hooks in (outline.on_failure, outline.at_end):
        walk.chain(hooks, _HOOK, dict(seen))
    return walk.found


_TYPES = {
    "string": "string",
    "integer": "int",
    "number": "number",
    "boolean": "bool",
    "array": "list",
    "object": "map",
}
"""JSON Schema's types, and what expressions call them."""


def _types_of(inputs: Node | None) -> dict[str, str | None] | None:
    """The inputs by name, with the type of each where it has one; None where none are declared."""
    if not isinstance(inputs, Mapping):
        return None
    types: dict[str, str | None] = {}
    for entry in inputs.entries:
        kind = child(entry.value, "type")
        types[entry.key] = _TYPES.get(str(kind.value)) if isinstance(kind, Scalar) else None
    return types


def _entries(node: Node | None) -> list[tuple[str, Node]]:
    entries = node.entries if isinstance(node, Mapping) else ()
    return [(entry.key, entry.value) for entry in entries]


@dataclass(slots=True, kw_only=True)
class _Walk:
    """Goes over the file once; what it finds is in *found* and *findings*."""

    findings: Findings
    inputs: dict[str, str | None] | None
    hidden: dict[str, str]
    """Every id of the file, and why it cannot be seen from where it cannot."""
    allowance: Allowance = field(default_factory=Allowance)
    is_over: bool = False
    """Enough is known: nothing more is read."""
    found: References = field(default_factory=References)

    def place(
        self, names: frozenset[str], seen: dict[str, None] | None = None, *, is_hook: bool = False
    ) -> Place:
        """The place where *names* may be used, and the outputs of the steps *seen*."""
        return Place(
            names=names,
            inputs=self.inputs,
            steps={} if seen is None else seen,
            hidden=self.hidden,
            is_hook=is_hook,
        )

    def head(self, root: Mapping) -> None:
        """What is said about the run as a whole."""
        start, admission = self.place(_START), self.place(_ADMISSION)
        self.template(root.get("title"), ("title",), start, is_text=True)
        for name, label in _entries(root.get("labels")):
            self.template(label, ("labels", name), start, is_text=True)
        self.template(child(root.get("notify"), "users"), ("notify", "users"), start, gives="list")
        self.template(root.get("priority"), ("priority",), admission, gives="string")
        for owner in _KEYED:
            self.expression(root.get(owner), (owner,), "key", admission)
        cancels = root.get("cancel_on")
        for index, given in enumerate(cancels.items if isinstance(cancels, Sequence) else ()):
            self.awaited(given, ("cancel_on", index), _ADMISSION, {}, is_hook=False)

    def triggers(self, root: Mapping) -> None:
        """``if`` and ``with`` of what starts a run."""
        given = root.get("on")
        place = self.place(_TRIGGER)
        for index, trigger in enumerate(given.items if isinstance(given, Sequence) else ()):
            path: Path = ("on", index)
            self.expression(trigger, path, "if", place)
            self.arguments(trigger, path, place)
            self.inputs_given(trigger, path)

    def inputs_given(self, trigger: Node, path: Path) -> None:
        """FE114, FE110: ``with`` of a trigger fills the inputs that are declared."""
        for name, _ in _entries(child(trigger, "with")):
            if self.inputs is None:
                reason = "it fills `inputs`, and none are declared"
                self.findings.at_key((*path, "with"), "FE114", "'with' cannot be used here", reason)
                return
            if name not in self.inputs:
                hint = near(name, self.inputs) or f"there are: {', '.join(sorted(self.inputs))}"
                message = f"no input '{name[:100]}' is declared"
                self.findings.at_key((*path, "with", name), "FE110", message, hint)

    def chain(self, chain: Chain, names: frozenset[str], seen: dict[str, None]) -> None:
        """A line: each step sees those above, which *seen* then has besides."""
        for part in chain.parts:
            self.part(part, names, seen)
            seen.update(exported(part))

    def part(self, part: Part, names: frozenset[str], seen: dict[str, None]) -> None:
        """One step and all that is inside."""
        is_hook = part.chain.is_hook
        outside = self.place(names, seen, is_hook=is_hook)
        self.expression(part.node, part.path, "if", outside)
        self.template(child(part.node, "for_each"), (*part.path, "for_each"), outside, gives="list")
        inside = names | {loop_name(part.node), "index"} if part.is_looped else names
        self.values(part, self.place(inside, seen, is_hook=is_hook))
        self.waiting(part, inside, seen)
        own = {**seen, part.id: None} if part.is_named else seen
        undo = child(part.node, "compensate")
        where = (*part.path, "compensate")
        self.arguments(undo, where, self.place(inside | {"output"}, own, is_hook=is_hook))
        self.inner(part, inside, seen)
        if part.is_looped:
            self.hidden.update(dict.fromkeys(inner_ids(part), _INSIDE))
        for rescue in part.chains:
            if rescue.role is Role.RESCUE:
                self.chain(rescue, names | {"error"}, dict(own))

    def inner(self, part: Part, names: frozenset[str], seen: dict[str, None]) -> None:
        """The lines inside a block."""
        branches = {str(c.path[-1]): c for c in part.chains if c.role is Role.BRANCH}
        needs = {name: needs_of(branch) for name, branch in branches.items()}
        for chain in part.chains:
            if chain.role is Role.RESCUE:
                continue
            if chain.role is Role.CLAUSE:
                place = self.place(names, seen, is_hook=chain.is_hook)
                self.expression(chain.node, chain.path, "if", place)
            visible = dict(seen)
            if chain.role is Role.BRANCH:
                visible |= self.from_siblings(str(chain.path[-1]), branches, needs)
            self.chain(chain, names, visible)

    def from_siblings(
        self, name: str, branches: dict[str, Chain], needs: dict[str, tuple[str, ...]]
    ) -> dict[str, None]:
        """What a branch sees of the others; of those it does not, the reason is noted."""
        waited_for = closure(needs, name)
        visible: dict[str, None] = {}
        for other, branch in branches.items():
            if other in waited_for and other != name:
                for part in branch.parts:
                    visible |= exported(part)
            elif other != name:
                hint = f"it is in a branch beside: say `needs: [{other}]`"
                self.hidden.update({part.id: hint for part in branch.walk()})
            else:
                self.hidden.update({part.id: _LATER for part in branch.walk()})
        return visible

    def values(self, part: Part, place: Place) -> None:
        """The value keys of one step, whatever its kind."""
        node, path = part.node, part.path
        self.arguments(node, path, place)
        for key in _TEXTS:
            self.template(child(node, key), (*path, key), place, is_text=True)
        asked = child(node, "approval")
        self.template(child(asked, "ask"), (*path, "approval", "ask"), place, is_text=True)
        self.template(child(asked, "users"), (*path, "approval", "users"), place, gives="list")
        failure = child(node, "fail")
        self.template(child(failure, "message"), (*path, "fail", "message"), place, is_text=True)
        until = child(child(node, "sleep"), "until")
        self.template(until, (*path, "sleep", "until"), place, gives="timestamp")

    def waiting(self, part: Part, names: frozenset[str], seen: dict[str, None]) -> None:
        """``wait_for`` of one step."""
        given = child(part.node, "wait_for")
        if given is not None:
            path = (*part.path, "wait_for")
            self.awaited(given, path, names, seen, is_hook=part.chain.is_hook)

    def awaited(
        self,
        node: Node,
        path: Path,
        names: frozenset[str],
        seen: dict[str, None],
        *,
        is_hook: bool,
    ) -> None:
        """``match`` and ``if`` of what is waited for."""
        place = self.place(names, seen, is_hook=is_hook)
        for name, value in _entries(child(node, "match")):
            self.template(value, (*path, "match", name), place, is_text=True)
        self.expression(node, path, "if", self.place(names | {"incoming"}, seen, is_hook=is_hook))

    def arguments(self, node: Node | None, path: Path, place: Place) -> None:
        """``with``."""
        for name, value in _entries(child(node, "with")):
            self.template(value, (*path, "with", name), place)

    def template(
        self,
        node: Node | None,
        path: Path,
        place: Place,
        *,
        is_text: bool = False,
        gives: str | None = None,
    ) -> None:
        """A value key; *gives* is the type that it owes."""
        if node is None or self.is_over:
            return

        def refuse(below: Path, error: ExpressionError) -> None:
            self.refuse((*path, *below), error)

        try:
            template = parse_template(to_json(node), refuse=refuse, allowance=self.allowance)
            self.found.templates[path] = template
            for below, error in template_problems(template, place, is_text=is_text, gives=gives):
                refuse(below, error)
        except Exhausted:
            self.end(path)

    def expression(self, node: Node | None, path: Path, key: str, place: Place) -> None:
        """An expression key: ``if`` or ``key``."""
        given = child(node, key)
        where = (*path, key)
        value = given.value if isinstance(given, Scalar) else None
        if not isinstance(value, str | bool) or value == "" or self.is_over:
            return  # the keys refuse it
        text = str(value).lower() if isinstance(value, bool) else value
        if "${{" in text:
            hint = "write it without ${{ }}"
            message = f"'{key}' is already an expression"
            self.findings.at_value(where, "FE206", message, hint)
            return
        try:
            self.condition(text, where, place, is_key=key == "key")
        except Exhausted:
            self.end(where)

    def condition(self, text: str, path: Path, place: Place, *, is_key: bool) -> None:
        """One expression that stands alone."""
        try:
            expression = parse_expression(text, allowance=self.allowance)
        except ExpressionError as error:
            self.refuse(path, error)
            return
        self.found.conditions[path] = expression
        check = key_problems if is_key else condition_problems
        for problem in check(expression, place):
            self.refuse(path, problem)

    def refuse(self, path: Path, error: ExpressionError) -> None:
        """Note a problem; Exhausted where nobody is told of more."""
        self.findings.in_text(path, error)
        if self.findings.is_full:
            raise Exhausted

    def end(self, path: Path) -> None:
        """Read no further; where that is for the sake of size, say so."""
        self.is_over = True
        if not self.findings.is_full:
            message = f"the expressions of the file are larger than {WORDS_MAX} words together"
            self.findings.at_value(path, "FE209", message, INTO_A_TASK)


def exported(part: Part) -> dict[str, None]:
    """The ids that those after a step may name: its own, and those inside, unless it is a loop."""
    own = {part.id: None} if part.is_named else {}
    for chain in part.chains:
        if not part.is_looped or chain.role is Role.RESCUE:
            for each in chain.parts:
                own |= exported(each)
    return own


def inner_ids(part: Part) -> list[str]:
    """The ids inside a step, rescues left out."""
    return [
        each.id for chain in part.chains if chain.role is not Role.RESCUE for each in chain.walk()
    ]
