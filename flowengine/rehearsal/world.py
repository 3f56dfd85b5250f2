"""The shell of a rehearsal: what the database, the broker and the workers do, in one thread.

Everything that happens, happens at one instant of a clock that is set. When nothing can be done at
that instant any more, whoever drives the rehearsal lets it go on to the next at which something is due.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.definitions.catalog import Catalog
from flowengine.definitions.patterns import matches
from flowengine.engine import identity
from flowengine.engine.commands import (
    Bury,
    CancelChild,
    Command,
    Decision,
    Dispatch,
    Emit,
    Listen,
    Unlisten,
)
from flowengine.engine.decide import LIMITS, Limits, decide
from flowengine.engine.event import Event
from flowengine.engine.messages import Arrived, Began, Cancel, ChildEnded, Due, Message, Start
from flowengine.engine.rules.admission import Candidate, Declined, ask, begin
from flowengine.engine.run import Failure, Place, Run
from flowengine.engine.states import RunState, StepState
from flowengine.engine.transitions import StepStopping
from flowengine.rehearsal.acts import Act, Answer, Buried, Came, Moved, Player, Watch, Work
from flowengine.rehearsal.calls import Calls
from flowengine.rehearsal.door import Door

WORKER = UUID(int=1)
"""What the steps name as their worker."""


@dataclass(slots=True)
class World:
    """Runs and their surroundings."""

    catalog: Catalog
    player: Player
    watch: Watch
    now: datetime
    config: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = LIMITS
    runs: dict[UUID, Run] = field(default_factory=dict)
    """In the order of their start."""
    events: dict[UUID, Event] = field(default_factory=dict)
    """All that came, in order."""
    listening: list[tuple[UUID, Listen]] = field(default_factory=list)
    """Who waits for what, the oldest first."""
    _door: Door = field(default_factory=Door)
    _calls: Calls = field(default_factory=Calls)
    _outbox: deque[Event] = field(default_factory=deque)
    _ready: deque[tuple[UUID, Place]] = field(default_factory=deque)
    _timers: list[tuple[datetime, UUID]] = field(default_factory=list)
    _taken: set[tuple[UUID, UUID]] = field(default_factory=set)
    """Events that satisfied a wait of a run: they are not offered to another of its waits."""
    _closed: set[UUID] = field(default_factory=set)
    """Runs of which nothing follows any more."""

    def emit(self, event: Event) -> None:
        """An event comes; one that is there already is left as it is."""
        if event.id not in self.events:
            self.events[event.id] = event
            self._outbox.append(event)

    def settle(self) -> None:
        """Do all there is to do at this instant."""
        while True:
            if self._outbox:
                self._route(self._outbox.popleft())
            elif self._ready:
                self._call(*self._ready.popleft())
            elif not self._do_what_is_due():
                return

    def next_due(self) -> datetime | None:
        """When something happens by itself; None = nothing will."""
        while self._timers and self._timers[0][1] in self._closed:
            heapq.heappop(self._timers)
        times = [call.ends_at for call in self._calls.heap[:1]]
        times += [at for at, _run in self._timers[:1]]
        door = self._door.next_due(self.now)
        return min([*times, *([] if door is None else [door])], default=None)

    def tell(self, run_id: UUID, message: Message) -> bool:
        """Tell a run; False = it changed nothing."""
        run = self.runs[run_id]
        workflow = self.catalog.workflows[run.workflow]
        decision = decide(workflow, run, message, self.now, config=self.config, limits=self.limits)
        self._commit(decision)
        return not decision.stale

    # -- events ---------------------------------------------------------------------------------------

    def _route(self, event: Event) -> None:
        self._say(Came(event=event))
        for run_id, listen in list(self.listening):
            self._offer(run_id, listen, event)
        workflows = self.catalog.matching(event.type, event.target)
        for workflow in workflows:
            run_id = identity.run_id(event.id, workflow.name, event.replay)
            self._admit(
                ask(workflow, event, run_id=run_id, now=self.now, config=self.config),
                event,
                workflow.name,
            )
        if event.target is not None and not workflows:
            self._play_workflow(event, event.target)

    def _admit(
        self, given: Candidate | Declined, event: Event, name: str, *, is_settled: bool = False
    ) -> None:
        if isinstance(given, Declined):
            self._decline(event, name, given.outcome, given.detail)
            return
        verdict = self._door.enter(given, self.now, is_settled=is_settled)
        if verdict.outcome not in {"started", "queued"}:
            self._decline(event, name, verdict.outcome, verdict.detail)
            return
        self._say(Answer(event=event, workflow=name, outcome=verdict.outcome))
        admitted = begin(given, verdict, now=self.now, config=self.config, limits=self.limits)
        self._commit(admitted.decision)
        if verdict.replaced is not None:
            reason = f"run {given.run.id} takes its place"
            self.tell(verdict.replaced.run, Cancel(reason=reason))
        self._start_queued()

    def _decline(self, event: Event, name: str, outcome: str, detail: str) -> None:
        self._say(Answer(event=event, workflow=name, outcome=outcome, detail=detail))
        if outcome != "debouncing":
            text = detail or f"no run was started: {outcome}"
            failure = Failure(
                code="NotStarted", message=text, details={"outcome": outcome}, permanent=True
            )
            self._tell_caller(event, None, RunState.FAILED, failure=failure)

    def _play_workflow(self, event: Event, name: str) -> None:
        """A workflow that is called and is not here."""
        played = self.player.play_workflow(name, event.data, self.now)
        if played is None:
            self._decline(event, name, "unknown", f"no workflow '{name}'")
            return
        self._say(Answer(event=event, workflow=name, outcome="played"))
        run_id = identity.run_id(event.id, name, event.replay)
        state = RunState.SUCCEEDED if played.failure is None else RunState.FAILED
        self._tell_caller(event, run_id, state, output=played.output, failure=played.failure)

    def _offer(self, run_id: UUID, listen: Listen, event: Event) -> bool:
        """Tell who listens; whether it took the event. What exactly it wants is the run's to know."""
        is_wait = listen.cancel_on is None
        if is_wait and (run_id, event.id) in self._taken:
            return False
        if not any(matches(pattern, event.type) for pattern in listen.patterns):
            return False
        entry = listen.cancel_on
        message = Arrived(step=listen.step, item=listen.item, event=event, cancel_on=entry)
        # Before it is told: the run may begin its next wait at once, and that looks back.
        self._taken.add((run_id, event.id))
        is_taken = self.tell(run_id, message)
        if not (is_taken and is_wait):
            self._taken.discard((run_id, event.id))
        return is_taken

    def _tell_caller(
        self,
        event: Event,
        child: UUID | None,
        state: RunState,
        *,
        output: Any = None,
        failure: Failure | None = None,
    ) -> None:
        """The step that called, if one did and waits, hears how it ended."""
        parent = event.parent
        if parent is None or parent.detached:
            return
        step, item = parent.step, parent.item
        ended = ChildEnded(
            step=step, item=item, run=child, state=state, output=output, failure=failure
        )
        self.tell(parent.run, ended)

    # -- tasks and time -------------------------------------------------------------------------------

    def _call(self, run_id: UUID, place: Place) -> None:
        row = self.runs[run_id].steps[place]
        step, item = place
        began = Began(step=step, item=item, attempt=row.attempt + 1, worker=WORKER)
        if row.state is not StepState.READY or not self.tell(run_id, began):
            return
        run = self.runs[run_id]
        workflow = self.catalog.workflows[run.workflow]
        work = Work(
            run=run,
            row=run.steps[place],
            step=workflow.graph.work(step),
            workflow=workflow,
            event=run.event,
            now=self.now,
        )
        self._calls.begin(work, self.player.play(work))

    def _do_what_is_due(self) -> bool:
        """The first thing whose time has come; False = there is none."""
        call = self._calls.ended(self.now)
        if call is not None:
            self.tell(call.run, call.message())
            return True
        if self._timers and self._timers[0][0] <= self.now:
            self.tell(heapq.heappop(self._timers)[1], Due())
            return True
        settled = [*self._door.settled(self.now)]
        for candidate in settled:
            event, name = candidate.run.event, candidate.workflow.name
            self._admit(candidate, event, name, is_settled=True)
        late = self._door.expired(self.now)
        for run_id in late:
            self.tell(run_id, Due())
        return self._start_queued() or bool(settled or late)

    def _start_queued(self) -> bool:
        turns = self._door.turns(self.now)
        for run_id in turns:
            self.tell(run_id, Start())
        return bool(turns)

    # -- what follows from a decision -----------------------------------------------------------------

    def _commit(self, decision: Decision) -> None:
        run_id = decision.run.id
        before = self.runs.get(run_id)
        self.runs[run_id] = decision.run
        for transition in decision.transitions:
            self._say(Moved(run=decision.run, transition=transition))
            due_at = getattr(transition, "due_at", None)
            if due_at is not None:
                heapq.heappush(self._timers, (due_at, run_id))
            if isinstance(transition, StepStopping):
                self._calls.interrupt(run_id, (transition.step, transition.item), self.now)
        for command in decision.commands:
            self._obey(decision.run, command)
        self._end(before, self.runs[run_id])

    def _end(self, before: Run | None, run: Run) -> None:
        """Pass on that a run has ended."""
        if run.state is None or not run.state.is_final:
            return
        was_final = before is not None and before.state is not None and before.state.is_final
        if not was_final:
            self._tell_caller(run.event, run.id, run.state, output=run.output, failure=run.failure)
        if not run.tail and run.id not in self._closed:
            self._closed.add(run.id)
            self._door.leave(run.id)
            self._start_queued()

    def _obey(self, run: Run, command: Command) -> None:
        match command:
            case Dispatch():
                self._ready.append((run.id, (command.step, command.item)))
            case Bury():
                self._say(Buried(run=run, kind=command.kind, failure=command.failure))
            case Emit():
                self.emit(command.event)
            case Listen():
                self._listen(run, command)
            case Unlisten():
                place = (command.step, command.item)
                self.listening = [
                    (run_id, each)
                    for run_id, each in self.listening
                    if run_id != run.id or (command.step and (each.step, each.item) != place)
                ]
            case CancelChild():
                child = identity.run_id(command.event_id, command.workflow)
                if child in self.runs:
                    self.tell(child, Cancel(reason=command.reason))

    def _listen(self, run: Run, listen: Listen) -> None:
        """It waits from now on; and for what came since its run began."""
        self.listening.append((run.id, listen))
        came = [event for event in self.events.values() if event not in self._outbox]
        since = next(at for at, event in enumerate(came) if event.id == run.event.id)
        for event in came[since + 1 :]:
            if self._offer(run.id, listen, event):
                return

    def _say(self, act: Act) -> None:
        self.watch(self.now, act)
