"""The inbox of who is logged in, as the topic ``inbox``: its numbers are stored, like those of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flowengine.live.kind import Answer, Question, Stored
from flowengine.live.protocol import encode
from flowengine.representations import changes, snapshot
from flowengine.store import heads, inbox
from flowengine.store.progress import Position


class Inbox(Stored):
    """What a user is to know, in a list of its own for each user."""

    is_personal = True
    takes_grants = False
    nowhere = inbox.NO_INBOX

    def about(self, topic: str) -> str | None:
        """There is one for each user."""
        return "" if topic == "inbox" else None

    def part(self, watched: Sequence[tuple[str, Any, bool]]) -> heads.Part:
        """The heads of these users' inboxes."""
        return heads.inboxes([owner for owner, _about, _is_known in watched])

    def key(self, owner: str, _about: Any) -> tuple[str, str]:
        """The user's key."""
        return "inbox", owner

    def hinted(self, owner: str, _about: Any) -> str:
        """The user's key."""
        return owner

    def stands(self, head: heads.Head) -> Position:
        """Epoch and number."""
        return head.text or inbox.NO_INBOX[0], head.number

    def answers(self, questions: Sequence[Question]) -> list[Answer]:
        """The inbox of each who asks, or what has happened to it."""
        made = {
            _owner(question): Answer(allowed=frozenset(question.users)) for question in questions
        }
        after = {
            _owner(question): min(p[1] for p in question.positions if p is not None)
            for question in questions
            if any(question.positions)
        }
        changed = inbox.changes(after) if after else {}
        whole = []
        for question in questions:
            owner = _owner(question)
            answer = made[owner]
            found = changed.get(owner)
            if found is not None:
                answer.position = found.position
                for position in filter(None, question.positions):
                    if _is_resumable(position, found):
                        answer.is_news[position] = came = position != found.position
                        entries = found.after(position[1]) if came else []
                        frame = changes(question.topic, found.position, position[1], entries)
                        answer.changes[position] = encode(frame)
            if len(answer.changes) < len(question.positions):
                whole.append(question)
        self._show(whole, made)
        return [made[_owner(question)] for question in questions]

    def allowed(self, questions: Sequence[Question]) -> list[frozenset[str] | None]:
        """Everybody may see their own."""
        return [frozenset(question.users) for question in questions]

    def _show(self, questions: Sequence[Question], made: dict[str, Answer]) -> None:
        seen = inbox.look({_owner(question) for question in questions}) if questions else {}
        for question in questions:
            owner = _owner(question)
            # The position of the changes is the older one: nothing between the two is lost by it.
            at = made[owner].position or seen[owner].position
            made[owner].position = at
            made[owner].snapshot = encode(snapshot(question.topic, at, seen[owner].view))


def _owner(question: Question) -> str:
    [owner] = question.users
    return owner


def _is_resumable(position: Position, found: inbox.Changes) -> bool:
    epoch, number = found.position
    return found.is_whole and position[0] == epoch and position[1] <= number
