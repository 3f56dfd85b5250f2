"""Ids that follow from what they name: doing a thing twice gives the same id, and is seen.

All but event ids are UUIDv5 (RFC 9562 §5.5) in namespaces that are fixed for ever.
"""

from __future__ import annotations

from uuid import UUID, uuid5

from flowengine.definitions.step_ids import UNDO
from flowengine.engine.event import Again

_KEYED = UUID("1d5b7a5e-3b0c-5e0f-9a55-0b6a0f6d7c01")
_FOREIGN = UUID("1d5b7a5e-3b0c-5e0f-9a55-0b6a0f6d7c02")
_RUN = UUID("1d5b7a5e-3b0c-5e0f-9a55-0b6a0f6d7c03")
_CALL = UUID("1d5b7a5e-3b0c-5e0f-9a55-0b6a0f6d7c04")
_EMITTED = UUID("1d5b7a5e-3b0c-5e0f-9a55-0b6a0f6d7c05")
_CORRECTED = UUID("1d5b7a5e-3b0c-5e0f-9a55-0b6a0f6d7c07")
_TOLD = UUID("1d5b7a5e-3b0c-5e0f-9a55-0b6a0f6d7c11")
_ACT = UUID("1d5b7a5e-3b0c-5e0f-9a55-0b6a0f6d7c12")

ENTROPY_BYTES = 10
"""How much chance :func:`uuid7` wants."""


def uuid7(unix_ms: int, entropy: bytes) -> UUID:
    """The id of an own event: its time, then chance. RFC 9562 §5.7.

    *entropy* is :data:`ENTROPY_BYTES` bytes, 74 bits of which are used.
    """
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"uuid7 wants {ENTROPY_BYTES} bytes of entropy, not {len(entropy)}")
    chance = int.from_bytes(entropy, "big")
    first, last = (chance >> 62) & 0xFFF, chance & (2**62 - 1)
    return UUID(int=(unix_ms & (2**48 - 1)) << 80 | 0x7 << 76 | first << 64 | 0b10 << 62 | last)


def keyed_event_id(event_type: str, key: str) -> UUID:
    """The id of the one own event of that type and key."""
    return uuid5(_KEYED, _joined(event_type, key))


def foreign_event_id(source: str, external_id: str) -> UUID:
    """Our id of the event that a foreign source calls *external_id*."""
    return uuid5(_FOREIGN, _joined(source, external_id))


def run_id(event_id: UUID, workflow: str, replay: int = 0) -> UUID:
    """The id of the run that this workflow makes of this event, known before there is one."""
    return uuid5(_RUN, _joined(str(event_id), str(replay), workflow))


def corrected_event_id(replay: UUID, original: UUID) -> UUID:
    """The id of the edited copy that this replay makes of the dead letter, run or event *original*."""
    return uuid5(_CORRECTED, _joined(str(replay), str(original)))


def kept_keys(again: Again | None, run: UUID, workflow: str) -> UUID | None:
    """What a new run makes its idempotency keys of; None = of its own id, as every first run does.

    A replay does again what was done or tried before: whoever dedups by key must see the same keys.
    """
    if again is None:
        return None
    kept = again.keys.get(workflow)
    if kept is None and again.origin is not None:
        kept = run_id(again.origin, workflow)
    return None if kept == run else kept


def call_event_id(run: UUID, step: str, item: str, attempt: int) -> UUID:
    """The id of the event that calls a child.

    *attempt* is the number of times the step has begun: a ``workflow`` step that is resumed after its
    child has failed starts another one; a decision that is made twice does not.
    """
    return uuid5(_CALL, _joined(str(run), step, item, str(attempt)))


def emitted_event_id(run: UUID, step: str, item: str, replay: int) -> UUID:
    """The id of the one event that an ``emit`` step publishes.

    *replay* is how often the run was resumed: a hook publishes after each end of the run.
    """
    return uuid5(_EMITTED, _joined(str(run), step, item, str(replay)))


def notification_id(run: UUID, user: str, *what: str) -> UUID:
    """The id of what *user* is told of that run; *what* is said, or the number of what happened."""
    return uuid5(_TOLD, _joined(str(run), user, *what))


def act_id(who: str, key: str, *what: str) -> UUID:
    """The id of what a person has done under that key; *what* says what, and to what."""
    return uuid5(_ACT, _joined(who, key, *what))


def idempotency_key(run: UUID, step: str, item: str = "") -> str:
    """What a task hands to other systems so that they do it once; 36 characters.

    The same for every attempt, after a crash, a deploy, a resume and a replay; another one for each step,
    item and *run*: that is the id of the run, or what it keeps instead (:func:`kept_keys`).
    """
    return str(uuid5(run, _joined(item, step)))


def undone_key(run: UUID, row_id: str, item: str = "") -> str | None:
    """What the task that an undo undoes had as its :func:`idempotency_key`; None = it is no undo."""
    if not row_id.startswith(UNDO):
        return None
    return idempotency_key(run, row_id.removeprefix(UNDO), item)


def _joined(*parts: str) -> str:
    """The parts as one text; no other parts give the same."""
    return "".join(f"{len(part)}:{part}" for part in parts)
