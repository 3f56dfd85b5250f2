"""As the modules of the store whose rows are only written: decisions, history, dead letters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from flowengine.engine.breaker import Station
from flowengine.engine.transitions import Transition
from flowengine.store.audit import Row as Act
from flowengine.store.dead_letters import DeadLetter
from flowengine.store.decisions import Answer, Revision
from flowengine.store.prune import Mark, Page
from flowengine.store.stations import Counted
from tests.simulation.model.database import Database, setting
from tests.simulation.model.tables import DecisionRow, Row


def insert_decisions(db: Database, answers: Sequence[Answer], now: datetime) -> None:
    if not answers:
        return
    with db.statement("decisions.insert"):
        for each in answers:
            key = (each.event_id, each.workflow, each.replay)
            row = DecisionRow(key=key, run=each.run_id, outcome=each.given.outcome)
            db.insert("decision", row)


def revise_decisions(db: Database, revisions: Sequence[Revision], now: datetime) -> None:
    if not revisions:
        return
    with db.statement("decisions.revise"):
        by_run = {row.run: row.key for row in db.read("decision")}
        for each in revisions:
            if each.run_id in by_run:
                db.change(
                    "decision",
                    by_run[each.run_id],
                    setting(outcome=each.outcome),
                    is_wanted=lambda row: row.outcome == "debouncing",
                )


def append_history(
    db: Database, rows: Sequence[tuple[UUID, int, tuple[Transition, ...]]], at: datetime
) -> None:
    if not rows:
        return
    with db.statement("history.append"):
        for run, head, facts in rows:
            db.insert("history", Row(key=(run, head - len(facts) + 1), value=(head, facts, at)))


def insert_dead_letters(db: Database, letters: Sequence[DeadLetter], now: datetime) -> None:
    if not letters:
        return
    with db.statement("dead_letters.insert"):
        for each in letters:
            db.insert("dead_letter", Row(key=each.id, value=each), ignore=True)


def close_dead_letters(
    db: Database, runs: Sequence[UUID], *, reason: str, by: str, now: datetime
) -> list[UUID]:
    """They are only written here: nobody asks for their states."""
    with db.statement("dead_letters.close_of_runs"):
        return []


def append_audit(db: Database, rows: Sequence[Act]) -> None:
    """It is only written here, and nobody asks for it."""
    if rows:
        with db.statement("audit.append"):
            pass


def audit_is_kept(db: Database, row: UUID) -> bool:
    """Nobody names his acts here."""
    with db.statement("audit.is_kept"):
        return False


def due_replays(db: Database, now: datetime, *, limit: int) -> list[UUID]:
    """People replay events one by one here: no replay is stored."""
    with db.statement("replays.due"):
        return []


def no_new_keys(db: Database, origins: Collection[UUID]) -> dict[UUID, dict[str, UUID]]:
    """Nobody replays with new idempotency keys here."""
    with db.statement("replayed.keys"):
        return {}


def next_due_replay(db: Database) -> datetime | None:
    with db.statement("replays.next_due"):
        return None


def learn_nothing(_db: Database) -> int:
    """How long runs take is shown, and decides nothing."""
    return 0


def waiting_tallies(_db: Database) -> tuple[bool, bool]:
    """The model counts no causes, and nobody merges them."""
    return False, False


def prune_nothing(_db: Database, before: datetime, after: Mark, **_given: object) -> Page:
    """No schedule lasts as long as things are kept."""
    return Page()


def no_stations(_db: Database) -> dict[str, Station]:
    """Nobody closes a station in a schedule."""
    return {}


def no_rules(_db: Database) -> bool:
    """Nobody wants to be told of anything."""
    return False


def no_counts(_db: Database, _after: datetime) -> list[Counted]:
    """Without a breaker nothing is counted."""
    return []


def no_breaker(_db: Database, _name: str) -> None:
    """Failures are what a schedule is made of: none closes a station."""
