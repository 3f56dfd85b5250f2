"""What users are told of runs: rows of their inboxes, in the transaction of what they tell.

Who watches a run (``notify``) is told how it ended, and that it is held; who is asked by an approval is
told that; and all who watch are told what a task says by ``ctx.notify``. A run that another one called and
waits for says nothing of its end: its caller does. What is told is a whitelist: titles, and what was said
for users.

The number of statements does not depend on the number of runs or users. The rows get their numbers after
the commit (:func:`number`), so that no worker waits for another that tells the same user something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from flowengine import signals
from flowengine.conf import settings
from flowengine.definitions.model import Workflow
from flowengine.engine.identity import notification_id
from flowengine.engine.run import Item, Place, Run, Step
from flowengine.engine.states import StepState
from flowengine.engine.transitions import (
    RunCancelled,
    RunCancelling,
    RunExpired,
    RunFailed,
    RunHeld,
    RunSucceeded,
    StepAnswered,
    StepWaiting,
    Transition,
)
from flowengine.orchestration.recipients import Named, permitted_to, recipients
from flowengine.representations.run import shows_steps
from flowengine.representations.words import why
from flowengine.store import notifications, sql
from flowengine.store.notifications import Note
from flowengine.tasks.attempt import Notification

TITLE_MAX = 200
TEXT_MAX = 500
"""Characters that are kept of what is told."""
_OPERATORS = uuid5(NAMESPACE_OID, "flowengine operators")

_OF_RUN = {
    RunSucceeded: ("succeeded", "success", "say.succeeded"),
    RunFailed: ("failed", "failure", ""),
    RunHeld: ("held", "warning", "say.held"),
    RunCancelled: ("cancelled", "info", "say.cancelled"),
    RunExpired: ("expired", "warning", "say.expired"),
}
"""By transition: kind, tone and sentence."""
_TELLING = frozenset({*_OF_RUN, StepWaiting, StepAnswered})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a task has said to who watches its run."""

    step: str
    item: Item
    notification: Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One run, and what may be told of it."""

    run: Run
    workflow: Workflow | None
    transitions: Sequence[Transition]
    stored: Mapping[Place, Step]
    """Its rows as they were before."""
    said: Sequence[Said] = field(default=())


@dataclass(frozen=True, slots=True)
class _Draft:
    """A note that has no reader yet."""

    note: Note
    what: tuple[str, ...]
    """What makes its id, beside run and user."""
    named: Named | None = None
    """Whom it concerns; None = who watches the run."""
    but: str = ""


def write(news: Sequence[News], now: datetime) -> list[str]:
    """Write what is to be told; the keys of those whose inboxes changed, to be numbered."""
    drafts = [draft for each in news for draft in _drafts(each)]
    changed = set(notifications.withdraw([asked for each in news for asked in _over(each)], now))
    if drafts:
        notes = {note.id: note for note in _addressed(drafts)}
        _insert(list(notes.values()), now)
        changed.update(note.user for note in notes.values())
    return sorted(changed)


def concerns(
    transitions: Sequence[Transition], stored: Mapping[Place, Step], said: Sequence[Said]
) -> bool:
    """Whether what happened to a run may be anybody's news; most of it is not."""
    return (
        bool(said)
        or not _TELLING.isdisjoint(map(type, transitions))
        or any(row.kind == "approval" for row in stored.values())
    )


def tell_operators(
    permission: str, subject: str, title: str, text: str, now: datetime
) -> list[str]:
    """Write to everybody who has that permission, in the caller's transaction; once of a subject.

    *text* says what errors say: it is for those of them who may see payloads.

    Returns:
        Their keys, to be numbered after the commit.
    """
    keys = permitted_to(permission)
    readers = set(permitted_to("flowengine.view_payload"))
    notes = [
        Note(
            id=uuid5(_OPERATORS, f"{subject}\0{key}"),
            user=key,
            kind="message",
            tone="failure",
            title=title[:TITLE_MAX],
            text=text[:TEXT_MAX] if key in readers else "",
        )
        for key in keys
    ]
    _insert(notes, now)
    return keys


def said_by(step: str, item: Item, notifications: Sequence[Notification]) -> tuple[Said, ...]:
    """What the attempt of that row has said."""
    return tuple(Said(step=step, item=item, notification=each) for each in notifications)


def number(users: Sequence[str]) -> None:
    """Number what was told to these users, and say that their inboxes changed.

    Called after the commit of the rows. What is held by another is left to the beat.
    """
    if not users:
        return
    with sql.writing():
        heads = notifications.number(users)
    if heads:
        signals.inbox_changed.send_robust(sender=None, heads=heads)


def run_due(now: datetime, *, limit: int) -> bool:
    """Bring back what was snoozed until now, and number what has none; True where more may be due."""
    users, has_snoozed = notifications.due(now, limit=limit)
    back: list[str] = []
    if has_snoozed:
        with sql.writing():
            back = notifications.wake(now, limit=limit)
    number(sorted({*users, *back}))
    return max(len(users), len(back)) >= limit


def forget(now: datetime, *, limit: int) -> int:
    """Delete notifications that are too old to be kept; how many they were, at most *limit*."""
    days = settings().RETENTION_INBOX_DAYS
    if days is None:
        return 0
    with sql.writing():
        return notifications.forget(now - timedelta(days=days), limit=limit)


def _insert(notes: Sequence[Note], now: datetime) -> None:
    notifications.insert(
        notes,
        now,
        mail_after=_seconds(settings().INBOX_MAIL_AFTER_S),
        push_after=_seconds(settings().INBOX_PUSH_AFTER_S if settings().PUSH_KEY else None),
    )


def _addressed(drafts: Sequence[_Draft]) -> Iterator[Note]:
    """Each note for each of its readers."""
    watched = {d.note.run_id for d in drafts if d.named is None and d.note.run_id is not None}
    watchers = notifications.watchers(watched) if watched else {}
    named = [draft.named or _watching(draft, watchers) for draft in drafts]
    for draft, users in zip(drafts, recipients(named), strict=True):
        run_id = draft.note.run_id
        assert run_id is not None, "every draft tells of a run"
        for user in users:
            made = notification_id(run_id, user, *draft.what)
            yield replace(draft.note, id=made, user=user)


def _watching(draft: _Draft, watchers: Mapping[UUID, tuple[list[str], list[str]]]) -> Named:
    run_id = draft.note.run_id
    assert run_id is not None, "every draft tells of a run"
    users, groups = watchers.get(run_id, ([], []))
    return Named(run_id=run_id, users=users, groups=groups, but=draft.but)


def _drafts(news: News) -> Iterator[_Draft]:
    run = news.run
    kinds = settings().INBOX_KINDS
    is_awaited = run.parent is not None and not run.parent.detached
    for place, fact in enumerate(news.transitions, start=run.seq - len(news.transitions)):
        if isinstance(fact, StepWaiting):
            row = run.steps.get((fact.step, fact.item))
            if fact.kind == "approval" and "approval" in kinds and _is_asking(row):
                yield _asking(run, fact, place)
        elif type(fact) in _OF_RUN and not is_awaited:
            draft = _of_run(news, fact, place)
            if draft.note.kind.removeprefix("run.") in kinds:
                yield draft
    if "message" in kinds:
        yield from (_message(run, said) for said in news.said)


def _of_run(news: News, fact: Transition, place: int) -> _Draft:
    kind, tone, word = _OF_RUN[type(fact)]
    run, text, step = news.run, "", ""
    if isinstance(fact, RunFailed):
        titles = {row.id: row.title for row in run.steps.values() if row.title}
        is_summary = news.workflow is None or not shows_steps(news.workflow)
        reason = why(fact.failure, titles, is_summary=is_summary)
        step = reason.get("title", "")
        if reason["kind"] == "said":
            text = reason["message"][:TEXT_MAX]
        else:
            word = f"why.{reason['kind']}"
    note = _note(run, f"run.{kind}", tone, text=text, word=word, step=step)
    return _Draft(note, (str(place),), but=_stopped_by(news) if kind == "cancelled" else "")


def _stopped_by(news: News) -> str:
    """Who has just stopped it himself, and need not be told; empty where that was before."""
    facts = (f for f in news.transitions if isinstance(f, RunCancelling | RunCancelled))
    return next((fact.by for fact in facts if fact.by), "")


def _asking(run: Run, fact: StepWaiting, place: int) -> _Draft:
    asked = fact.input
    text = str(asked.get("ask", ""))[:TEXT_MAX]
    note = _note(
        *(run, "approval", "warning"),
        text=text,
        word="" if text else "say.asked",
        step=fact.step,
        item=fact.item,
    )
    requester = None if asked.get("allow_requester", False) else run.event.actor
    named = Named(
        run_id=run.id,
        users=asked.get("users", ()),
        groups=asked.get("groups", ()),
        but=requester or "",
        watches=False,
    )
    return _Draft(note, (str(place),), named)


def _message(run: Run, said: Said) -> _Draft:
    told = said.notification
    note = Note(
        id=run.id,
        user="",
        kind="message",
        tone="info",
        title=told.title[:TITLE_MAX],
        text=told.text[:TEXT_MAX],
        url=told.url,
        run_id=run.id,
    )
    # Not by attempt: a step that is tried again and says the same has said it once.
    return _Draft(note, (said.step, said.item, told.title, told.text, told.url))


def _note(
    run: Run, kind: str, tone: str, *, text: str, word: str, step: str, item: Item = ""
) -> Note:
    """A note without a reader."""
    return Note(
        id=run.id,
        user="",
        kind=kind,
        tone=tone,
        title=(run.title or run.workflow)[:TITLE_MAX],
        text=text,
        word=word,
        step=step,
        item=item,
        run_id=run.id,
    )


def _over(news: News) -> Iterator[tuple[UUID, str, Item, str]]:
    """The approvals that ask nobody any more, and those that one user has answered."""
    run = news.run
    for place, before in news.stored.items():
        if before.kind == "approval" and _is_asking(before):
            now = run.steps.get(place)
            if now is not None and not _is_asking(now):
                yield (run.id, *place, "")
    for fact in news.transitions:
        if isinstance(fact, StepAnswered):
            yield (run.id, fact.step, fact.item, fact.answer.user)


def _is_asking(row: Step | None) -> bool:
    return row is not None and row.state is StepState.WAITING


def _seconds(number: float | None) -> timedelta | None:
    return None if number is None else timedelta(seconds=number)
