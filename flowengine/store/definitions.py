"""Rows of definitions <-> bound ``Workflow`` values, cached by digest: a digest never changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from flowengine.definitions.check import bind
from flowengine.definitions.model import Workflow
from flowengine.definitions.parse import parse
from flowengine.definitions.task_signature import TaskSignature
from flowengine.store import sql, tables

_CACHED_MAX = 1000
_LISTENED_TO = """
SELECT DISTINCT s.pattern FROM flowengine_subscription s
LEFT JOIN flowengine_workflow w ON w.digest = s.digest AND w.is_enabled
WHERE s.path <> '' OR w.name IS NOT NULL"""

_cached: dict[str, Workflow] = {}
_encode = msgspec.json.Encoder(order="sorted").encode
_signatures = msgspec.json.Decoder(dict[str, TaskSignature]).decode


@dataclass(frozen=True, slots=True)
class Subscription:
    """An event pattern that a definition listens to."""

    pattern: str
    path: str = ""
    """Of a ``wait_for`` or ``cancel_on``: the path in the event's data by which it is found. Empty:
    such events start runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One version of one workflow, to be stored."""

    digest: str
    workflow: str
    path: str
    source: str
    signatures: Mapping[str, TaskSignature]
    """Of the tasks it names, as the process that synchronises sees them."""
    subscriptions: frozenset[Subscription] = frozenset()
    """What it listens to."""


def load(digests: Collection[str]) -> dict[str, Workflow]:
    """The workflows of these digests, bound to their stored signatures; unknown digests are left out.

    Asks the database only for what this process has not seen yet.

    Raises:
        DefinitionError: a stored file cannot be read by this version of flowengine.
    """
    missing = [digest for digest in digests if digest not in _cached]
    if missing:
        if len(_cached) + len(missing) > _CACHED_MAX:
            _cached.clear()
            missing = list(digests)
        rows = sql.query(
            "SELECT digest, path, source, signatures FROM flowengine_definition"
            " WHERE digest = ANY(%(digests)s)",
            {"digests": missing},
        )
        for digest, path, source, signatures in rows:
            _cached[digest] = bind(parse(source, path=path), _signatures(signatures))
    return {digest: _cached[digest] for digest in digests if digest in _cached}


def active() -> dict[str, str]:
    """The digest by which each enabled workflow takes new runs, by name."""
    return dict(
        sql.query(
            "SELECT name, digest FROM flowengine_workflow WHERE is_enabled ORDER BY name",
            {},
            is_prepared=True,
        )
    )


def synchronised() -> dict[str, str]:
    """The digest of each workflow, enabled or not, by name."""
    return dict(sql.query("SELECT name, digest FROM flowengine_workflow ORDER BY name", {}))


def put(definitions: Sequence[Definition], now: datetime) -> None:
    """Store definitions; of one that is there, path, text and signatures become the present ones."""
    for definition in sorted(definitions, key=lambda item: item.digest):
        sql.execute(
            "INSERT INTO flowengine_definition"
            " (digest, workflow, path, source, signatures, created_at) VALUES (%(digest)s,"
            " %(workflow)s, %(path)s, %(source)s, %(signatures)s, %(now)s)"
            " ON CONFLICT (digest) DO UPDATE SET path = excluded.path, source = excluded.source,"
            " signatures = excluded.signatures",
            {
                "digest": definition.digest,
                "workflow": definition.workflow,
                "path": definition.path,
                "source": definition.source,
                "signatures": _encode(dict(definition.signatures)).decode(),
                "now": now,
            },
        )
        _cached.pop(definition.digest, None)
    sql.insert(
        tables.SUBSCRIPTION,
        ("digest", "pattern", "path", "unused_since"),
        [
            (definition.digest, each.pattern, each.path, None)
            for definition in definitions
            for each in sorted(definition.subscriptions, key=lambda s: (s.pattern, s.path))
        ],
        over=("digest", "pattern", "path"),
    )


def awaited() -> frozenset[Subscription]:
    """What the waits of all definitions listen to that new runs, or runs that may go on, are of."""
    rows = sql.query(
        "SELECT DISTINCT pattern, path FROM flowengine_subscription WHERE path <> ''",
        {},
        is_prepared=True,
    )
    return frozenset(Subscription(*row) for row in rows)


def awaited_by(digests: Collection[str]) -> frozenset[Subscription]:
    """What the waits of these definitions listen to."""
    rows = sql.query(
        "SELECT DISTINCT pattern, path FROM flowengine_subscription"
        " WHERE path <> '' AND digest = ANY(%(digests)s)",
        {"digests": list(digests)},
    )
    return frozenset(Subscription(*row) for row in rows)


def listened_to() -> frozenset[str]:
    """The patterns of events that start runs of enabled workflows, or that some wait is for."""
    rows = sql.query(_LISTENED_TO, {}, is_prepared=True)
    return frozenset(row[0] for row in rows)


def activate(digests: Mapping[str, str], now: datetime) -> None:
    """New runs of these workflows, by name, take these digests; a disabled one stays disabled."""
    for name, digest in sorted(digests.items()):
        sql.execute(
            "INSERT INTO flowengine_workflow (name, digest, is_enabled, updated_at)"
            " VALUES (%(name)s, %(digest)s, %(enabled)s, %(now)s)"
            " ON CONFLICT (name) DO UPDATE SET digest = excluded.digest,"
            " updated_at = excluded.updated_at",
            {"name": name, "digest": digest, "enabled": True, "now": now},
        )


def retire(names: Sequence[str]) -> None:
    """No new runs of these workflows; their definitions stay for the runs that refer to them."""
    if names:
        sql.execute(
            "DELETE FROM flowengine_workflow WHERE name = ANY(%(names)s)", {"names": list(names)}
        )
