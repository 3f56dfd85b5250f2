"""The inline runner: the whole line in the test's own thread, on a clock that is set.

It calls what the worker calls (route, advance, the attempt), without broker and threads. Everything
happens in the transaction that the test is in, and ends with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Unpack
from uuid import UUID

from flowengine.orchestration import control
from flowengine.orchestration import start as starting
from flowengine.orchestration.audit import By
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.emit import Emitted, Options, emit
from flowengine.orchestration.sync import sync_project
from flowengine.store.clock import DatabaseClock
from flowengine.testing.attempts import Attempts
from flowengine.testing.clock import SetClock, span
from flowengine.testing.doing import Doing
from flowengine.testing.following import Followed
from flowengine.testing.reading import SeenRun, is_known, run_by_id, runs_of, why_no_run


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
    yield opened(at=at)


def opened(*, at: datetime | None = None) -> Runner:
    """The runner that :func:`inline` gives."""
    clock = SetClock(at or DatabaseClock().now())
    sync_project(now=clock.now())
    return Runner(clock)


class Runner:
    """Runs what was emitted, when the test says so."""

    def __init__(self, clock: SetClock) -> None:
        self.clock = clock
        self._attempts = Attempts(clock)
        self._doing = Doing(clock, self._attempts)

    # -- what happens -----------------------------------------------------------------------------

    def run(self) -> None:
        """Do all there is to do at this instant: route events, call the tasks of ready steps.

        Events that tasks and steps emit are routed too, and children run. What waits (for its retry,
        for an event, for people) waits for :meth:`advance`, :meth:`send` and :meth:`answer`. A task
        that fails makes no error here: its run says so.
        """
        if self._attempts.is_working:
            raise RuntimeError("run() was called inside a task: the runner that calls it goes on")
        self._doing.all()

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
        while (due := self._doing.next_due()) is not None and due <= target:
            self.clock.move_to(due)
            self.run()
        self.clock.move_to(target)

    def send(
        self,
        type: str,  # noqa: A002 - CloudEvents' own word
        data: Any = None,
        **options: Unpack[Options],
    ) -> Emitted:
        """Emit an event, at the time of the clock unless *options* has one, and run.

        Runs that wait for it go on; workflows that start on it start.
        """
        options.setdefault("time", self.clock.now())
        emitted = emit(type, {} if data is None else data, **options)
        self.run()
        return emitted

    def start(
        self, workflow: str, inputs: Mapping[str, Any] | None = None, *, actor: Any = None
    ) -> Followed:
        """Start a workflow by hand, and run.

        Raises:
            StartRefused: it cannot be started so, or the inputs do not fit.
        """
        emitted = starting.start(workflow, inputs, actor=actor, now=self.clock.now())
        self.run()
        [run_id] = emitted.run_ids.values()
        if run_by_id(run_id) is None:
            raise AssertionError(why_no_run(workflow))
        return Followed(self, run_id)

    def fake(self, task: str, function: Callable[..., Any]) -> None:
        """Call *function*, ``def`` or ``async def``, wherever a step calls *task*.

        It takes the task's parameters by name, and the attempt where the task takes it.

        Raises:
            LookupError: no such task is registered.
        """
        self._attempts.fake(task, function)

    # -- what people do ---------------------------------------------------------------------------

    def answer(
        self,
        run: SeenRun | UUID,
        step: str,
        *,
        user: Any,
        approved: bool = True,
        comment: str = "",
        form: Mapping[str, Any] | None = None,
    ) -> None:
        """Answer an approval as *user*, and run. In a loop a step is named ``sign.3``.

        Raises:
            AnswerRefused, NotPermitted: as in production.
        """
        name, _, item = step.partition(".")
        self._say(
            control.answer(
                _id(run),
                name,
                item,
                user=user,
                approved=approved,
                comment=comment,
                form=form,
                now=self.clock.now(),
            )
        )

    def resume(self, run: SeenRun | UUID, *, by: str = "", reason: str = "", **edit: Any) -> None:
        """Resume a failed or held run, and run; *edit* as of :func:`control.resume`.

        Raises:
            RunRefused, EditRefused, ReasonMissing: as in production.
        """
        person = By(who=by, reason=reason, door="code")
        self._say(control.resume(_id(run), by=person, now=self.clock.now(), **edit))

    def give_up(self, run: SeenRun | UUID, *, reason: str = "") -> None:
        """Hold a held run no longer, and run.

        Raises:
            RunRefused: it is not held.
        """
        self._say(control.give_up(_id(run), by=By(who="", reason=reason), now=self.clock.now()))

    def cancel(self, run: SeenRun | UUID, *, reason: str = "") -> None:
        """End a run early, and run; one that has ended is left as it is."""
        by = By(who="", reason=reason)
        self._say(control.cancel(_id(run), by=by, now=self.clock.now()).committed)

    # -- what can be seen -------------------------------------------------------------------------

    def run_of(self, workflow: str) -> SeenRun:
        """The one run of that workflow, as it is now.

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
        """All runs of that workflow, in the order of their start; none is no error.

        Raises:
            LookupError: there is no such workflow.
        """
        found = runs_of(workflow)
        if not found and not is_known(workflow):
            raise LookupError(why_no_run(workflow))
        return found

    def follow(self, run: SeenRun | UUID | str) -> Followed:
        """A run to act on and to look at again and again; by a workflow's name, its only run."""
        if isinstance(run, str):
            run = self.run_of(run)
        return Followed(self, _id(run))

    def _say(self, committed: Committed) -> None:
        self._doing.say(committed)
        self.run()


def _id(run: SeenRun | UUID) -> UUID:
    return run if isinstance(run, UUID) else run.id
