"""Random workflows of every construct, for the laws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from flowengine.definitions.expressions.parse import parse_template
from flowengine.definitions.model import CancelOn, Workflow
from flowengine.definitions.steps import Clause, Rescue, Step
from tests.builders import a_workflow, an_event, retry, step
from tests.builders.steps import (
    approval,
    child,
    emit,
    fail,
    group,
    otherwise,
    parallel,
    rescue,
    sleep,
    switch,
    undo,
    wait,
    when,
)

WORDS = ("a", "b", "c")
SOMETIMES = ("true", "true", "true", "event.data.zzz")
"""Conditions, one of which has no value."""
STEPS_MAX = 14
DEPTH_MAX = 3
GOING = an_event("go.on", {"k": 1}, id=UUID(int=7))
STOPPING = an_event("stop.it", {"k": 1}, id=UUID(int=8))
"""What random workflows wait for, and what cancels them."""


@dataclass
class _Making:
    """A workflow while it is being drawn."""

    pick: Callable[[Sequence[Any]], Any]
    """One of several, each as likely as the others."""
    count: int = 0
    inside: list[str] = field(default_factory=list)
    is_hook: bool = False

    def name(self) -> str:
        self.count += 1
        return f"s{self.count}"

    def one_of(self, *values: Any) -> Any:
        return self.pick(values)

    def shuffled(self, values: Sequence[Any]) -> list[Any]:
        rest, order = list(values), []
        while rest:
            order.append(rest.pop(self.pick(range(len(rest)))))
        return order

    @property
    def may_nest(self) -> bool:
        return self.count < STEPS_MAX and len(self.inside) < DEPTH_MAX

    def modifiers(
        self, above: list[str], *, loop: bool = False, saves: bool = False
    ) -> dict[str, Any]:
        """``if``, ``title``, ``for_each`` and ``rescue``, most often none."""
        fields: dict[str, Any] = {}
        conditions = [None, None, None, None, "true", "false", "event.data.a == 1"]
        conditions += [f"steps.{each}.status == 'succeeded'" for each in above]
        fields["if_"] = self.one_of(*conditions, *(["event.data.zzz"] if self.count == 3 else []))
        fields["title"] = self.one_of(None, None, "Step ${{ event.data.a }}", "${{ item }}")
        if loop and self.one_of(True, False, *[False] * (not self.may_nest)):
            fields["each"] = self.one_of(
                [], [1], *[[1, 2, 3]] * 5, *["${{ event.data.list }}"] * 2, "${{ event.data.a }}"
            )
            fields["max_parallel"] = self.one_of(1, 2, 10)
            fields["max_failures"] = self.one_of(0, 0, 1, "50%", "100%")
        may_save = saves and not self.is_hook and self.may_nest
        if may_save and self.one_of(True, False, False):
            self.inside.append("rescue")
            fields["rescue"] = tuple(self.clause(above) for _ in range(self.one_of(1, 1, 2)))
            self.inside.pop()
        return fields

    def clause(self, above: list[str]) -> Rescue:
        errors = self.one_of(None, None, ("Known",), ("Timeout", "ForEachFailed"))
        return rescue(*self.line(above, self.one_of(1, 1, 2)), errors=errors)

    def line(self, above: list[str], count: int) -> list[Step]:
        """Steps one after another, each of which may speak of those above."""
        made: list[Step] = []
        for _ in range(count):
            made.append(self.step([*above, *(each.id for each in made if each.is_named)]))
        return made

    def step(self, above: list[str]) -> Step:
        leaves = [self.task] * 6 + [self.child, self.child, self.emit] * 2
        if not self.is_hook:
            leaves += [self.wait, self.sleep, self.approval] * 2 + [self.fail]
        if self.may_nest:
            blocks = (
                [self.switch]
                if self.is_hook
                else [self.group, self.group, self.parallel, self.parallel, self.switch] * 2
            )
            leaves += blocks
        made: Step = self.pick(leaves)(above)
        return made

    def task(self, above: list[str]) -> Step:
        name = self.name()
        values: list[Any] = ["${{ event.data.a }}", 7]
        for each in above:
            values += [f"${{{{ steps.{each}.status }}}}", f"${{{{ steps.{each}.output }}}}"]
        fields = self.modifiers(above, loop=True, saves=True)
        if not self.is_hook and self.one_of(True, False, False):
            fields["compensate"] = undo(
                name,
                with_=self.one_of(
                    {}, {}, {}, {"x": "${{ output }}"}, {"x": "${{ event.data.zzz }}"}
                ),
                on_unknown=self.one_of(True, False),
                retry=retry(attempts=self.one_of(1, 2), delay_s=5),
            )
        return step(
            name,
            with_={
                word: self.one_of(*values)
                for word in self.one_of((), (), ("a",), ("b",), ("a", "c"))
            },
            takes=self.one_of(None, *[()] * 6, ("a",), ("a",), ("a", "b"), ("b", "c")),
            returns=self.one_of(None, None, ("a",), ("b", "c"), ()),
            retry=retry(
                attempts=self.one_of(1, 1, 2, 3),
                delay_s=self.one_of(0, 1, 30),
                errors=self.one_of(None, None, ("Known",)),
                give_up_after_s=self.one_of(None, None, None, 40),
            ),
            **fields,
        )

    def child(self, above: list[str]) -> Step:
        fields = self.modifiers(above, loop=True, saves=True)
        if not self.is_hook:
            fields["compensate"] = self.one_of(None, None, undo("recall", on_unknown=True))
        return child(
            self.name(),
            detach=self.one_of(True, False, False),
            timeout=self.one_of(None, timedelta(seconds=40)),
            **fields,
        )

    def emit(self, above: list[str]) -> Step:
        data = self.one_of(*[{"k": 1}] * 7, {"k": "${{ event.data.zzz }}"})
        fields = self.modifiers(above, loop=True)
        return emit("it.was", id_=self.name(), with_=data, **fields)

    def wait(self, above: list[str]) -> Step:
        match = self.one_of(*[{"k": "${{ event.data.a }}"}] * 6, {"k": "${{ event.data.list }}"})
        accept = self.one_of(None, None, None, "incoming.data.k == 1", "incoming.data.zzz")
        fields = self.modifiers(above, saves=True)
        return wait(self.name(), "go.*", match=match, accept=accept, timeout_s=30, **fields)

    def sleep(self, above: list[str]) -> Step:
        if self.one_of(True, False):
            return sleep(self.name(), seconds=self.one_of(0, 10), **self.modifiers(above))
        until = self.one_of(*["2026-03-02T12:00:20Z", "${{ event.time }}"] * 3, "soon")
        return sleep(self.name(), until=until, **self.modifiers(above))

    def approval(self, above: list[str]) -> Step:
        return approval(
            self.name(),
            self.one_of(*["May it?"] * 7, "${{ event.data.zzz }}"),
            quorum=self.one_of(1, 1, 2),
            timeout_s=50,
            **self.modifiers(above, saves=True),
        )

    def fail(self, above: list[str]) -> Step:
        return fail(self.one_of("Known", "Other"), name=self.name(), **self.modifiers(above))

    def group(self, above: list[str]) -> Step:
        name = self.enter()
        body = self.line(above, self.one_of(1, 2, 2, 3))
        self.inside.pop()
        fields = self.modifiers(above, loop=True, saves=True)
        return group(name, *body, **self.timeout(), **fields)

    def switch(self, above: list[str]) -> Step:
        name = self.enter()
        clauses: list[Clause] = [
            when(self.one_of("true", "false", "event.data.a == 1", *SOMETIMES), *body)
            for body in [self.line(above, self.one_of(0, 1, 2)) for _ in range(self.one_of(1, 2))]
        ]
        if self.one_of(True, True, False):
            clauses.append(otherwise(*self.line(above, self.one_of(0, 1))))
        self.inside.pop()
        return switch(name, *clauses, **self.modifiers(above))

    def parallel(self, above: list[str]) -> Step:
        name = self.enter()
        branches: list[Step] = []
        needs: dict[str, tuple[str, ...]] = {}
        for _ in range(self.one_of(1, 2, 3, 3)):
            needed = [each.id for each in branches if self.one_of(True, False, False)]
            branch = self.step([*above, *needed])
            branches.append(branch)
            needs[branch.id] = tuple(needed)
        self.inside.pop()
        order = self.shuffled(branches)
        fields = self.modifiers(above, saves=True)
        return parallel(
            name,
            *order,
            needs=needs,
            fail_fast=self.one_of(True, False),
            max_parallel=self.one_of(None, 1, 2),
            **self.timeout(),
            **fields,
        )

    def enter(self) -> str:
        self.inside.append(self.name())
        return self.inside[-1]

    def timeout(self) -> dict[str, Any]:
        seconds = self.one_of(None, None, 15, 60)
        return {} if seconds is None else {"timeout_s": seconds}


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    """Any workflow of the generator; one that breaks a law is made smaller."""
    return _made(lambda values: draw(st.sampled_from(values)))


def workflow_of(chance: Random) -> Workflow:
    """The same, by chance alone: ten times as fast, and evenly spread."""
    return _made(chance.choice)


def _made(pick: Callable[[Sequence[Any]], Any]) -> Workflow:
    """A line of one to four steps with whatever is inside them, hooks, and the keys of a run's end."""
    making = _Making(pick)
    steps = making.line([], making.one_of(1, 2, 3, 4))
    making.is_hook = True
    fields: dict[str, Any] = {
        "on_failure": tuple(making.line([], making.one_of(0, 0, 1, 2))),
        "at_end": tuple(making.line([], making.one_of(0, 0, 1, 2))),
    }
    last = steps[-1].id
    if making.one_of(True, False, False):
        fields["hold_on_failure_s"] = 100
    if making.one_of(True, False):
        match = {"k": parse_template(making.one_of(1, "${{ event.data.zzz }}"))}
        fields["cancel_on"] = (CancelOn(patterns=("stop.it",), match=match),)
    return a_workflow(
        *steps,
        output=making.one_of(
            *[None] * 4, *[f"${{{{ steps.{last}.status }}}}"] * 4, "${{ run.zzz }}"
        ),
        timeout_s=making.one_of(60, 10_000, 10_000),
        start_within_s=making.one_of(None, 30),
        **fields,
    )
