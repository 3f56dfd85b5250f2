"""As :mod:`flowengine.store.definitions`, without a cache: workflows are parsed once per process."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from flowengine.definitions.check import bind
from flowengine.definitions.model import Workflow
from flowengine.definitions.parse import parse
from flowengine.definitions.task_signature import TaskSignature
from flowengine.store.definitions import Definition, Subscription
from tests.simulation.model.database import Database, setting, to
from tests.simulation.model.tables import ActiveRow, Row, SubscriptionRow


@lru_cache(maxsize=10_000)
def bound(source: str, path: str, signatures: tuple[tuple[str, TaskSignature], ...]) -> Workflow:
    """The workflow of a text, bound."""
    return bind(parse(source, path=path), dict(signatures))


def load(db: Database, digests: Collection[str]) -> dict[str, Workflow]:
    with db.statement("definitions.load"):
        rows = {each: db.get("definition", each) for each in digests}
    return {
        digest: bound(row.value.source, row.value.path, tuple(sorted(row.value.signatures.items())))
        for digest, row in rows.items()
        if row is not None
    }


def active(db: Database) -> dict[str, str]:
    with db.statement("definitions.active"):
        return {row.name: row.digest for row in _workflows(db) if row.is_enabled}


def synchronised(db: Database) -> dict[str, str]:
    with db.statement("definitions.synchronised"):
        return {row.name: row.digest for row in _workflows(db)}


def put(db: Database, definitions: Sequence[Definition], now: datetime) -> None:
    with db.statement("definitions.put"):
        for each in sorted(definitions, key=lambda item: item.digest):
            row = Row(key=each.digest, value=each)
            if not db.insert("definition", row, ignore=True):
                db.change("definition", each.digest, to(row))
            for subscription in each.subscriptions:
                key = (each.digest, subscription.pattern, subscription.path)
                new = SubscriptionRow(key=key, subscription=subscription)
                if not db.insert("subscription", new, ignore=True):
                    db.change("subscription", key, to(new))


def awaited(db: Database) -> frozenset[Subscription]:
    with db.statement("definitions.awaited"):
        return frozenset(
            row.subscription for row in db.read("subscription") if row.subscription.path
        )


def awaited_by(db: Database, digests: Collection[str]) -> frozenset[Subscription]:
    with db.statement("definitions.awaited_by"):
        return frozenset(
            row.subscription
            for row in db.read("subscription")
            if row.subscription.path and row.key[0] in digests
        )


def listened_to(db: Database) -> frozenset[str]:
    with db.statement("definitions.listened_to"):
        enabled = {row.digest for row in db.read("workflow") if row.is_enabled}
        return frozenset(
            row.subscription.pattern
            for row in db.read("subscription")
            if row.subscription.path or row.key[0] in enabled
        )


def activate(db: Database, digests: Mapping[str, str], now: datetime) -> None:
    with db.statement("definitions.activate"):
        for name, digest in sorted(digests.items()):
            if not db.insert("workflow", ActiveRow(name=name, digest=digest), ignore=True):
                db.change("workflow", name, setting(digest=digest))


def retire(db: Database, names: Sequence[str]) -> None:
    with db.statement("definitions.retire"):
        for name in names:
            db.delete("workflow", name)


def _workflows(db: Database) -> list[ActiveRow]:
    return sorted(db.read("workflow"), key=lambda row: row.name)
