"""Holds every commit against the invariants, and the whole at the end.

It reads what is committed from the store's tables, and what ought to be there from the history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from flowengine.definitions.model import Workflow
from flowengine.engine import identity
from flowengine.engine.event import Event
from flowengine.engine.rules.admission import SCHEDULE
from flowengine.engine.run import Place, Run, Step
from flowengine.engine.transitions import Transition
from flowengine.store.events import EventState
from tests.simulation import between
from tests.simulation.generator import BEGUN
from tests.simulation.invariants import Violated, Watch, ended_well, hold
from tests.simulation.model.database import Changes
from tests.simulation.model.definitions import bound
from tests.simulation.pool import Book
from tests.simulation.stores import Store


class Oracle:
    """Of one schedule."""

    def __init__(
        self,
        store: Store,
        book: Book,
        now: Callable[[], datetime],
        on_facts: Callable[[UUID, Sequence[Transition]], None],
    ) -> None:
        """Nothing has happened yet.

        Args:
            store: what is held.
            book: what user code did.
            now: the clock of all.
            on_facts: told of each history row that is committed, for a trace.
        """
        self._store = store
        self._now = now
        self._on_facts = on_facts
        self._digests: dict[str, Workflow] = {}
        self._was_disabled = False
        self._book = book
        self.watch = Watch(self.workflow, returned=book.returned)

    def hold(self, changes: Changes) -> None:
        """A commit has made these changes."""
        touched: dict[UUID, list[Place]] = {}
        facts = []
        _may_be_changed(changes)
        self._answered(changes)
        for (table, _key), (before, after) in changes.items():
            if after is None:
                continue
            if table == "run":
                touched.setdefault(after.id, [])
                if before is None:
                    own = identity.run_id(after.event.id, after.workflow, after.replay)
                    hold(after.id == own, "I2", f"{after.id} is not of its event's replay: {own}")
                    first = identity.run_id(after.event.id, after.workflow)
                    is_kept = after.keys_of == first or after.event.target is not None
                    hold(is_kept, "I9", f"{after.id} has other keys than {first}")
                    self.watch.created(after)
            elif table == "step":
                touched.setdefault(after.run, []).append(after.step.place)
            elif table == "history" and before is None:
                facts.append(after)
            elif table == "dead_letter" and before is None:
                self.watch.buried(after.value.run_id, after.value.kind)
        for row in sorted(facts, key=lambda row: (str(row.key[0]), row.key[1])):
            head, happened, at = row.value
            self._on_facts(row.key[0], happened)
            self.watch.happened(row.key[0], head, happened, at)
        for run_id, places in touched.items():
            self.watch.agrees(self.run(run_id), places)
        between.check(self._store.tables, changes, self.workflow, self._now())

    def judge(self) -> None:
        """All is at rest: hold the whole."""
        for run in self.runs():
            self.watch.agrees(run)
        counted = Counter(row.effect for row in self._store.tables["count"].rows.values())
        ended_well(self.watch, called=self._book.called, counted=counted)
        self._decided_once()

    def runs(self) -> list[Run]:
        """Every run with all its rows, as committed."""
        return [self.run(run_id) for run_id in list(self._store.tables["run"].rows)]

    def run(self, run_id: object) -> Run:
        """One run with all its rows, as committed."""
        run: Run = self._store.tables["run"].rows[run_id]
        steps: dict[Place, Step] = {
            row.step.place: row.step
            for row in self._store.tables["step"].rows.values()
            if row.run == run_id
        }
        return replace(run, steps=steps)

    def workflow(self, digest: str) -> Workflow:
        """The workflow of that digest, as it is stored."""
        if digest not in self._digests:
            stored = self._store.tables["definition"].rows[digest].value
            signatures = tuple(sorted(stored.signatures.items()))
            self._digests[digest] = bound(stored.source, stored.path, signatures)
        return self._digests[digest]

    def _decided_once(self) -> None:
        """I2: a run for each answer that says so, and for no other."""
        tables = self._store.tables
        runs = set(tables["run"].rows)
        answers = tables["decision"].rows.values()
        started = {row.run for row in answers if row.outcome in {"started", "queued"}}
        if started != runs:
            raise Violated(f"I2: started {started}, and there are {runs}")
        for row in tables["event"].rows.values():
            if row.event.type == BEGUN and row.state == EventState.ROUTED:
                self._each_time(row.event)
        ticks = [row for row in tables["event"].rows.values() if row.event.type == SCHEDULE]
        if len(ticks) != 1:
            raise Violated(f"I2: one tick has come, and these were told: {ticks}")
        waiting = [row for row in answers if row.outcome == "debouncing"]
        if waiting:
            raise Violated(f"I10: still debouncing: {waiting}")

    def _answered(self, changes: Changes) -> None:
        """I2: an answer is of the replay that the event was in, and so is the run that it names."""
        events = self._store.tables["event"].rows
        for (table, _key), (before, after) in changes.items():
            if table == "workflow" and after is not None and not after.is_enabled:
                self._was_disabled = True
            if table == "decision" and before is None and after is not None:
                event, workflow, replay = after.key
                is_own = after.run == identity.run_id(event, workflow, replay)
                hold(is_own, "I2", f"{after} names the run of something else")
                now = events[event].event.replay
                hold(replay == now, "I2", f"{after} is of replay {replay}, not {now}")

    def _each_time(self, event: Event) -> None:
        """I2: ``main``, which starts on it, has answered each replay, once."""
        answers = self._store.tables["decision"].rows.values()
        times = sorted(row.key[2] for row in answers if row.key[:2] == (event.id, "main"))
        wanted = list(range(event.replay + 1))
        is_so = times == wanted or (self._was_disabled and set(times) <= set(wanted))
        hold(is_so, "I2", f"main answered the replays {times} of {event.id}, not {wanted}")


def _may_be_changed(changes: Changes) -> None:
    """Some rows are written once."""
    for (table, _key), (before, after) in changes.items():
        if before is None or before == after:
            continue
        if table == "decision":
            is_open = before.outcome == "debouncing" and after is not None
            hold(is_open, "I2", f"a decision is decided again: {before} -> {after}")
        hold(table != "history", "I11", f"the past is changed: {before} -> {after}")
        hold(table != "dead_letter", "I13", f"a dead letter is changed: {before} -> {after}")
        hold(table != "run" or after is not None, "I11", f"a run is gone: {before}")
