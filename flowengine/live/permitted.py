"""Who of many users has a permission: asked once for all of them, and again when they are read anew.

A user's permissions are as old as the user: the hub reads both again every few seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import UserManager

from flowengine.access import is_known, user_key

PLAIN = "django.contrib.auth.backends.ModelBackend"
_KEPT = "_flowengine_may"


def holders(users: Mapping[str, Any], permission: str) -> set[str]:
    """The keys of those who have it.

    One statement where the project asks nobody but Django's own tables; else each user is asked.

    Args:
        users: by key.
        permission: ``flowengine.view_run``.
    """
    known = {key: user for key, user in users.items() if is_known(user)}
    unasked = {key: user for key, user in known.items() if permission not in _answers(user)}
    if unasked:
        having = _having(unasked, permission)
        for key, user in unasked.items():
            _answers(user)[permission] = key in having
    return {key for key, user in known.items() if _answers(user)[permission]}


def _having(users: Mapping[str, Any], permission: str) -> set[str]:
    manager = get_user_model()._default_manager  # noqa: SLF001 - Django's documented name
    if settings.AUTHENTICATION_BACKENDS == [PLAIN] and isinstance(manager, UserManager):
        found = manager.with_perm(permission, backend=PLAIN).filter(
            pk__in=[user.pk for user in users.values()]
        )
        return {user_key(user) for user in found.only("pk")}
    return {key for key, user in users.items() if user.has_perm(permission)}


def _answers(user: Any) -> dict[str, bool]:
    """What was answered of this user, kept with it."""
    kept: dict[str, bool] | None = getattr(user, _KEPT, None)
    if kept is None:
        kept = {}
        setattr(user, _KEPT, kept)
    return kept
