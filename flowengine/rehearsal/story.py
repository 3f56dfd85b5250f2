"""A rehearsal as lines of text: what happened, when, to which step."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from flowengine.definitions.step_ids import UNDO
from flowengine.engine import transitions as t
from flowengine.engine.run import Failure, Item, Run
from flowengine.rehearsal.acts import Act, Answer, Buried, Came, Moved

_SHOWN_MAX = 100


class Tone(StrEnum):
    """How a line is meant."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    MILD = "mild"
    """It goes on, but not straight on."""
    QUIET = "quiet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the story."""

    after: timedelta
    """Since the start."""
    subject: str
    """An event's type, a workflow's name, or a step with its item."""
    text: str
    tone: Tone = Tone.PLAIN
    run: UUID | None = None
    """None = it is about no run."""
    depth: int = 0
    """0 for events and for runs that nobody called."""
    is_step: bool = False


@dataclass(slots=True)
class Story:
    """Tells it line by line; give :meth:`watch` to the world."""

    start: datetime
    tell: Callable[[Line], object]

    def watch(self, now: datetime, act: Act) -> None:
        """Something happened."""
        match act:
            case Came(event=event):
                if event.target is None:
                    self._add(now, event.type, _json(event.data), Tone.QUIET)
            case Answer(outcome="started" | "queued"):
                pass  # its run tells
            case Answer():
                text = f"{act.outcome.replace('_', ' ')}; {act.detail}".removesuffix("; ")
                self._add(now, act.workflow, text, Tone.MILD)
            case Buried(run=run):
                text = f"dead letter: {act.kind} ({act.failure.fe})"
                self._add(now, run.workflow, text, Tone.BAD, run)
            case Moved(run=run):
                self._moved(now, run, act.transition)

    def _moved(self, now: datetime, run: Run, fact: t.Transition) -> None:
        told = _of_run(run, fact)
        if told is not None:
            self._add(now, run.workflow, *told, run)
            return
        told = _of_step(fact, self.start)
        if told is not None:
            place = (fact.step, fact.item)  # type: ignore[union-attr] # what is no run's is a step's
            self._add(now, _place(*place), *told, run, is_step=True)

    def _add(
        self,
        now: datetime,
        subject: str,
        text: str,
        tone: Tone,
        run: Run | None = None,
        *,
        is_step: bool = False,
    ) -> None:
        parent = None if run is None else run.parent
        self.tell(
            Line(
                after=now - self.start,
                subject=subject,
                text=text,
                tone=tone,
                run=None if run is None else run.id,
                depth=0 if parent is None else parent.depth,
                is_step=is_step,
            )
        )


def span(length: timedelta) -> str:
    """A time since the start: ``+0s``, ``+5.3s``, ``+2d3h``."""
    rest = round(length / timedelta(milliseconds=100))
    text = ""
    for unit, size in (("d", 864_000), ("h", 36_000), ("m", 600)):
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return f"+{text}{rest / 10:g}s" if rest or not text else f"+{text}"


def _of_run(run: Run, fact: t.Transition) -> tuple[str, Tone] | None:  # noqa: C901, PLR0911 - one line for each
    match fact:
        case t.RunStarted():
            return f"starts: {run.title}" if run.title != run.workflow else "starts", Tone.PLAIN
        case t.RunQueued():
            return "queued", Tone.MILD
        case t.RunHeld():
            return f"held for somebody to mend it; {_why(fact.failure)}", Tone.BAD
        case t.RunHeldByHand():
            return "held by hand", Tone.MILD
        case t.RunCancelling():
            why = fact.reason or ("" if fact.failure is None else _why(fact.failure))
            return f"is being cancelled; {why}".removesuffix("; "), Tone.MILD
        case t.RunCompensating():
            return "undoes what was done", Tone.MILD
        case t.RunSucceeded():
            return f"succeeded {_output(fact.output)}".rstrip(), Tone.GOOD
        case t.RunFailed():
            return f"failed; {_why(fact.failure)}", Tone.BAD
        case t.RunCancelled():
            return f"cancelled; {fact.reason}".removesuffix("; "), Tone.BAD
        case t.RunExpired():
            return "expired: it could not start in time", Tone.BAD
        case t.HooksStarted():
            return f"{fact.hooks}:", Tone.QUIET
        case _:
            return None


def _of_step(fact: t.Transition, start: datetime) -> tuple[str, Tone] | None:  # noqa: C901, PLR0911, PLR0912 - one line for each
    match fact:
        case t.StepReady(again=False):
            return f"{fact.task}({_arguments(fact.input)})", Tone.PLAIN
        case t.StepStarted(attempt=attempt) if attempt > 1:
            return f"try {attempt}", Tone.PLAIN
        case t.StepOpened():
            return _opened(fact), Tone.QUIET
        case t.StepWaiting():
            return _waiting(fact, start), Tone.MILD
        case t.StepSkipped():
            return "skipped", Tone.QUIET
        case t.StepAnswered():
            said = "approves" if fact.answer.approved else "rejects"
            comment = f": {fact.answer.comment}" if fact.answer.comment else ""
            return f"{fact.answer.user} {said}{comment}", Tone.PLAIN
        case t.StepSucceeded(step=step) if not step.startswith(UNDO):
            return _output(fact.output) or "done", Tone.GOOD
        case t.StepRetrying():
            again = span(fact.due_at - start)
            return f"{_why(fact.failure)}; again at {again}", Tone.MILD
        case t.StepFailing():
            return f"{_why(fact.failure)}; what is inside is stopped", Tone.BAD
        case t.StepRescuing():
            return f"{_why(fact.failure)}; rescue", Tone.MILD
        case t.StepRescued():
            return f"rescued {_output(fact.output)}".rstrip(), Tone.GOOD
        case t.StepFailed():
            return _why(fact.failure), Tone.BAD
        case t.StepCancelled():
            return "cancelled", Tone.MILD
        case t.StepUndone():
            return "undone", Tone.GOOD
        case t.StepUndoFailed():
            return f"not undone; {_why(fact.failure)}", Tone.BAD
        case _:
            return None


def _waiting(fact: t.StepWaiting, start: datetime) -> str:
    given = fact.input or {}
    match fact.kind:
        case "wait_for":
            match = ", ".join(f"{path} = {value}" for path, value in given["match"].items())
            text = f"waits for {' or '.join(given['event'])} with {match}"
        case "sleep":
            text = "sleeps"
        case "approval":
            text = f"asks {', '.join([*given['groups'], *given['users']])}: {given['ask']}"
        case _:
            text = f"calls a workflow with {_json(given)}"
    return text if fact.due_at is None else f"{text}; until {span(fact.due_at - start)}"


def _place(step: str, item: Item) -> str:
    return f"{step}[{item.replace('.', '][')}]" if item else step


def _opened(fact: t.StepOpened) -> str:
    if fact.values is not None:
        return f"for each of {fact.total} items"
    if fact.clause is not None:
        return f"clause {fact.clause + 1}"
    return f"{fact.total} branches" if fact.total is not None else "a group"


def _why(failure: Failure) -> str:
    return f"{failure.code}: {failure.message}"


def _arguments(given: Any) -> str:
    return ", ".join(f"{name}={_json(value)}" for name, value in (given or {}).items())


def _output(value: Any) -> str:
    return "" if value is None else _json(value)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_MAX else f"{text[: _SHOWN_MAX - 1]}…"
