"""One schedule, from its seed to its verdict.

Chaos first: threads take turns, faults strike, people do what they planned. Then a time of healing
without faults, bounded in its turns: whatever is not at rest by then is stuck, and that is a failure
like any other.
"""

from __future__ import annotations

import math
import os
import random as random_module
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from unittest.mock import patch
from uuid import UUID

from django.db import OperationalError

from flowengine.conf import settings
from flowengine.engine.transitions import Transition
from flowengine.orchestration import foresight, recipients
from flowengine.orchestration.sync import sync
from flowengine.signals import dead_lettered, run_changed
from flowengine.worker.heartbeat import RENEWALS_PER_LEASE
from tests.simulation import rest
from tests.simulation.broker import Server
from tests.simulation.complaints import heard
from tests.simulation.faults import Faults
from tests.simulation.invariants import Violated
from tests.simulation.model.database import Changes
from tests.simulation.oracle import Oracle
from tests.simulation.people import People
from tests.simulation.pool import Book, Temper
from tests.simulation.process import Process
from tests.simulation.scheduler import Scheduler, Thread
from tests.simulation.stores import Effect, Store
from tests.simulation.workflows import Workflows

CHAOS_TURNS = 250
HEAL_TURNS = 10_000
"""An event that is put off for a minute holds up who must not start before it, whom beats look at five times
a second meanwhile: that alone took 7,286 turns once."""
LOOKS = 0.3
"""How likely a loop looks when time has passed: sooner or later each does."""
STATEMENT = "statement "
"""What the names of those points begin with that are statements."""
LEASE_STEP_S = 9.0
"""While a lease has to run out, time goes on in such steps: a beat that saw nothing for longer waits a
whole lease before it takes anything from anybody."""


@dataclass(slots=True)
class Verdict:
    """What came of a schedule."""

    seed: int
    violation: str = ""
    """What does not hold; empty = all does."""
    faults: list[str] = field(default_factory=list)
    turns: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)


class World:
    """Everything of one schedule."""

    def __init__(
        self,
        seed: int,
        store: Store,
        *,
        faults: Faults | None = None,
        keeps_trace: bool = False,
    ) -> None:
        """Before the first turn.

        Args:
            seed: decides everything.
            store: what the product's store is now; it is emptied.
            faults: which may strike; None = those of the seed.
            keeps_trace: remember what happened in which turn.
        """
        self.seed = seed
        self.random = Random(f"schedule {seed}")
        self.faults = faults or Faults(seed)
        self.scheduler = Scheduler(self.random, switches=self.random.choice([0.0, 0.02, 0.2]))
        self.scheduler.on_point = self._passed
        self.clock = self.scheduler.clock
        self.server = Server(self.faults, self.random)
        self.scheduler.on_switch = store.switch
        self.store = store
        self.temper = Temper(Random(f"temper {seed}"))
        self.book = Book()
        self.oracle = Oracle(store, self.book, self.clock.now, self._note_facts)
        self.processes: list[Process] = []
        self.restarts: list[float] = []
        self.trace: list[str] | None = [] if keeps_trace else None
        self._born = 0
        self.workflows = Workflows.of(Random(f"workflows {seed}"))
        people = People(
            Random(f"people {seed}"),
            Random(f"whims {seed}"),
            Random(f"holds {seed}"),
            self.clock,
            self.workflows,
            self.oracle.runs,
            store,
        )
        self._plan = people.plan()
        store.begin(self)

    def run(self) -> Verdict:
        """Play the schedule."""
        verdict = Verdict(self.seed)
        with self._in_place():
            try:
                catalog, sources = self.workflows.declared()
                sync(catalog, now=self.clock.now(), sources=sources)
                self._chaos()
                self._heal()
                self.oracle.judge()
            except Violated as violation:
                verdict.violation = str(violation)
            except Exception as error:  # noqa: BLE001 - nobody is there whom it could be told
                [*_, frame] = traceback.extract_tb(error.__traceback__)
                verdict.violation = f"raised: {error!r} at {frame.filename}:{frame.lineno}"
            finally:
                self.scheduler.close()
        verdict.faults = self.faults.happened
        verdict.turns = self.scheduler.turns
        verdict.seen = self.oracle.watch.seen
        verdict.trace = self.trace or []
        return verdict

    # -- phases ---------------------------------------------------------------------------------

    def _chaos(self) -> None:
        self.scheduler.start("people", self._act)
        for _ in range(self.random.choice([1, 2, 2, 3])):
            self._bear()
        for _ in range(CHAOS_TURNS):
            self._strike()
            if not self._go_on():
                if self._is_at_rest():
                    return
                self._pass_time()

    def _heal(self) -> None:
        self.faults.is_over = True
        self.temper.is_mild = True
        for thread in self.scheduler.threads:
            thread.paused_until = 0.0
        self.restarts = [0.0] * max(0, 2 - len(self.processes))
        for _ in range(HEAL_TURNS):
            if not self._go_on():
                if self._is_at_rest():
                    return
                self._pass_time()
        raise Violated(f"I10: not at rest after {HEAL_TURNS} turns: {self._unrest()}")

    # -- turns ----------------------------------------------------------------------------------

    def _go_on(self) -> bool:
        """One turn of somebody; False where nobody can have one."""
        while self.restarts and self.restarts[0] <= self.clock.seconds:
            self.restarts.pop(0)
            self._bear()
        threads = self.scheduler.ready()
        deliverable = self.server.deliverable()
        choice = (
            self.random.randrange(len(threads) + len(deliverable)) if threads or deliverable else -1
        )
        if choice < 0:
            return False
        if choice < len(threads):
            thread = threads[choice]
            self._note(thread.name)
            self.scheduler.turn(thread)
        else:
            queue, client = deliverable[choice - len(threads)]
            self._note(f"{queue} -> {client.name}")
            self.server.deliver(queue, client)
        return True

    def _strike(self) -> None:
        """What may go wrong between two turns."""
        match self.faults.strike("turn"):
            case "broker.wipe":
                self._note("-- the broker is wiped")
                self.server.wipe()
            case "broker.cut":
                self._note("-- connections are cut")
                self.server.cut()
            case "clock.jump":
                self._note("-- the clock jumps")
                self.clock.seconds += self.random.choice([1.0, 35.0, 300.0])
            case _:
                pass

    def _pass_time(self) -> None:
        """Nobody can go on now: let the time of the next one come."""
        now = self.clock.seconds
        plan = self._plan[0][0] if self._plan else math.inf
        due = min(plan, rest.next_due(self.store.tables))
        # What is due and was looked at without being done needs another look: the loops poll.
        due = due if due > now else now + settings().POLL_S
        target = min(due, self.scheduler.next_wake(), *self.restarts)
        if target == math.inf:
            target = now + settings().POLL_S
        waits_for_leases = rest.leases_run_out(self.store.tables, self.processes)
        if waits_for_leases:
            target = min(target, now + LEASE_STEP_S)
        if rest.is_adrift(self.store.tables, self.processes):
            target = min(target, now + settings().POLL_S)
        self.clock.seconds = max(target, now + 0.001)
        self._note(f"-- {self.clock.seconds:.3f} s")
        for process in list(self.processes):
            self._renew(process)
        for process in self.processes:
            for name, thread in process.loops():
                # Some look and others do not; but a beat has to be steady to take from the dead.
                if self.random.random() < LOOKS or (waits_for_leases and name == "beat"):
                    thread.wake()

    def _renew(self, process: Process) -> None:
        """A heartbeat is the one thread that is never late while its process lives."""
        if self.clock.seconds - process.renewed_at < settings().LEASE_S / RENEWALS_PER_LEASE:
            return
        thread = process.lease
        thread.wake()
        while not process.is_dead and thread in self.scheduler.ready():
            self.scheduler.turn(thread)

    # -- processes ------------------------------------------------------------------------------

    def _bear(self) -> None:
        self._born += 1
        name = f"worker {self._born}"
        self._note(f"-- {name} starts")
        self.processes.append(
            Process(
                name,
                worker=UUID(int=self._born),
                scheduler=self.scheduler,
                server=self.server,
                temper=self.temper,
                book=self.book,
                count=self._count,
                on_death=self._died,
                on_thread_death=self.store.hang_up,
            )
        )

    def _died(self, process: Process) -> None:
        self._note(f"-- {process.name} dies")
        self.processes.remove(process)
        self.restarts.append(self.clock.seconds + self.random.choice([0.5, 10.0, 60.0]))
        self.restarts.sort()

    def _act(self) -> float | None:
        """The thread of the people."""
        if not self._plan:
            return None
        at, act = self._plan[0]
        if at > self.clock.seconds:
            return at - self.clock.seconds
        self._plan.pop(0)
        try:
            act()
        except OperationalError:
            # They try again, as people do.
            self._plan.insert(0, (self.clock.seconds + 1.0, act))
        return 0.0

    def _count(self, effect: Effect) -> None:
        self.store.count(effect, self.random.getrandbits(60))

    def _is_at_rest(self) -> bool:
        return not self._plan and not any(self._unrest())

    def _unrest(self) -> list[object]:
        return rest.unrest(self.store.tables, self.processes)

    # -- what the store asks --------------------------------------------------------------------

    @property
    def current(self) -> Thread | None:
        """Whose turn it is."""
        return self.scheduler.current

    def before_statement(self, name: str) -> None:
        """Others may go first; the connection may be lost."""
        if self.scheduler.current is not None:
            self.scheduler.pass_point(f"{STATEMENT}{name}")

    def before_commit(self) -> None:
        """It may not come to it."""
        if self.scheduler.current is None:
            return
        self.scheduler.pass_point("commit")
        if self.faults.strike("commit"):
            self._note("-- a commit fails")
            raise self.store.error("commit.fails")

    def after_commit(self, changes: Changes) -> None:
        """Hold what was written against the invariants; the answer may be lost."""
        if not changes:
            return
        self.oracle.hold(changes)
        is_heard = self.scheduler.current is None or not self.store.loses_answers
        if not is_heard and self.faults.strike("answer"):
            self._note("-- the answer to a commit is lost")
            raise self.store.error("commit.unheard")

    def wait_until(self, is_free: Callable[[], bool]) -> None:
        """Until another transaction has ended."""
        self.scheduler.wait_until(is_free)

    def is_alive(self, worker: UUID) -> bool:
        """It lives, be it paused."""
        return any(process.worker == worker for process in self.processes)

    def now(self) -> datetime:
        """The clock of all."""
        return self.clock.now()

    # -- around ---------------------------------------------------------------------------------

    def _passed(self, point: str) -> None:
        """A point: the process may die here, or stand still, or lose its connection."""
        thread = self.scheduler.current
        process = None if thread is None else thread.owner
        if not isinstance(process, Process):
            return
        match self.faults.strike("point"):
            case "kill":
                process.die()
            case "pause":
                self._note(f"-- {process.name} stands still")
                process.pause(self.clock.seconds + self.random.choice([5.0, 45.0, 45.0, 100.0]))
                self.scheduler.lose_turn()
            case ("statement.fails" | "statement.slow") as fault if point.startswith(STATEMENT):
                self._note(f"-- {fault}: {point}")
                raise self.store.error(fault)
            case _:
                pass

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        """Everything that the product would take from the machine comes from the seed."""
        random_module.seed(self.seed)
        with (
            heard(),
            patch.dict(foresight._wanted, clear=True),
            patch.object(recipients, "members_of", lambda _groups: {}),  # nobody is in a group
            patch.object(os, "urandom", Random(f"entropy {self.seed}").randbytes),
            patch.object(time, "sleep", lambda _seconds: None),
            patch.object(run_changed, "send_robust", lambda **_given: None),
            patch.object(dead_lettered, "send_robust", lambda **_given: None),
        ):
            yield

    def _note(self, text: str) -> None:
        if self.trace is not None:
            self.trace.append(text)

    def _note_facts(self, run_id: UUID, facts: Sequence[Transition]) -> None:
        if self.trace is not None:
            for fact in facts:
                self.trace.append(f"     {str(run_id)[:8]} {fact}")
