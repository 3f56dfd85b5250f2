"""One run, driven by hand: no database, no broker, a clock that is set.

    driver = Driver(a_workflow(parallel("both", "label", "invoice"), "ship"), an_event()).start()
    driver.begin("label").succeed("label", {"url": "…"})
    driver.fail("invoice", "Refused")       # begins it first, where nobody has
    driver.advance(minutes=10)              # timers on the way fire, each at its own time
    assert driver.states() == {"both": "failed", …}

A place is a step's id, or ``deliver.3`` for the fourth item of a loop; in an item of an outer loop
``deliver.3.7``. The driver does what the shell does with commands: it remembers who listens for what,
offers events that came before, and keeps what was emitted, buried and called in :attr:`Driver.emitted`
and so on. It starts no children: :meth:`Driver.end_child` says how one ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from flowengine.definitions.model import Workflow
from flowengine.definitions.patterns import matches
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
from flowengine.engine.identity import run_id
from flowengine.engine.messages import (
    Answered,
    Arrived,
    Began,
    Cancel,
    ChildEnded,
    Due,
    Failed,
    GivenBack,
    GiveUp,
    Hold,
    Lost,
    Message,
    Release,
    Resume,
    Start,
    Succeeded,
)
from flowengine.engine.run import Failure, Place, Run, Step
from flowengine.engine.states import ACTIVE_STEP_STATES, RunState, StepState
from flowengine.engine.transitions import Transition
from tests.builders.events import NOON, an_event
from tests.builders.runs import RUN_ID, WORKER


@dataclass
class Driver:
    """A run and its surroundings. Every method that moves the run gives the driver itself."""

    workflow: Workflow
    event: Event = field(default_factory=an_event)
    config: dict[str, Any] = field(default_factory=dict)
    limits: Limits = LIMITS
    now: datetime = NOON
    inputs: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self.run = Run(
            id=RUN_ID,
            workflow=self.workflow.name,
            digest=self.workflow.digest,
            event=self.event,
            inputs=self.inputs,
        )
        self.said: list[Message] = []
        self.decision: Decision | None = None
        self.transitions: list[Transition] = []
        self.commands: list[Command] = []
        self.listening: list[Listen] = []
        self.arrived: list[Event] = []
        self._taken: set[Any] = set()

    # What was done

    @property
    def state(self) -> RunState | None:
        """The run's."""
        return self.run.state

    def states(self) -> dict[str, str]:
        """Every row's state by its place, as text."""
        return {_written(place): row.state.value for place, row in self.run.steps.items()}

    def row(self, place: str) -> Step:
        """The row there."""
        return self.run.steps[self._place(place)]

    def output(self, place: str) -> Any:
        """What it left."""
        return self.row(place).output

    def active(self, *states: StepState) -> list[Step]:
        """The rows in these states; all that are begun and not decided, where none is named."""
        wanted = states or ACTIVE_STEP_STATES
        return [row for row in self.run.steps.values() if row.state in wanted]

    @property
    def emitted(self) -> list[Event]:
        """All events that the run has written, calls of children among them."""
        return [each.event for each in self.commands if isinstance(each, Emit)]

    @property
    def buried(self) -> list[Bury]:
        """All dead letters."""
        return [each for each in self.commands if isinstance(each, Bury)]

    @property
    def dispatched(self) -> list[Dispatch]:
        """All that stations were told."""
        return [each for each in self.commands if isinstance(each, Dispatch)]

    @property
    def cancelled_children(self) -> list[CancelChild]:
        """All children that are not wanted any more."""
        return [each for each in self.commands if isinstance(each, CancelChild)]

    def history(self, *kinds: type[Any]) -> list[Any]:
        """All transitions of these kinds, in order."""
        return [each for each in self.transitions if isinstance(each, kinds)]

    # What happens

    def tell(self, message: Message) -> Self:
        """Any message; stale or not is in :attr:`decision`."""
        decision = decide(
            self.workflow, self.run, message, self.now, config=self.config, limits=self.limits
        )
        self.said.append(message)
        self.decision = decision
        self.run = decision.run
        self.transitions += decision.transitions
        self.commands += decision.commands
        for command in decision.commands:
            self._obey(command)
        return self

    def start(self) -> Self:
        """There is a place for it."""
        return self.tell(Start())

    def begin(self, place: str) -> Self:
        """A worker takes it."""
        row = self.row(place)
        return self.tell(Began(step=row.id, item=row.item, attempt=row.attempt + 1, worker=WORKER))

    def succeed(self, place: str, output: Any = None) -> Self:
        """Its task returns *output*; a worker takes it first, where none has."""
        row = self._taken_by_a_worker(place)
        return self.tell(Succeeded(step=row.id, item=row.item, attempt=row.attempt, output=output))

    def fail(self, place: str, code: str = "CardDeclined", **fields: Any) -> Self:
        """Its task raises; for good, unless told ``permanent=False``."""
        row = self._taken_by_a_worker(place)
        failure = Failure(code=code, **{"message": "no", "permanent": True, **fields})
        return self.tell(Failed(step=row.id, item=row.item, attempt=row.attempt, failure=failure))

    def lose(self, place: str) -> Self:
        """Its worker is gone."""
        row = self._taken_by_a_worker(place)
        return self.tell(Lost(step=row.id, item=row.item, attempt=row.attempt))

    def give_back(self, place: str) -> Self:
        """Its worker stops."""
        row = self._taken_by_a_worker(place)
        return self.tell(GivenBack(step=row.id, item=row.item, attempt=row.attempt))

    def advance(self, by: timedelta | None = None, **units: float) -> Self:
        """Time passes: every timer on the way fires, at its own time."""
        end = self.now + (by or timedelta(**units))
        while (due_at := self._next_timer()) is not None and due_at <= end:
            self.now = max(self.now, due_at)
            head = self.run.seq
            self.tell(Due())
            if self.run.seq == head:
                break  # a timer that changes nothing is left for its owner
        self.now = end
        return self

    def arrive(self, event: Event) -> Self:
        """An event comes: whoever of the run listens for it is told; of several, the oldest."""
        self.arrived.append(event)
        for listen in list(self.listening):
            if self._offer(listen, event):
                break
        return self

    def answer(self, place: str, user: str = "3", *, approved: bool = True, **fields: Any) -> Self:
        """Somebody answers an approval."""
        step, item = self._place(place)
        return self.tell(Answered(step=step, item=item, user=user, approved=approved, **fields))

    def end_child(
        self,
        place: str,
        state: RunState = RunState.SUCCEEDED,
        *,
        output: Any = None,
        failure: Failure | None = None,
        is_started: bool = True,
    ) -> Self:
        """The child that a step waits for is final; or it was not started."""
        step, item = self._place(place)
        calls = [
            event
            for event in self.emitted
            if event.parent is not None and (event.parent.step, event.parent.item) == (step, item)
        ]
        run = run_id(calls[-1].id, calls[-1].target or "") if is_started else None
        return self.tell(
            ChildEnded(step=step, item=item, run=run, state=state, output=output, failure=failure)
        )

    def cancel(self, **fields: Any) -> Self:
        """Somebody wants it to end."""
        return self.tell(Cancel(**fields))

    def resume(self, **fields: Any) -> Self:
        """Somebody has repaired what it failed of."""
        return self.tell(Resume(**fields))

    def give_up(self, **fields: Any) -> Self:
        """Nobody will repair it."""
        return self.tell(GiveUp(**fields))

    def hold(self, **fields: Any) -> Self:
        """Somebody wants it to stand still."""
        return self.tell(Hold(**fields))

    def release(self, **fields: Any) -> Self:
        """Somebody lets it go on."""
        return self.tell(Release(**fields))

    # How it does that

    def _place(self, place: str) -> Place:
        step, _, item = place.partition(".")
        return (step, item)

    def _taken_by_a_worker(self, place: str) -> Step:
        if self.row(place).state is StepState.READY:
            self.begin(place)
        return self.row(place)

    def _next_timer(self) -> datetime | None:
        timers = [row.due_at for row in self.active() if row.due_at is not None]
        if self.run.due_at is not None and self.run.state is not None:
            # What a final run owes by now is the shell's; what is due later is the end of its hooks.
            is_owed = self.run.state.is_final and self.run.due_at <= self.now
            timers += [] if is_owed else [self.run.due_at]
        return min(timers, default=None)

    def _obey(self, command: Command) -> None:
        if isinstance(command, Listen):
            self.listening.append(command)
            for event in list(self.arrived):
                if self._offer(command, event):
                    break
        elif isinstance(command, Unlisten):
            self.listening = [
                each
                for each in self.listening
                if command.step and (each.step, each.item) != (command.step, command.item)
            ]

    def _offer(self, listen: Listen, event: Event) -> bool:
        """Tell who listens, where the event is what it listens for; whether it took it."""
        data = event.data if isinstance(event.data, dict) else {}
        fits = any(matches(pattern, event.type) for pattern in listen.patterns) and all(
            _as_text(_found(data, path)) == value for path, value in listen.match.items()
        )
        if not fits or (event.id in self._taken and listen.cancel_on is None):
            return False
        self.tell(
            Arrived(step=listen.step, item=listen.item, event=event, cancel_on=listen.cancel_on)
        )
        assert self.decision is not None
        if self.decision.stale:
            return False
        self._taken.add(event.id)
        return True


def _written(place: Place) -> str:
    return f"{place[0]}.{place[1]}" if place[1] else place[0]


def _found(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
