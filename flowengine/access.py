"""Who may watch a run, and who may cancel it: one predicate per verb.

A predicate is asked on every subscription, on every push and on every request; nothing else in
flowengine decides who sees what. Who may watch is replaceable: ``FLOWENGINE["CAN_VIEW_RUN"]`` names
a function ``(user, run) -> bool``, by default :func:`may_watch`. A user who may not see a run gets
the answer of a run that does not exist.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, Protocol

from django.db.models import prefetch_related_objects
from django.utils.module_loading import import_string

from flowengine.conf import settings

logger = logging.getLogger("flowengine.access")

_KEPT = "_flowengine_may"

SEE: Mapping[str, str] = {
    "run": "view_run",
    "event": "view_eventrecord",
    "dead_letter": "view_dead_letter",
}
"""The permission of ``flowengine`` that shows things of a kind, and selections and replays of them."""


class Watchable(Protocol):
    """What a predicate may read of a run; a ``RunRecord`` is one."""

    @property
    def actor(self) -> str | None:
        """The key of the user who caused the run."""

    @property
    def watchers(self) -> str:
        """JSON: the list of user keys who may watch."""

    @property
    def watcher_groups(self) -> str:
        """JSON: the list of names of Django groups who may watch."""


def user_key(user: Any) -> str:
    """A user's primary key as text: how users are named in events, runs and ``notify``."""
    return str(user.pk)


def is_known(user: Any) -> bool:
    """Somebody is logged in, and not switched off."""
    return bool(user is not None and user.is_authenticated and getattr(user, "is_active", True))


def may_watch(user: Any, run: Watchable) -> bool:
    """The default of ``CAN_VIEW_RUN``: named by ``notify``, in a group named there, or permitted.

    A workflow without ``notify`` names the event's actor, so the owner of a run is among its
    watchers; ``notify: {}`` names nobody. The permission is ``flowengine.view_run``; a superuser
    has it.
    """
    if not is_known(user):
        return False
    if is_named(user, run):
        return True
    if run.watcher_groups != "[]" and not _group_names(user).isdisjoint(_texts(run.watcher_groups)):
        return True
    kept = answers(user).get("flowengine.view_run")
    return bool(user.has_perm("flowengine.view_run")) if kept is None else kept


def is_named(user: Any, run: Watchable) -> bool:
    """*user* is one of the people whom ``notify`` names."""
    return user_key(user) in _texts(run.watchers)


def answers(user: Any) -> dict[str, bool]:
    """By permission, what was asked of many users at once, kept with this one for as long as it is."""
    kept: dict[str, bool] | None = getattr(user, _KEPT, None)
    if kept is None:
        kept = {}
        setattr(user, _KEPT, kept)
    return kept


def view_run(user: Any, run: Watchable) -> bool:
    """*user* may see how *run* goes: title, steps, states, progress; no payloads, no errors.

    A predicate of the project that raises has not said yes: the answer is no, and it is logged.
    """
    if not is_known(user):
        return False
    try:
        return bool(_predicate(settings().CAN_VIEW_RUN)(user, run))
    except Exception:  # the project's own code: whatever it raises must not open a door
        logger.exception("the predicate of CAN_VIEW_RUN failed", extra={"user": user_key(user)})
        return False


def is_default() -> bool:
    """The project has left the question to :func:`may_watch`."""
    return _predicate(settings().CAN_VIEW_RUN) is may_watch


def cancel_run(user: Any, run: Watchable) -> bool:
    """*user* may end *run* early: who may see it and has ``flowengine.cancel_run``."""
    return view_run(user, run) and bool(user.has_perm("flowengine.cancel_run"))


def resume_run(user: Any, run: Watchable) -> bool:
    """*user* may resume *run* or give it up: who may see it and has ``flowengine.resume_run``."""
    return view_run(user, run) and bool(user.has_perm("flowengine.resume_run"))


def hold_run(user: Any, run: Watchable) -> bool:
    """*user* may hold *run* or release it: who may see it and has ``flowengine.hold_run``."""
    return view_run(user, run) and bool(user.has_perm("flowengine.hold_run"))


def view_payload(user: Any) -> bool:
    """*user* may see data, inputs, outputs and error texts of what he may see at all."""
    return is_known(user) and bool(user.has_perm("flowengine.view_payload"))


def answer_approval(user: Any, asked: Mapping[str, Any], requester: str | None) -> bool:
    """*user* is among the people whom an approval asks, by key or by group.

    The requester, who is the event's actor, is not where the step does not allow it. To see the run
    one needs nothing more: who is asked may know the question.

    Args:
        user: somebody.
        asked: the input of the approval's row: ``users``, ``groups``, ``allow_requester``.
        requester: the key of the user who caused the run; None = nobody did.
    """
    if not is_known(user):
        return False
    key = user_key(user)
    if key == requester and not asked.get("allow_requester", False):
        return False
    return key in asked.get("users", ()) or not _group_names(user).isdisjoint(
        asked.get("groups", ())
    )


def start_workflow(user: Any, groups: Collection[str] | None) -> bool:
    """*user* may start a workflow by hand.

    Args:
        user: somebody.
        groups: the names of the groups that its ``manual`` trigger names; None = it names none: who
            has the permission ``flowengine.start_workflow`` may.
    """
    if not is_known(user):
        return False
    if groups is None or getattr(user, "is_superuser", False):
        return bool(user.has_perm("flowengine.start_workflow"))
    return not _group_names(user).isdisjoint(groups)


def read_groups(users: Iterable[Any]) -> None:
    """Fetch the groups of all these users in one query, before many questions are asked about them."""
    # The user itself, where Django's middleware has left a lazy object.
    found = [getattr(user, "_wrapped", user) for user in users if hasattr(user, "groups")]
    if found:
        prefetch_related_objects(found, "groups")


def _group_names(user: Any) -> set[str]:
    groups = getattr(user, "groups", None)
    return set() if groups is None else {group.name for group in groups.all()}


@lru_cache(maxsize=20_000)
def _texts(encoded: str) -> frozenset[str]:
    """A JSON list of texts. The same ones are asked for again and again while a page is open."""
    return frozenset(json.loads(encoded))


@cache
def _predicate(path: str) -> Callable[[Any, Watchable], bool]:
    found: Callable[[Any, Watchable], bool] = import_string(path)
    return found
