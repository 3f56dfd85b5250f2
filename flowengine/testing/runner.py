"""The inline runner: the whole line in the test's own thread, on a clock that is set.

It calls what the worker calls (route, advance, the attempt), without broker and threads. Everything
happens in the transaction that the test is in, and ends with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q

from flowengine import signals
from flowengine.conf import settings
from flowengine.engine.messages import Due
from flowengine.engine.states import StepState
from flowengine.models import EventRecord, RunRecord, StepRecord
from flowengine.orchestration import route
from flowengine.orchestration.advance import Begun, Told, Wanted, Work, advance
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.save import save
from flowengine.orchestration.sync import sync_project
from flowengine.store import runs, steps
from flowengine.store.clock import DatabaseClock
from flowengine.store.events import EventState
from flowengine.tasks import registry
from flowengine.testing.attempts import Attempts
from flowengine.testing.clock import SetClock, span
from flowengine.testing.reading import SeenRun, runs_of, why_no_run

PAGE = 500
WORKER = UUID(int=1)
"""What the steps name as their worker."""


@contextmanager
def inline(*, at: datetime | None = None) -> Iterator[Runner]:
    """Workflows inside, without broker, worker and threads.

    The project's workflow files are synchronised into the test's database. Nothing runs by itself:
    :meth:`Runner.run` and :meth:`Runner.advance` do what there is to do.

    Args:
        at: where the clock stands; aware. None = the present.

    Raises:
        DefinitionError: a workflow file of the project has errors; all of them.
    """
    clock = SetClock(at or DatabaseClock().now())
    sync_project(now=clock.now())
    yield Runner(clock)


class Runner:
    """Runs what was emitted, when the test says so."""

    def __init__(self, clock: SetClock) -> None:
        self.clock = clock
        self._attempts = Attempts(clock)

    def run(self) -> None:
        """Do all there is to do at this instant: route events, call the tasks of ready steps.

        Events that tasks emit are routed too. A step that waits for its retry waits for
        :meth:`advance`. A task that fails makes no error here: its run says so.
        """
        if self._attempts.is_working:
            raise RuntimeError("run() was called inside a task: the runner that calls it goes on")
        busy = True
        while busy:
            busy = self._route()
            busy = self._wake() or busy
            busy = self._work() or busy

    def advance(self, by: timedelta | float | str) -> None:
        """Let time pass (``"10s"``, ``"2h"``, seconds) and do what becomes due, each at its instant.

        Inside a task it only moves the clock: this is how a test makes a task take its time.
        """
        target = self.clock.now() + span(by)
        if self._attempts.is_working:
            self.clock.move_to(target)
            self._attempts.look_at_clock()
            return
        self.run()
        while (due := self._next_due()) is not None and due <= target:
            self.clock.move_to(due)
            self.run()
        self.clock.move_to(target)

    def fake(self, task: str, function: Callable[..., Any]) -> None:
        """Call *function*, ``def`` or ``async def``, wherever a step calls *task*.

        It takes the task's parameters by name, and the attempt where the task takes it.

        Raises:
            LookupError: no such task is registered.
        """
        self._attempts.fake(task, function)

    def run_of(self, workflow: str) -> SeenRun:
        """The one run of that workflow.

        Raises:
            AssertionError: there is none, with the reason; or there are several.
        """
        found = runs_of(workflow)
        if len(found) == 1:
            return found[0]
        if not found:
            raise AssertionError(why_no_run(workflow))
        listed = "\n".join(str(run) for run in found)
        raise AssertionError(
            f"there are {len(found)} runs of {workflow!r}; take one of runs_of({workflow!r}):\n{listed}"
        )

    def runs_of(self, workflow: str) -> list[SeenRun]:
        """All runs of that workflow, in the order of their start; none is no error."""
        return runs_of(workflow)

    # -- what there is to do --------------------------------------------------------------------

    def _route(self) -> bool:
        """Ask every workflow about the events that wait."""
        now = self.clock.now()
        ids = self._events().filter(Q(state=EventState.PENDING) | Q(tries=0) | Q(due_at__lte=now))
        page = list(ids.order_by("created_at", "id").values_list("id", flat=True)[:PAGE])
        if not page:
            return False
        routed = route.route(page, now=now)
        self._announce(routed.committed)
        return routed.routed > 0

    def _wake(self) -> bool:
        """Tell runs what is due: delays that are over, and their own time."""
        now = self.clock.now()
        ids = [*(run for run, _at in steps.due(now, limit=PAGE)), *runs.due(now, limit=PAGE)]
        told = tuple(Told(run_id=run, message=Due()) for run in dict.fromkeys(ids))
        if not told:
            return False
        committed = advance(Work(told=told), now).committed
        self._announce(committed)
        return bool(committed.heads)

    def _work(self) -> bool:
        """Call the tasks of all steps that are ready, in the order in which they became so."""
        ready = StepRecord.objects.using(settings().DATABASE).filter(
            state=StepState.READY, worker_id=None
        )
        places = list(
            ready.order_by("ready_at", "run_id", "step").values_list("run_id", "step", "item")[
                :PAGE
            ]
        )
        count = 0
        for run_id, step, item in places:
            for begun in self._begin(Wanted(run_id=run_id, step=step, item=item)):
                self._perform(begun)
                count += 1
        return count > 0

    def _begin(self, wanted: Wanted) -> list[Begun]:
        work = Work(wanted=(wanted,), worker=WORKER, tasks=registry.names())
        advanced = advance(work, self.clock.now())
        if advanced.unknown:
            task = StepRecord.objects.using(settings().DATABASE).get(
                run_id=wanted.run_id, step=wanted.step, item=wanted.item
            )
            raise AssertionError(
                f"step {wanted.step!r} calls {task.task!r}, which is not registered"
            )
        self._announce(advanced.committed)
        return advanced.begun

    def _perform(self, begun: Begun) -> None:
        ended, said = self._attempts.perform(begun)
        is_saved = ended.committed is not None or ended.fenced
        if ended.committed is not None:
            self._announce(ended.committed)
        work = Work(
            told=() if is_saved else (Told(run_id=begun.run.id, message=ended.message),),
            progress=() if said is None else (said,),
        )
        self._announce(save(work, self.clock.now()).committed)

    def _next_due(self) -> datetime | None:
        """When something that waits becomes due; None = nothing waits for the clock."""
        alias = settings().DATABASE
        waiting = (
            StepRecord.objects.using(alias).filter(state=StepState.RETRYING),
            RunRecord.objects.using(alias),
            self._events().filter(tries__gt=0),
        )
        found = [each.aggregate(at=Min("due_at"))["at"] for each in waiting]
        return min((at for at in found if at is not None), default=None)

    def _events(self) -> Any:
        """Those not routed yet."""
        return EventRecord.objects.using(settings().DATABASE).filter(
            state__in=[EventState.PENDING, EventState.PUBLISHED]
        )

    def _announce(self, committed: Committed) -> None:
        """Signals are sent after the commit: in a ``TestCase`` that is only where one is captured."""
        if committed.heads or committed.buried:
            transaction.on_commit(partial(_send, committed), using=settings().DATABASE)


def _send(committed: Committed) -> None:
    if committed.heads:
        signals.run_changed.send(sender=None, heads=committed.heads)
    if committed.buried:
        signals.dead_lettered.send(sender=None, ids=committed.buried)
