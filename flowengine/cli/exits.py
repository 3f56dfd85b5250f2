"""How a command ends."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes; documented in ``docs/reference/cli.md``."""

    OK = 0
    FAILED = 1
    """It was done, and the answer is no: a file has errors, a run failed."""
    USAGE = 2
    """The command line, or the project's settings, will not do."""
    UNREACHABLE = 3
    """A service is away: database or broker."""
    REFUSED = 4
    """What was asked for is against a rule: an event's type, a run that has ended."""
    INTERRUPTED = 130
    """ctrl-c."""


class Stopped(Exception):
    """A command cannot go on; says why, and the way out."""

    def __init__(self, message: str, *, hint: str = "", exit_code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
