"""Who of many users has a permission: asked once for all of them, and again when they are read anew.

A user's permissions are as old as the user: the hub reads both again every few seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth import get_backends, get_user_model
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.contrib.auth.models import PermissionsMixin

from flowengine.access import Watchable, answers, is_known, is_named, read_groups, user_key

_ANSWERING = (
    "has_perm",
    "get_all_permissions",
    "get_user_permissions",
    "get_group_permissions",
    "_get_permissions",
    "_get_user_permissions",
    "_get_group_permissions",
)
"""Methods of a back end by which it answers whether somebody has a permission."""


def read_rights(asked: Iterable[tuple[Any, Watchable]]) -> None:
    """Fetch what :func:`~flowengine.access.view_run` will want to know of each of these users and runs.

    Two statements at most where the project asks nobody but Django's own tables.
    """
    by_group: dict[int, Any] = {}
    by_permission: dict[str, Any] = {}
    for user, run in asked:
        if is_named(user, run):
            continue
        if run.watcher_groups != "[]":
            by_group[id(user)] = user
        by_permission[user_key(user)] = user
    read_groups(by_group.values())
    holders(_together(by_permission), "flowengine.view_run")


def holders(users: Mapping[str, Any], permission: str) -> set[str]:
    """The keys of those who have it.

    One statement where the project asks nobody but Django's own tables; else each user is asked.

    Args:
        users: by key.
        permission: ``flowengine.view_run``.
    """
    known = {key: user for key, user in users.items() if is_known(user)}
    unasked = {key: user for key, user in known.items() if permission not in answers(user)}
    if unasked:
        having = _having(unasked, permission)
        for key, user in unasked.items():
            answers(user)[permission] = key in having
    return {key for key, user in known.items() if answers(user)[permission]}


def _having(users: Mapping[str, Any], permission: str) -> set[str]:
    together = _together(users)
    having = {
        key for key, user in users.items() if key not in together and user.has_perm(permission)
    }
    if together:
        found = (
            ModelBackend().with_perm(permission).filter(pk__in=[u.pk for u in together.values()])
        )
        having.update(user_key(user) for user in found.only("pk"))
    return having


def _together(users: Mapping[str, Any]) -> dict[str, Any]:
    """Those whom one question to Django's own tables answers for."""
    model = get_user_model()
    if not users or not asks_only_django(model):
        return {}
    return {
        key: user
        for key, user in users.items()
        if isinstance(user, model) and not getattr(user, "is_superuser", False)
    }


def asks_only_django(model: type[Any]) -> bool:
    """Whoever answers for permissions does so as Django's own back end, or always says no."""
    if getattr(model, "has_perm", None) is not PermissionsMixin.has_perm:
        return False
    kinds = [type(backend) for backend in get_backends()]
    return any(issubclass(kind, ModelBackend) for kind in kinds) and all(
        getattr(kind, name, None) in {None, getattr(ModelBackend, name), _of_base(name)}
        for kind in kinds
        for name in _ANSWERING
    )


def _of_base(name: str) -> Any:
    return getattr(BaseBackend, name, None)
