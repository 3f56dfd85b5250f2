"""Every exception of flowengine, one tree, sorted by whose fault it is.

``AuthorError``       a workflow file or a setting is wrong: mend the file
``CallerError``       a call into flowengine is wrong: mend the call
``EnvironmentFault``  a service is away or refuses: mend the service, nothing is lost
``TaskSignal``        raised *by* tasks to say how a failure is to be treated

Each message says what, where, and the way out; ``code`` is the stable name of the case
(``docs/reference/errors.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class FlowengineError(Exception):
    """The root of all errors raised by flowengine."""

    code: str = "FE901"
    """The stable code of the case, ``FE`` and three digits."""

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing that is wrong with a workflow file, with its place."""

    file: str
    """The path as it was given, or ``<string>``."""
    line: int
    """From 1."""
    column: int
    """From 1, in characters."""
    code: str
    """``FE`` and three digits."""
    message: str
    """What is wrong, without place and code."""
    hint: str = ""
    """The way out, where there is one to name."""
    path: str = ""
    """The path of the key inside the document, ``steps[1].retry.attempts``."""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.code} {self.message}"
        return f"{text} ({self.hint})" if self.hint else text


class AuthorError(FlowengineError):
    """What an author wrote (a workflow file, a setting, a task) is wrong."""


class DefinitionError(AuthorError):
    """A workflow file is refused; carries every problem found in it, in the order of places."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems), code=problems[0].code)
        self.problems = problems


class ExpressionError(AuthorError):
    """An expression cannot be parsed or has no value; codes FE201-FE209, FE401-FE405."""

    def __init__(self, message: str, *, code: str, offset: int = 0, hint: str = "") -> None:
        super().__init__(message, code=code)
        self.offset = offset
        """Characters from the start of the expression to the place of the problem."""
        self.hint = hint


class SettingsError(AuthorError):
    """The ``FLOWENGINE`` setting is wrong."""

    code = "FE601"


class CallerError(FlowengineError):
    """A call into flowengine is wrong; raised in the caller's own transaction."""


class EventRefused(CallerError):
    """``emit()`` was given something that cannot become an event; nothing was written.

    Codes: FE302 unknown type, FE303 data does not fit the type's schema, FE304 too large,
    FE308 not JSON, FE309 a reserved or malformed type, or another attribute that will not do.
    """


class LoopSuspected(EventRefused):
    """The event would be the 17th of a chain of events and runs that cause each other."""

    code = "FE425"


class WrongDatabase(CallerError):
    """``emit()`` was called inside a transaction of another database alias only."""

    code = "FE311"


class StartRefused(CallerError):
    """A workflow cannot be started by hand like this; nothing was written.

    Codes: FE116 there is no such workflow here, or it has no ``manual`` trigger; FE306 the inputs will
    not do.
    """

    code = "FE306"


class RunRefused(CallerError):
    """A run cannot be resumed, or given up, as it stands; nothing has changed."""

    code = "FE501"


class EditRefused(CallerError):
    """What was given by hand does not fit the failed step; nothing has changed."""

    code = "FE502"


class AnswerRefused(CallerError):
    """Nobody is asked this, or not any more, or the form will not do; nothing has changed."""

    code = "FE504"


class NotPermitted(CallerError):
    """The user is not among those who may."""

    code = "FE505"


class ReplayRefused(CallerError):
    """A replay cannot be begun or steered like this as it stands; nothing has changed."""

    code = "FE521"


class QueryRefused(CallerError):
    """A query names a key or a value that there is not; nothing was looked for."""

    code = "FE510"


class SelectionRefused(CallerError):
    """What was chosen cannot be chosen: it is too much, nothing at all, or of another kind."""

    code = "FE511"


class GroupRefused(CallerError):
    """The cause cannot be treated like this as it stands; nothing has changed."""

    code = "FE512"


class ReasonMissing(CallerError):
    """This is not done without a reason; nothing has changed."""

    code = "FE513"


class ViewRefused(CallerError):
    """A filter cannot be kept under that name; nothing has changed."""

    code = "FE514"


class EnvironmentFault(FlowengineError):
    """A service that flowengine needs is away or refuses; nothing accepted is lost."""


class BrokerUnavailable(EnvironmentFault):
    """The broker cannot be reached, or refuses the connection, the topology or a right."""

    code = "FE701"


class MessageUnreadable(FlowengineError):
    """Bytes from the broker are no envelope; they are quarantined, never retried."""

    code = "FE301"


class IllegalMove(FlowengineError):
    """A transition that the tables of ``engine/states.py`` do not have: our mistake, not the user's."""

    code = "FE901"


class TaskSignal(FlowengineError):
    """Raised by a task to say how its failure is to be treated."""


class Permanent(TaskSignal):
    """Derive from this, or raise it, when trying again cannot help."""

    code = "FE421"

    def __init__(self, message: str = "", *, details: Any = None) -> None:
        super().__init__(message)
        self.details = details


class RetryAfter(TaskSignal):
    """Raise it to be tried again after *seconds* (at most ``max_delay``) instead of the usual wait."""

    code = "FE421"

    def __init__(self, seconds: float, message: str = "") -> None:
        super().__init__(message or f"asked to be tried again after {seconds:g} s")
        self.seconds = float(seconds)


class SoftTimeout(TaskSignal):
    """The attempt's time is over; raised at its next checkpoint (``ctx.progress``, ``ctx.check``)."""

    code = "FE421"


class AttemptCancelled(TaskSignal):
    """The run was cancelled; raised at the attempt's next checkpoint."""

    code = "FE421"
