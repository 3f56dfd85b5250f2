"""Rules of notifications: reading those in force, and what each of them has not been told of yet.

Every statement is for all rules at once. A rule is told of a thing when its hit is written, and a hit is
written once: whoever looks at the same thing again, here or in another process, has nothing to tell.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flowengine.store import sql, tables

RULES_MAX = 500
"""In force at the same time; see ``notices.rules``."""
LETTERS_MAX = 1_000
"""Looked at together; what came after them follows at the next look."""
CAUSES_MAX = 200
ASKED_MAX = 500

_IN_FORCE = "SELECT EXISTS (SELECT 1 FROM flowengine_rule WHERE NOT is_muted)"
_HELD = f"""
SELECT id, what, filter, user_key, group_name, mail, per_hour, created_at, looked_at, looked_id,
  hour_at, sent, kept_back
FROM flowengine_rule WHERE NOT is_muted ORDER BY id LIMIT {RULES_MAX} FOR UPDATE SKIP LOCKED"""

_FAILED = f"""
SELECT id, created_at, workflow, step, code, run_id FROM flowengine_dead_letter
WHERE (created_at, id) > (%(at)s, %(id)s) AND kind = 'failed run' ORDER BY created_at, id LIMIT {LETTERS_MAX}"""
_CAUSES = """
SELECT o.id, o.state, o.state_at, o.error_type, o.code, o.step, o.place, (
  SELECT d.workflow FROM flowengine_dead_letter d WHERE d.group_id = o.id
  ORDER BY d.created_at DESC, d.id DESC LIMIT 1)
FROM (
  SELECT id, state, state_at, error_type, code, step, place FROM flowengine_dead_group
  WHERE open_count > 0 AND merged_into IS NULL AND state IN ('new', 'regressed')
  ORDER BY last_at DESC, id DESC LIMIT %(limit)s) o"""
_ASKED = """
SELECT s.run_id, s.step, s.item, s.title, r.workflow, s.started_at
FROM flowengine_step s JOIN flowengine_run r ON r.id = s.run_id
WHERE s.kind = 'approval' AND s.state = 'waiting'
ORDER BY s.due_at NULLS LAST, s.run_id, s.step, s.item LIMIT %(limit)s"""

_NEW = "ON CONFLICT DO NOTHING RETURNING rule_id, thing"
_HIT = f"""
INSERT INTO flowengine_rule_hit (rule_id, thing, at)
SELECT h.rule_id, h.thing, %(now)s FROM unnest(%(rules)s::uuid[], %(things)s::text[])
  AS h(rule_id, thing)
{_NEW}"""
_HIT_SQLITE = f"""
INSERT INTO flowengine_rule_hit (rule_id, thing, at)
SELECT value ->> 0, value ->> 1, %(now)s FROM json_each(%(rows)s) WHERE true
{_NEW}"""
_OVER = """
DELETE FROM flowengine_rule_hit WHERE rule_id = ANY(%(rules)s::uuid[])
AND CASE WHEN thing LIKE 'letter:%%' THEN at < %(before)s
         WHEN thing LIKE 'cause:%%' AND %(more_causes)s THEN false
         WHEN thing LIKE 'approval:%%' AND %(more_asked)s THEN false
         ELSE NOT (thing = ANY(%(there)s::text[])) END"""
_FORGOTTEN = "DELETE FROM flowengine_rule_hit WHERE rule_id = ANY(%(rules)s::uuid[])"

_COUNTED = ("looked_at", "looked_id", "hour_at", "sent", "kept_back")


Mark = tuple[datetime, UUID]
"""How far what has failed has been looked at: when a dead letter was made, and its id."""
NO_LETTER = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule in force."""

    id: UUID
    what: str
    filter: str
    user: str
    """Who is told; empty = *group* is."""
    group: str
    mail: bool
    per_hour: int
    created_at: datetime
    looked: Mark
    hour_at: datetime | None
    sent: int
    kept_back: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A run that failed, as its dead letter says."""

    letter: UUID
    at: datetime
    workflow: str
    step: str
    code: str
    run: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A cause that is new, or has come back; without its title, which is what an error says."""

    id: UUID
    state: str
    at: datetime
    error: str
    step: str
    place: str
    workflow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An approval that waits."""

    run: UUID
    step: str
    item: str
    title: str
    workflow: str
    at: datetime | None


def any_in_force() -> bool:
    """Somebody wants to be told of something."""
    return bool(sql.query(_IN_FORCE, {})[0][0])


def held() -> list[Rule]:
    """The rules in force that no other process is looking at, locked until the transaction ends."""
    return [_rule(row) for row in sql.query(_HELD, {})]


def failed(after: Mark) -> list[Failed]:
    """Runs that have failed since then, in that order, at most ``LETTERS_MAX``."""
    at, key = after
    return [
        Failed(
            letter=sql.as_uuid(row[0]),
            at=_instant(row[1]),
            workflow=row[2],
            step=row[3] or "",
            code=row[4],
            run=None if row[5] is None else sql.as_uuid(row[5]),
        )
        for row in sql.query(_FAILED, {"at": at, "id": key})
    ]


def causes() -> list[Cause]:
    """Causes that nobody has seen to, those that failed last first."""
    return [
        Cause(
            id=sql.as_uuid(row[0]),
            state=row[1],
            at=_instant(row[2]),
            error=row[3] or row[4],
            step=row[5],
            place=row[6],
            workflow=row[7] or "",
        )
        for row in sql.query(_CAUSES, {"limit": CAUSES_MAX})
    ]


def asked() -> list[Asked]:
    """Approvals that wait, the most pressing first."""
    return [
        Asked(
            run=sql.as_uuid(row[0]),
            step=row[1],
            item=row[2],
            title=row[3],
            workflow=row[4],
            at=sql.as_datetime(row[5]),
        )
        for row in sql.query(_ASKED, {"limit": ASKED_MAX})
    ]


def hit(found: Sequence[tuple[UUID, str]], now: datetime) -> set[tuple[UUID, str]]:
    """Write that each rule has found that thing; those which had not found it before."""
    if not found:
        return set()
    columns: dict[str, list[Any]] = {
        "rules": [rule for rule, _ in found],
        "things": [thing for _, thing in found],
    }
    rows = sql.query_rows(_HIT, _HIT_SQLITE, {"now": now}, columns)
    return {(sql.as_uuid(rule), thing) for rule, thing in rows}


def forget_over(
    rules: Collection[UUID],
    there: Collection[str],
    before: datetime,
    *,
    more_causes: bool,
    more_asked: bool,
) -> None:
    """Forget the hits of states that are over, and of what happened once *before* then.

    Args:
        rules: whose.
        there: the states that are not over.
        before: when.
        more_causes: *there* has not all of the causes, so none of them is known to be over.
        more_asked: the same of approvals.
    """
    values = {
        "rules": list(rules),
        "there": list(there),
        "before": before,
        "more_causes": more_causes,
        "more_asked": more_asked,
    }
    sql.execute(_OVER, values)


def count(rules: Sequence[Rule]) -> None:
    """Write what these rules have counted; they are held."""
    rows = [(*each.looked, each.hour_at, each.sent, each.kept_back, each.id) for each in rules]
    sql.update(tables.RULE, _COUNTED, ("id",), rows)


def forget(rules: Collection[UUID]) -> None:
    """Forget all that these rules have found."""
    sql.execute(_FORGOTTEN, {"rules": list(rules)})


def _rule(row: Sequence[Any]) -> Rule:
    key, what, text, user, group, mail, per_hour, created_at, *looked, hour_at, sent, kept = row
    return Rule(
        id=sql.as_uuid(key),
        what=what,
        filter=text,
        user=user,
        group=group,
        mail=bool(mail),
        per_hour=per_hour,
        created_at=_instant(created_at),
        looked=(_instant(looked[0]), sql.as_uuid(looked[1])),
        hour_at=sql.as_datetime(hour_at),
        sent=sent,
        kept_back=kept,
    )


def _instant(value: object) -> datetime:
    at = sql.as_datetime(value)
    assert at is not None, "every row has its instant"
    return at
