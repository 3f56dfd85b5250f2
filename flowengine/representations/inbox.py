"""What a user is told of his inbox: a whitelist, as everything here.

A sentence of ours travels as its name too, so that a page can say it in its reader's language; what a
task or a failure said for users travels as it was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flowengine.representations.rows import Json
from flowengine.representations.words import instant, unturned

SENTENCES = {
    "say.succeeded": "All done.",
    "say.held": "This has stopped for now; somebody is looking at it.",
    "say.cancelled": "This was cancelled.",
    "say.expired": "This could not begin in time.",
    "why.plain": "Something went wrong.",
    "why.late": "This took longer than it may, and was stopped.",
    "why.step": "Something went wrong in «{step}».",
    "say.asked": "Your answer is wanted.",
}
"""By name, what is said where nobody else has said anything; the pages' words have them too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that one user was told, as it is stored."""

    id: UUID
    kind: str
    tone: str
    title: str
    text: str
    """What somebody said; empty = the sentence named *word*."""
    word: str
    step: str
    url: str
    run_id: UUID | None
    at: datetime
    is_seen: bool
    is_read: bool


def item(notice: Notice) -> Json:
    """One thing, as browsers are told of it."""
    step = unturned(notice.step)
    said = unturned(notice.text) or SENTENCES.get(notice.word, "").format(step=step)
    return {
        "id": str(notice.id),
        "kind": notice.kind,
        "title": unturned(notice.title),
        "text": said,
        "say": _sentence(notice.word, step),
        "url": notice.url,
        "run": None if notice.run_id is None else str(notice.run_id),
        "tone": notice.tone,
        "at": instant(notice.at),
        "seen": notice.is_seen,
        "read": notice.is_read,
        "archived": False,
        "snoozed_until": None,
    }


def _sentence(word: str, step: str) -> Json | None:
    if not word:
        return None
    return {"name": word, "step": step} if word == "why.step" else {"name": word}


def inbox_view(items: list[Json], unread: int, unseen: int) -> Json:
    """The whole inbox: the newest items, and how many of all are unread and unseen."""
    return {"items": items, "unread": unread, "unseen": unseen}


def told(view_item: Json) -> Json:
    """An item that came or changed, as an entry of a ``pub`` frame."""
    return {"t": "item", **view_item}


def gone(notice_id: UUID) -> Json:
    """An item that is not in the inbox any more: archived, or asleep."""
    return {"t": "gone", "id": str(notice_id)}


def counts(unread: int, unseen: int) -> Json:
    """How many are unread and unseen now; the last entry of its frame."""
    return {"t": "counts", "unread": unread, "unseen": unseen}
