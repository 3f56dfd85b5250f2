"""Grants: the signed permission to watch named topics, for pages whose readers are not logged in.

Who makes a page decides who sees what is on it; a grant carries that decision to the socket. It names its
topics, holds for a quarter of an hour and is renewed on the socket while the page is open, up to half a
day. It is signed with the project's ``SECRET_KEY`` and says nothing else: no session, no user's rights.
Its letters are those that may stand in the list of subprotocols of a WebSocket (RFC 7230, *token*).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from django.core import signing

from flowengine.store.clock import system_now

GRANT_S = 15 * 60
RENEW_AT_S = 0.2 * GRANT_S
"""With so much time left it is renewed."""
AGE_MAX_S = 12 * 60 * 60
"""Of a grant with all that renewed it; then the page has to be loaded again."""
LENGTH_MAX = 4096
TOPICS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token says that holds."""

    topics: tuple[str, ...]
    user: str | None
    """Only for the user of this key; None = for whoever has the token."""
    ends_at: float
    """Seconds since 1970."""
    begun_at: float
    """When the first of its line was made, in seconds since 1970."""


def mint(topics: Collection[str], user: str | None = None) -> str:
    """A token that lets its holder watch *topics* for ``GRANT_S``, and their page ask for more.

    Args:
        topics: names as the socket knows them, at most ``TOPICS_MAX``.
        user: the key of the only user for whom it holds; None = for whoever has it.
    """
    if not 0 < len(topics) <= TOPICS_MAX:
        raise ValueError(f"a grant is for 1 to {TOPICS_MAX} topics, not {len(topics)}")
    now = system_now().timestamp()
    return _sign(Grant(topics=tuple(topics), user=user, ends_at=now + GRANT_S, begun_at=now))


def read(token: str, user: str | None) -> Grant | None:
    """What *token* says; None where it does not hold: forged, over, or another user's.

    Args:
        token: as it came.
        user: the key of who holds it; None = nobody is logged in.
    """
    if not 0 < len(token) <= LENGTH_MAX:
        return None
    try:
        said: dict[str, Any] = _signer().unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    grant = Grant(topics=tuple(said["t"]), user=said["u"], ends_at=said["x"], begun_at=said["b"])
    is_for_them = grant.user is None or grant.user == user
    return grant if is_for_them and grant.ends_at > system_now().timestamp() else None


def is_due(grant: Grant) -> bool:
    """It is nearly over: renew it."""
    return grant.ends_at - system_now().timestamp() <= RENEW_AT_S


def is_over(grant: Grant) -> bool:
    """It holds no longer."""
    return grant.ends_at <= system_now().timestamp()


def renewed(grant: Grant, topic: str) -> tuple[Grant, str] | None:
    """The grant that takes its place for *topic*, with its token; None where it is too old for that."""
    now = system_now().timestamp()
    if now - grant.begun_at > AGE_MAX_S:
        return None
    newer = replace(grant, topics=(topic,), ends_at=now + GRANT_S)
    return newer, _sign(newer)


def _sign(grant: Grant) -> str:
    said = {"t": grant.topics, "u": grant.user, "x": grant.ends_at, "b": grant.begun_at}
    return _signer().sign_object(said)


def _signer() -> signing.TimestampSigner:
    """Made each time: the project's keys are read when they are needed."""
    return signing.TimestampSigner(salt="flowengine.grant", sep=".")
