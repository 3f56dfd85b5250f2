"""Errors as a command says them: what, the way out, and the exit code."""

from __future__ import annotations

import traceback

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, OperationalError

from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.problems import show
from flowengine.cli.terminal import Style, Terminal, clean, styled
from flowengine.errors import (
    AuthorError,
    CallerError,
    DefinitionError,
    EnvironmentFault,
    FlowengineError,
    QueryRefused,
)


def report(error: BaseException, terminal: Terminal, *, debug: bool) -> Exit:
    """Say *error*, with its traceback where that is wanted; the exit code that goes with it."""
    if debug and not isinstance(error, KeyboardInterrupt):
        terminal.draw("".join(traceback.format_exception(error)))
    match error:
        case KeyboardInterrupt():
            return Exit.INTERRUPTED
        case DefinitionError():
            show(error.problems, terminal)
        case Stopped():
            _say(terminal, "", error.message, error.hint)
        case FlowengineError():
            _say(terminal, error.code, error.message, "")
        case DatabaseError() | InterfaceError():
            _say(terminal, "", *_of_database(error))
        case ImproperlyConfigured():
            _say(terminal, "", str(error), "")
        case _:
            hint = "" if debug else "--debug shows where"
            _say(terminal, "", f"{type(error).__name__}: {error}", hint)
    return _exit_of(error)


_EXITS: tuple[tuple[type[BaseException], Exit], ...] = (
    (DefinitionError, Exit.FAILED),
    (AuthorError, Exit.USAGE),
    (ImproperlyConfigured, Exit.USAGE),
    (QueryRefused, Exit.USAGE),
    (CallerError, Exit.REFUSED),
    (EnvironmentFault, Exit.UNREACHABLE),
    (OperationalError, Exit.UNREACHABLE),
    (InterfaceError, Exit.UNREACHABLE),
)
"""The first that fits counts; what is not here has failed."""


def _exit_of(error: BaseException) -> Exit:
    if isinstance(error, Stopped):
        return error.exit_code
    if isinstance(error, DatabaseError) and _has_no_table(error):
        return Exit.FAILED
    return next((code for kind, code in _EXITS if isinstance(error, kind)), Exit.FAILED)


def _of_database(error: DatabaseError | InterfaceError) -> tuple[str, str]:
    """What is wrong, and the way out."""
    text = str(error).strip()
    if _has_no_table(error):
        return f"the database has no tables of flowengine ({text})", "manage.py migrate"
    if isinstance(error, OperationalError | InterfaceError):
        return f"cannot work with the database: {text}", "is it running and reachable?"
    return f"{type(error).__name__}: {text}", ""


def _has_no_table(error: DatabaseError | InterfaceError) -> bool:
    return "no such table" in str(error) or getattr(error.__cause__, "sqlstate", "") == "42P01"


def _say(terminal: Terminal, code: str, message: str, hint: str) -> None:
    label = f"error[{code}]" if code else "error"
    terminal.say(f"{styled(label, Style.RED, Style.BOLD)}: {clean(message)}")
    if hint:
        terminal.say(f"  hint: {clean(hint)}")
