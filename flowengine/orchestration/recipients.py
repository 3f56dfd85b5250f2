"""Who is told: users by key, and the members of groups, for many at once and within bounds."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from flowengine import access
from flowengine.store import progress

logger = logging.getLogger("flowengine.orchestration")

_BACKEND = "django.contrib.auth.backends.ModelBackend"
RECIPIENTS_MAX = 1_000
"""Users that are told one thing; of a group, and of all together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Those whom one thing concerns, as they are named."""

    run_id: UUID
    users: Sequence[str]
    """Keys."""
    groups: Sequence[str] = ()
    """Names."""
    but: str = ""
    """The key of one who is not told: he has done it himself."""
    watches: bool = True
    """They are told because they may watch the run, and only if they may."""


def recipients(named: Sequence[Named]) -> list[list[str]]:
    """The keys of those to tell, for each; one query for all groups, none where there are none."""
    members = members_of({group for each in named for group in each.groups})
    found = [_keys(each, members) for each in named]
    return found if access.is_default() else _permitted(named, found)


def members_of(groups: Collection[str]) -> Mapping[str, list[str]]:
    """The keys of the active members of each group, at most ``RECIPIENTS_MAX`` of each.

    A project whose users have no groups has no members.
    """
    if not groups:
        return {}
    model = get_user_model()
    try:
        model._meta.get_field("groups")  # noqa: SLF001 - Django's documented interface
    except FieldDoesNotExist:
        return {}
    place = Window(RowNumber(), partition_by=[F("groups__name")], order_by=["pk"])
    rows = (
        model._default_manager.filter(groups__name__in=sorted(groups))  # noqa: SLF001 - documented
        .annotate(place=place)
        .filter(place__lte=RECIPIENTS_MAX)
        .order_by("pk")
        .values_list("groups__name", "pk")
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for group, pk in rows:
        found[group].append(str(pk))
    return found


def group_exists(name: str) -> bool:
    """There is a group of that name whose members can be told; none where users have no groups."""
    try:
        field = get_user_model()._meta.get_field("groups")  # noqa: SLF001 - documented interface
    except FieldDoesNotExist:
        return False
    groups: Any = field.related_model
    return bool(groups._default_manager.filter(name=name).exists())  # noqa: SLF001 - documented


def _keys(named: Named, members: Mapping[str, Sequence[str]]) -> list[str]:
    keys = dict.fromkeys(named.users)
    for group in named.groups:
        keys.update(dict.fromkeys(members.get(group, ())))
    keys.pop(named.but, None)
    if len(keys) > RECIPIENTS_MAX:
        logger.warning(
            "only the first %d of %d users are told",
            RECIPIENTS_MAX,
            len(keys),
            extra={"run": str(named.run_id)},
        )
    return list(keys)[:RECIPIENTS_MAX]


def _permitted(named: Sequence[Named], found: Sequence[list[str]]) -> list[list[str]]:
    """Those of *found* whom the project's own predicate lets watch, where that is what counts."""
    users = users_of({key for each in found for key in each})
    access.read_groups(users.values())
    runs = progress.runs({each.run_id for each in named})
    return [
        [
            key
            for key in keys
            if not each.watches
            or (
                (key in users and each.run_id in runs)
                and access.view_run(users[key], runs[each.run_id])
            )
        ]
        for each, keys in zip(named, found, strict=True)
    ]


def permitted_to(permission: str, among: Collection[str] | None = None) -> list[str]:
    """The keys of the active users who have that permission, superusers too; at most ``RECIPIENTS_MAX``.

    Args:
        permission: ``flowengine.view_run``.
        among: the keys of those who are asked about, however many; None = all users are.

    A project whose users have no permissions of Django's has none of them.
    """
    manager: Any = get_user_model()._default_manager  # noqa: SLF001 - Django's own name for it
    if not hasattr(manager, "with_perm"):
        return []
    try:
        found = manager.with_perm(permission, backend=_BACKEND).order_by("pk")
        if among is not None:
            keys = found.filter(pk__in=_primary_keys(among)).values_list("pk", flat=True)
            return [str(key) for key in keys]
        return [str(key) for key in found.values_list("pk", flat=True)[:RECIPIENTS_MAX]]
    except FieldError:
        return []


def users_of(keys: Iterable[str]) -> dict[str, Any]:
    """The users of these keys; who is not there is left out."""
    manager = get_user_model()._default_manager  # noqa: SLF001 - Django's own name for it
    return {str(pk): user for pk, user in manager.in_bulk(_primary_keys(keys)).items()}


def _primary_keys(keys: Iterable[str]) -> list[Any]:
    """These keys as the users' table has them; what can be none of them is left out."""
    field = get_user_model()._meta.pk  # noqa: SLF001 - Django's documented interface
    assert field is not None, "every model has a primary key"
    found = []
    for key in keys:
        try:
            found.append(field.to_python(key))
        except ValidationError:
            continue
    return found
