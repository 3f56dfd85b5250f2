"""The browsers that users let be pushed to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from flowengine.store import sql, tables

OF_USER_MAX = 20
"""Browsers of one user; with one more, the oldest is forgotten."""

_COLUMNS = ("id", "user_key", "endpoint", "p256dh", "auth", "created_at")
_READ = """
SELECT user_key, endpoint, p256dh, auth FROM flowengine_push_subscription
WHERE user_key = ANY(%(users)s::text[]) ORDER BY created_at, id"""
_DELETE = """
DELETE FROM flowengine_push_subscription
WHERE id = ANY(%(ids)s::uuid[]) AND user_key = ANY(%(users)s::text[])"""
_TOO_MANY = f"""
DELETE FROM flowengine_push_subscription WHERE user_key = %(user)s AND id NOT IN (
  SELECT id FROM flowengine_push_subscription WHERE user_key = %(user)s
  ORDER BY created_at DESC, id LIMIT {OF_USER_MAX})"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One browser of one user."""

    user: str
    endpoint: str
    p256dh: str
    auth: str


def save(subscription: Subscription, now: datetime) -> None:
    """Keep it; a browser that subscribes again, for whomever, is that of its new user."""
    row = (
        *(_id(subscription.endpoint), subscription.user, subscription.endpoint),
        *(subscription.p256dh, subscription.auth, now),
    )
    with sql.writing():
        sql.insert(tables.PUSH_SUBSCRIPTION, _COLUMNS, [row], over=("id",))
        sql.execute(_TOO_MANY, {"user": subscription.user})


def delete(user: str, endpoints: Collection[str]) -> None:
    """Forget these browsers of that user."""
    with sql.writing():
        sql.execute(_DELETE, {"ids": [_id(each) for each in endpoints], "users": [user]})


def of(users: Collection[str]) -> dict[str, list[Subscription]]:
    """The browsers of each of these users; who has none is left out."""
    found: defaultdict[str, list[Subscription]] = defaultdict(list)
    for user, endpoint, p256dh, auth in sql.query(_READ, {"users": sorted(users)}):
        found[user].append(Subscription(user=user, endpoint=endpoint, p256dh=p256dh, auth=auth))
    return found


def _id(endpoint: str) -> UUID:
    return uuid5(NAMESPACE_URL, endpoint)
