"""What people and other programs do in a schedule: emit, answer, cancel, resume, hold, publish, replay.

All of it is decided beforehand, by the seed; what is not possible when its time comes is done all the
same, because nobody keeps people from pressing a button twice, or too late.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from flowengine.engine.event import Again
from flowengine.engine.messages import Answered
from flowengine.engine.rules import holding
from flowengine.engine.run import Run
from flowengine.engine.states import RunState, StepState
from flowengine.errors import CallerError
from flowengine.orchestration import control
from flowengine.orchestration.advance import tell
from flowengine.orchestration.audit import By
from flowengine.orchestration.sync import sync
from flowengine.store import drafts, events, sql
from flowengine.store.clock import Clock
from flowengine.store.events import EventState
from tests.simulation.generator import ANSWERED, BEGUN, DROPPED
from tests.simulation.stores import Store
from tests.simulation.workflows import Workflows

Act = Callable[[], None]
BY = By(who="1", reason="a schedule")


@dataclass(slots=True)
class People:
    """Who is outside of the engine."""

    random: Random
    whims: Random
    """Decides what is done seldom: a source of its own, so that a schedule without is what it was."""
    holds: Random
    """Decides who holds runs by hand, and when they are released."""
    clock: Clock
    workflows: Workflows
    runs: Callable[[], list[Run]]
    """Every run as it is stored now, with all its rows."""
    store: Store

    def plan(self) -> list[tuple[float, Act]]:
        """What is done when, in seconds from the beginning; the first is the reason for all."""
        count = self.random.choice([1, 1, 2, 2, 3, 4, 6])
        hurry = self.random.choice([1.0, 1.0, 0.3])
        stride = self.random.choice([1, 2, 2])  # of two, all have the same key
        plan: list[tuple[float, Act]] = []
        for n in range(0, count * stride, stride):
            at = 0.0 if n == 0 else self._some_time() * hurry
            plan.append((at, self._emits(BEGUN, n=n)))
            if self.random.random() < 0.6:
                plan.append((self._some_time(), self._emits(ANSWERED, n=n)))
            if self.random.random() < 0.15:
                plan.append((self._some_time(), self._emits(DROPPED, n=n)))
        doings: list[Act] = [
            *([self._cancels] * (self.random.random() < 0.2)),
            *([self._answers] * self.random.randrange(4)),
            *([self._resumes] * self.random.choice([0, 0, 1, 2, 3])),
            *([self._gives_up] * (self.random.random() < 0.1)),
            *([self._publishes] * (self.random.random() < 0.15)),
        ]
        plan += [(self._some_time(), doing) for doing in doings]
        plan += self._whims()
        plan += self._holds()
        return sorted(plan, key=lambda each: each[0])

    def _whims(self) -> list[tuple[float, Act]]:
        """What is done in few schedules."""
        whims = self.whims
        doings: list[Act] = []
        if whims.random() < 0.1:
            doings += [self._replays] * whims.choice([1, 1, 2, 4])
        if whims.random() < 0.05:
            # Not the listener: its one tick is waited for.
            workflow = whims.choice(["main", "main", "child"])
            doings += [self._switches(workflow, is_enabled=on) for on in (False, True)]
        if whims.random() < 0.1:
            doings += [self._corrects] * whims.choice([1, 2])
        return [(whims.choice([0.5, 5.0, 40.0]) * whims.random(), doing) for doing in doings]

    def _holds(self) -> list[tuple[float, Act]]:
        """Runs are held in few schedules, and released again in each of these."""
        holds, plan = self.holds, list[tuple[float, Act]]()
        if holds.random() >= 0.15:
            return plan
        for _ in range(holds.choice([1, 2, 4])):
            at = holds.choice([0.5, 5.0, 20.0]) * holds.random()
            plan += [(at, self._hold), (at + holds.choice([0.2, 3.0, 30.0]), self._release)]
        return [*plan, (60.0, self._release)]

    def _some_time(self) -> float:
        return self.random.choice([0.5, 5.0, 40.0]) * self.random.random()

    # -- doings ---------------------------------------------------------------------------------

    def _emits(self, event: str, **data: Any) -> Act:
        event_id = UUID(int=self.random.getrandbits(128), version=4)
        content = {**data, "list": [1, 2][: self.random.randrange(3)], "yes": True}

        def emit() -> None:
            draft = drafts.Draft(
                id=event_id,
                type=event,
                data=msgspec.json.encode(content),
                correlation_id=str(event_id),
            )
            with sql.writing():
                drafts.put([draft], "default")

        return emit

    def _cancels(self) -> None:
        run = self._some(lambda _run: True)
        if run is not None:
            control.cancel(run.id, by=BY, now=self.clock.now())

    def _hold(self) -> None:
        found = self.runs()
        if found:
            with suppress(CallerError):
                control.hold(self.holds.choice(found).id, by=BY, now=self.clock.now())

    def _release(self) -> None:
        for run in self.runs():
            if run.holding or holding.is_held(run):
                with suppress(CallerError):
                    control.release(run.id, by=BY, now=self.clock.now())

    def _answers(self) -> None:
        asked = [
            (run, row)
            for run in self.runs()
            for row in run.steps.values()
            if row.kind == "approval" and row.state is StepState.WAITING
        ]
        if not asked:
            return
        run, row = self.random.choice(asked)
        user = self.random.choice(["1", "1", "2", "3"])
        said = Answered(step=row.id, item=row.item, user=user, approved=self.random.random() < 0.8)
        for _ in range(self.random.choice([1, 1, 2])):
            tell({run.id: said}, self.clock.now())

    def _resumes(self) -> None:
        run = self._some(lambda run: run.state in {RunState.FAILED, RunState.HELD})
        if run is None:
            return
        how: dict[str, Any] = self.random.choice(
            [{}, {}, {"skip": True}, {"is_done": True, "output": {"a": 2}}]
        )
        for _ in range(self.random.choice([1, 1, 2])):
            with suppress(CallerError):
                control.resume(run.id, by=BY, now=self.clock.now(), **how)

    def _gives_up(self) -> None:
        run = self._some(lambda run: run.state is RunState.HELD)
        if run is not None:
            with suppress(CallerError):
                control.give_up(run.id, by=BY, now=self.clock.now())

    def _publishes(self) -> None:
        """A new version of ``main`` takes new runs from now on."""
        self.workflows.change(self.random)
        catalog, sources = self.workflows.declared()
        sync(catalog, now=self.clock.now(), sources=sources)

    def _replays(self) -> None:
        """An event is to have runs once more, or one of its runs is to begin anew."""
        routed = [
            row.event.id
            for row in self.store.tables["event"].rows.values()
            if row.event.type == BEGUN and row.state == EventState.ROUTED
        ]
        if not routed:
            return
        event_id = self.whims.choice(routed)
        restarted = next((run.id for run in self.runs() if run.event.id == event_id), None)
        again = Again(origin=event_id, by=BY.who)
        if restarted is not None and self.whims.random() < 0.5:
            again = replace(again, only="main", restart_of=restarted)
        with sql.writing():
            for row in events.lock([event_id]):
                if row.state is EventState.ROUTED:
                    number = row.event.replay + 1
                    event = replace(row.event, replay=number, again=again)
                    unsent = {event_id} if row.is_unsent else set()
                    events.replay([event], self.clock.now(), unsent=unsent)

    def _switches(self, workflow: str, *, is_enabled: bool) -> Act:
        def switch() -> None:
            with sql.writing():
                self.store.enable(workflow, is_enabled=is_enabled)

        return switch

    def _corrects(self) -> None:
        """Go on with other inputs."""
        failed = [run for run in self.runs() if run.state in {RunState.FAILED, RunState.HELD}]
        if failed:
            run = self.whims.choice(failed)
            with suppress(CallerError):
                control.resume(run.id, by=BY, inputs={"more": 3}, now=self.clock.now())

    def _some(self, is_wanted: Callable[[Run], bool]) -> Run | None:
        found = list(filter(is_wanted, self.runs()))
        return self.random.choice(found) if found else None
