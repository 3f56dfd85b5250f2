"""Seeded mistakes: one line of the product is another one, for as long as a test wants it.

A simulation that finds none of them is too weak to be believed. Each is applied to the function's own
code, so that whoever has imported it runs it; where the line is not there any more, that is an error.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import CodeType
from typing import Any

from tests.simulation.play import Tally, play_many


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One mistake."""

    name: str
    """What is wrong, in words."""
    where: str
    """``module:function`` or ``module:Class.method``."""
    line: str
    """A part of the source, once there."""
    instead: str
    seed: int
    """The first schedule that finds it."""
    store: str = "model"
    """The store it is looked for on."""


FOUND_WITHIN = 2_000
"""Schedules in which each must be found, from the first seed on."""


def hunt(mutant: Mutant, seeds: Iterable[int]) -> Tally:
    """Play schedules with this mistake until one fails."""
    with applied(mutant):
        return play_many(seeds, store=mutant.store)


@contextmanager
def applied(mutant: Mutant) -> Iterator[None]:
    """Within, the product has this mistake."""
    function = _function(mutant.where)
    before = function.__code__
    function.__code__ = _mutated(function, mutant)
    try:
        yield
    finally:
        function.__code__ = before


def _function(where: str) -> Any:
    module, _, path = where.partition(":")
    found: Any = import_module(f"flowengine.{module}")
    for name in path.split("."):
        found = vars(found)[name]
    return inspect.unwrap(found)


def _mutated(function: Callable[..., Any], mutant: Mutant) -> CodeType:
    source = textwrap.dedent(inspect.getsource(function))
    times = source.count(mutant.line)
    assert times == 1, f"{mutant.name}: {mutant.line!r} is in {mutant.where} {times} times"
    module = inspect.getmodule(function)
    assert module is not None, "a function of the product has a module"
    names: dict[str, Any] = dict(vars(module))
    source = "from __future__ import annotations\n" + source.replace(mutant.line, mutant.instead)
    exec(compile(source, f"<{mutant.name}>", "exec"), names)  # our own source
    code = inspect.unwrap(names[function.__name__]).__code__
    assert isinstance(code, CodeType)
    return code


MUTANTS = (
    Mutant(
        name="an attempt that was taken over may still end",
        where="engine.rules.attempts:_running",
        line="row.state is not StepState.RUNNING or row.attempt != message.attempt",
        instead="row.state is not StepState.RUNNING",
        seed=200,
    ),
    Mutant(
        name="a crash too many is no failure",
        where="engine.rules.attempts:lost",
        line="crashes < draft.limits.crashes_max",
        instead="crashes <= draft.limits.crashes_max",
        seed=4,
    ),
    Mutant(
        name="one more try than the policy allows",
        where="engine.backoff:next_try",
        line="step.tries + 1",
        instead="step.tries",
        seed=2,
    ),
    Mutant(
        name="a block is joined while a branch is at work",
        where="engine.rules.blocks:join",
        line="if counts.open:",
        instead="if counts.open > 1:",
        seed=5,
    ),
    Mutant(
        name="more items at a time than the loop allows",
        where="engine.rules.foreach:following",
        line="counts.open >= loop.max_parallel",
        instead="counts.open > loop.max_parallel",
        seed=5,
    ),
    Mutant(
        name="a branch does not wait for what it needs",
        where="engine.rules.blocks:_is_good",
        line="row is not None and row.state in GOOD",
        instead="True",
        seed=5,
    ),
    Mutant(
        name="the oldest is undone first",
        where="engine.rows:newest_first",
        line="key=_ended, reverse=True",
        instead="key=_ended",
        seed=81,
    ),
    Mutant(
        name="a run fails without a word",
        where="engine.rules.finish:run_failed",
        line="draft.commands.append(Bury(kind=FAILED_RUN, failure=failure, step=failure.step))",
        instead="pass",
        seed=1,
    ),
    Mutant(
        name="one person is a quorum",
        where="engine.rules.approvals:answered",
        line="len(row.answers) + 1 >= step.quorum",
        instead="True",
        seed=12,
    ),
    Mutant(
        name="a ready step is never overdue",
        where="orchestration.commit:_write_steps",
        line="replace(step, due_at=overdue_at)",
        instead="step",
        seed=0,
    ),
    Mutant(
        name="nobody looks for what is overdue",
        where="worker.cycle:Cycle._look_for_overdue",
        line="for run, step, item, _attempt in found",
        instead="for run, step, item, _attempt in []",
        seed=0,
    ),
    Mutant(
        name="what was begun unheard stays begun",
        where="worker.cycle:Cycle.audit",
        line="unknown & self._suspects:",
        instead="set():",
        seed=3,
    ),
    Mutant(
        name="what a dead worker held is not given to others",
        where="orchestration.rescue:rescue",
        line="if not expired:",
        instead="if expired:",
        seed=4,
    ),
    Mutant(
        name="an event that is routed already is routed again",
        where="orchestration.route:_route_all",
        line="if row.is_open]",
        instead="]",
        seed=2,
    ),
    Mutant(
        name="a wait does not look back",
        where="orchestration.waits:_look_back",
        line="waits.past(batch.traces)",
        instead="{run: [] for run in batch.traces}",
        seed=29,
    ),
    Mutant(
        name="a wait that is over goes on listening",
        where="engine.rules.waits:forget",
        line="draft.commands.append(Unlisten(step=row.id, item=row.item))",
        instead="pass",
        seed=34,
    ),
    Mutant(
        name="an event wakes nobody",
        where="orchestration.route:route",
        line="waits.wake(wanted, now)",
        instead="Committed()",
        seed=29,
    ),
    Mutant(
        name="the caller does not hear of its child's end",
        where="orchestration.pass_on:_pass_on",
        line="if each.parent is not None and not each.parent.detached",
        instead="if False",
        seed=10,
    ),
    Mutant(
        name="a place is not passed on",
        where="orchestration.pass_on:_pass_on",
        line="if not each.tail",
        instead="if each.tail",
        seed=4,
    ),
    Mutant(
        name="a run starts though no place is free",
        where="engine.rules.gates:_start",
        line=" or not places.free",
        instead="",
        seed=4,
    ),
    Mutant(
        name="a replay has the runs that the event had before",
        where="orchestration.route:_ask",
        line="run = run_id(event.id, workflow.name, event.replay)",
        instead="run = run_id(event.id, workflow.name)",
        seed=16,
    ),
    Mutant(
        name="an idempotency key is forgotten at once",
        where="engine.rules.gates:pass_gates",
        line="now < used.until",
        instead="False",
        seed=15,
    ),
    Mutant(
        name="a fenced attempt keeps what it wrote",
        where="orchestration.transactional:_save",
        line="if advanced.stale:",
        instead="if False:",
        seed=295,
    ),
    Mutant(
        name="a run that others have written meanwhile is not read again",
        where="orchestration.trace:_unchanged",
        line="heads.get(run_id) == (run.seq, run.due_at)",
        instead="run_id in heads",
        seed=7,
    ),
    Mutant(
        name="the store forgets who works on a step",
        where="store.steps:_moving",
        line="step.worker, step.due_at",
        instead="None, step.due_at",
        seed=0,
        store="sqlite",
    ),
    Mutant(
        name="the store does not write what a gate remembers",
        where="store.keys:save",
        line="if state != before.get(key)",
        instead="if False",
        seed=1,
        store="sqlite",
    ),
    Mutant(
        name="the store lets a wait look back at nothing",
        where="store.waits:past",
        line="found[sql.as_uuid(row[0])].setdefault(event.id, event)",
        instead="pass",
        seed=127,
        store="sqlite",
    ),
    Mutant(
        name="a burst starts the run of the replay that its event has now",
        where="orchestration.bursts:run_due",
        line="replace(stored[of.event], replay=of.replay, again=of.again)",
        instead="stored[of.event]",
        seed=140,
    ),
    Mutant(
        name="a replay has idempotency keys of its own",
        where="engine.identity:kept_keys",
        line="kept = again.keys.get(workflow)",
        instead="return None",
        seed=16,
    ),
)
"""At least one for each thing that must not happen."""
