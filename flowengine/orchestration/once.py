"""Acts that leave nothing behind which could say that they were done: they are done once under their key all the same.

What is taken away has no row any more, and of what is somebody's own no audit knows. So it is remembered
beside both that he has done it, for as long as anybody may still wait for its answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from flowengine.engine.identity import act_id
from flowengine.engine.rules.gates import Gate, Key, Used
from flowengine.orchestration.audit import By
from flowengine.store import keys

REMEMBERED = timedelta(days=1)


def is_done(by: By, verb: str, thing: UUID) -> bool:
    """Whether he has done this to it before, under the same key."""
    key = _key(by, verb, thing).id
    return bool(by.key) and keys.seen([key]).get(key) is not None


def keep(by: By, verb: str, thing: UUID, now: datetime) -> None:
    """Remember that he does it, in the transaction that does it; nothing where it has no key."""
    if not by.key:
        return
    key = _key(by, verb, thing)
    keys.save(keys.lock([key]), {key.id: Used(run=thing, until=now + REMEMBERED)})


def _key(by: By, verb: str, thing: UUID) -> Key:
    """An admission key of no workflow: a beat forgets it like those of events."""
    text = str(act_id(by.who, by.key, verb, str(thing)))
    return Key(workflow="", gate=Gate.IDEMPOTENCY, text=text)
