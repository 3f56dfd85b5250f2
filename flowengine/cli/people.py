"""Who is meant: the operator at the terminal, and users of the project."""

from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from flowengine.cli.exits import Exit, Stopped


def operator() -> str:
    """Who types, as the history names it: ``cli:anna``."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user without a name
        return "cli:"


def user(named: str) -> Any:
    """The user whose login name or key that is.

    Raises:
        Stopped: there is none.
    """
    model = get_user_model()
    manager = model._default_manager  # noqa: SLF001 - Django's own name for it
    found = manager.filter(**{model.USERNAME_FIELD: named}).first()
    if found is None:
        try:
            found = manager.filter(pk=named).first()
        except (ValueError, ValidationError):  # no key of theirs looks like that
            found = None
    if found is None:
        raise Stopped(f"there is no user '{named}'", exit_code=Exit.REFUSED)
    return found
