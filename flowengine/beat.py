"""The loop that decides what is due: delays that are over, runs out of time, leases that ran out.

As many copies as one likes: each reads ids without locks, locks what it can and checks again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from flowengine import project
from flowengine.broker.base import Broker
from flowengine.conf import settings
from flowengine.engine.messages import Due
from flowengine.orchestration import (
    bursts,
    forgetting,
    groups,
    notify,
    prune,
    schedule,
    turns,
    waits,
)
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.follow import see_through
from flowengine.orchestration.notices import telling
from flowengine.orchestration.replay.due import run_due as replay_due
from flowengine.orchestration.rescue import rescue
from flowengine.orchestration.save import save
from flowengine.orchestration.work import Told, Work
from flowengine.store import due, due_steps, keys, paces, places, replays, runs, sql
from flowengine.store.clock import Clock

PAGE = 500
STARTS = (bursts.run_due, turns.run_due, replay_due)
"""What makes runs begin when their time has come."""
LOCKED_S = 0.02
"""What is due but held by another transaction is looked at again after this."""
FORGET_S = 3600.0
"""Between two looks for what nobody can ask for any more."""
FORGET_PAGE = 5000
LOOK_EVERY_S = 10.0
"""Between two rounds over all there may be, whether anything is known to be due or not."""
NOTICE_S = 5.0
"""Between two looks at what operators want to hear of."""
LEARN_S = 300.0
"""Between two looks at how long runs take."""


class Beat:
    """One beat: its broker, its clock, and when it last managed to look."""

    def __init__(
        self, *, broker: Broker, clock: Clock, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._broker = broker
        self._clock = clock
        self._monotonic = monotonic
        self._swept_at: float | None = None
        self._patient_until = 0.0
        self._forget_at = monotonic()
        self._pruning: prune.Pass | None = None
        self._learn_at = monotonic()
        self._notice_at = monotonic()
        self._looked_at = float("-inf")
        self.next_s = 0.0
        """Seconds in which nothing is due, as far as was known at the last look."""

    def run_once(self) -> bool:
        """Do what is due now, a page of each; True while there may be more at once."""
        now = self._clock.now()
        self._sweep(now)
        at = self._monotonic()
        nexts: tuple[datetime | None, ...] = (due.earliest(now),)
        more = False
        if at - self._looked_at >= LOOK_EVERY_S or (nexts[0] is not None and nexts[0] <= now):
            self._looked_at = at
            more = self._wake(now)
            nexts = (due_steps.next_due(), places.next_start(), replays.next_due())
        more = self._forget(now) or more
        more = self._notice(now) or more
        self._learn()
        self.next_s = settings().POLL_S
        for next_due in nexts:
            if next_due is not None:
                ahead = (next_due - self._clock.now()) / timedelta(seconds=1)
                self.next_s = min(max(ahead, LOCKED_S), self.next_s)
        return more

    def _wake(self, now: datetime) -> bool:
        """Tell runs that their time, or that of a step, has come; do what others left undone."""
        of_steps = due_steps.due(now, limit=PAGE)
        open_runs, finals = runs.due(now, limit=PAGE)
        listening = waits.overdue(now, limit=PAGE)
        ids = dict.fromkeys([*of_steps.runs, *open_runs])
        if ids:
            told = tuple(Told(run_id=run, message=Due()) for run in ids)
            self._say(save(Work(told=told), now).committed, now)
        owed = Committed(listening=listening, finals=finals, orphans=of_steps.settled)
        self._say(owed, now)
        more = max(len(open_runs) + len(finals), len(listening)) >= PAGE or of_steps.is_page
        if schedule.run_once(now, limit=PAGE) or keys.forget(now, limit=PAGE) == PAGE:
            more = True
        more = notify.run_due(now, limit=PAGE) or more
        more = groups.run_due(now) or more
        for run_due in STARTS:
            started, is_page = run_due(now, limit=PAGE)
            self._say(started, now)
            more = more or is_page
        return more

    def _forget(self, now: datetime) -> bool:
        """Now and then delete a page of what nobody can ask for; True where another follows at once."""
        at = self._monotonic()
        if at < self._forget_at:
            return False
        if self._pruning is None:
            if forgetting.run_once(now, limit=FORGET_PAGE):
                return True
            self._pruning = prune.Pass(now)
        self._pruning.page()
        if not self._pruning.is_over:
            return True
        self._pruning = None
        self._forget_at = at + FORGET_S
        return False

    def _notice(self, now: datetime) -> bool:
        """Now and then, what operators want to hear of; True where there may be more at once."""
        at = self._monotonic()
        if at < self._notice_at:
            return False
        more = telling.run_once(project.catalog(), now)
        self._notice_at = at if more else at + NOTICE_S
        return more

    def _learn(self) -> None:
        """Now and then, how long runs of each workflow take."""
        at = self._monotonic()
        if at >= self._learn_at:
            paces.learn()
            self._learn_at = at + LEARN_S

    def _say(self, committed: Committed, now: datetime) -> None:
        see_through(committed, self._broker, now)

    def _sweep(self, now: datetime) -> None:
        """Rescue, but never out of a gap of our own.

        Who has not looked for a third of a lease cannot know whether the others could renew: the
        database may have been down for all. Then everyone gets one whole lease first. On SQLite
        leases follow the living process instead (see ``rescue``), so there is nothing to wait for.
        """
        at = self._monotonic()
        # Two rests of our own are no gap: the poll may be slow on purpose.
        gap_s = max(settings().LEASE_S / 3, 2 * settings().POLL_S)
        late = self._swept_at is None or at - self._swept_at > gap_s
        if late and sql.is_postgresql():
            self._patient_until = at + settings().LEASE_S
        self._swept_at = at
        if at >= self._patient_until:
            self._say(rescue(now).committed, now)
