"""Who is meant: the operator at the terminal, and users of the project.

Who has a shell may do everything, as with any management command: the database is his. So nothing is
asked of the operator but his name. Whom ``--as`` names, is bound by that user's permissions.
"""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from flowengine.access import user_key
from flowengine.cli.exits import Exit, Stopped


def operator() -> str:
    """Who types, as the history names it: ``cli:anna``."""
    return f"cli:{_login()}"


def place() -> str:
    """Who types, and where, as the audit has it: ``anna@ops-1``."""
    return f"{_login()}@{socket.gethostname()}"


def acting(named: str | None, needs: Iterable[str]) -> str:
    """The key of the user *named*, who has these permissions of ``flowengine``; None = the operator.

    Raises:
        Stopped: there is no such user, or he lacks one.
    """
    if named is None:
        return operator()
    found = user(named)
    for name in needs:
        if not found.has_perm(f"flowengine.{name}"):
            raise Stopped(f"{named} lacks flowengine.{name}", exit_code=Exit.REFUSED)
    return user_key(found)


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


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return ""
