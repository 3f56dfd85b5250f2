"""What there is to do at one instant, done in the test's own thread: route, wake, begin, call.

It is what the loops of a worker do (router, beat, cycle), by the same functions, without a broker.
"""

from __future__ import annotations

from datetime import datetime
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
from flowengine.orchestration import bursts, route, schedule, turns, waits
from flowengine.orchestration.advance import advance
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.follow import follow
from flowengine.orchestration.notify import said_by
from flowengine.orchestration.replay.due import run_due as replay_due
from flowengine.orchestration.save import save
from flowengine.orchestration.work import Begun, Told, Wanted, Work
from flowengine.store import due_steps, places, replays, runs
from flowengine.store.events import EventState
from flowengine.tasks import registry
from flowengine.testing.attempts import Attempts
from flowengine.testing.clock import SetClock

PAGE = 500
WORKER = UUID(int=1)
"""What the steps name as their worker."""


class Doing:
    """Does what is to be done; says whether there was anything."""

    def __init__(self, clock: SetClock, attempts: Attempts) -> None:
        self._clock = clock
        self._attempts = attempts

    def all(self) -> None:
        """Everything, until nothing is left to do at this instant."""
        busy = True
        while busy:
            busy = self._route()
            busy = self._wake() or busy
            busy = self._work() or busy

    def next_due(self) -> datetime | None:
        """When something that waits becomes due; None = nothing waits for the clock."""
        rows = (
            RunRecord.objects.using(settings().DATABASE),
            _events().filter(tries__gt=0),
        )
        found = [each.aggregate(at=Min("due_at"))["at"] for each in rows]
        found += [due_steps.next_due(), places.next_start(), replays.next_due()]
        return min((at for at in found if at is not None), default=None)

    def say(self, committed: Committed) -> None:
        """Announce what was committed, and do what that leaves to do.

        Signals are sent after the commit: in a ``TestCase`` that is only where one is captured.
        """
        self._announce(committed)
        for each in follow(committed, self._clock.now()):
            self._announce(each)

    def _announce(self, committed: Committed) -> None:
        if committed.heads or committed.buried or committed.emitted:
            transaction.on_commit(partial(_send, committed), using=settings().DATABASE)

    def _route(self) -> bool:
        """Wake who waits for the events that came, and ask every workflow about them."""
        now = self._clock.now()
        ids = _events().filter(Q(state=EventState.PENDING) | Q(tries=0) | Q(due_at__lte=now))
        page = list(ids.order_by("created_at", "id").values_list("id", flat=True)[:PAGE])
        if not page:
            return False
        routed = route.route(page, now=now)
        self.say(routed.committed)
        return routed.routed > 0

    def _wake(self) -> bool:
        """Do what is due: delays and waits that are over, runs out of time, starts, ticks."""
        now = self._clock.now()
        of_steps = due_steps.due(now, limit=PAGE)
        open_runs, finals = runs.due(now, limit=PAGE)
        told = [
            Told(run_id=run, message=Due()) for run in dict.fromkeys([*of_steps.runs, *open_runs])
        ]
        done = save(Work(told=tuple(told)), now).committed if told else Committed()
        done.add(
            Committed(
                listening=waits.overdue(now, limit=PAGE), finals=finals, orphans=of_steps.settled
            )
        )
        for run_due in (bursts.run_due, turns.run_due, replay_due):
            done.add(run_due(now, limit=PAGE)[0])
        schedule.run_once(now, limit=PAGE)
        self.say(done)
        return bool(done.heads) or _events().filter(tries=0).exists()

    def _work(self) -> bool:
        """Call the tasks of all steps that are ready, in the order in which they became so."""
        ready = StepRecord.objects.using(settings().DATABASE).filter(
            state=StepState.READY, worker_id=None
        )
        found = ready.order_by("-priority", "ready_at", "run_id", "step", "item")
        count = 0
        for run_id, step, item in list(found.values_list("run_id", "step", "item")[:PAGE]):
            for begun in self._begin(Wanted(run_id=run_id, step=step, item=item)):
                self._perform(begun)
                count += 1
        return count > 0

    def _begin(self, wanted: Wanted) -> list[Begun]:
        work = Work(wanted=(wanted,), worker=WORKER, tasks=registry.names())
        advanced = advance(work, self._clock.now())
        if advanced.unknown:
            task = StepRecord.objects.using(settings().DATABASE).get(
                run_id=wanted.run_id, step=wanted.step, item=wanted.item
            )
            raise AssertionError(
                f"step {wanted.step!r} calls {task.task!r}, which is not registered"
            )
        self.say(advanced.committed)
        return advanced.begun

    def _perform(self, begun: Begun) -> None:
        ended, said = self._attempts.perform(begun)
        is_saved = ended.committed is not None or ended.fenced
        if ended.committed is not None:
            self.say(ended.committed)
        notified = said_by(begun.step.id, begun.step.item, ended.notifications)
        end = Told(run_id=begun.run.id, message=ended.message, said=notified)
        work = Work(
            told=() if is_saved else (end,),
            progress=() if said is None else (said,),
        )
        self.say(save(work, self._clock.now()).committed)


def _events() -> Any:
    """Those not routed yet."""
    return EventRecord.objects.using(settings().DATABASE).filter(
        state__in=[EventState.PENDING, EventState.PUBLISHED]
    )


def _send(committed: Committed) -> None:
    if committed.heads:
        signals.run_changed.send(sender=None, heads=committed.heads)
    for event_id, name in committed.emitted:
        signals.event_emitted.send(sender=None, event_id=event_id, type=name)
    if committed.buried:
        signals.dead_lettered.send(sender=None, ids=committed.buried)
