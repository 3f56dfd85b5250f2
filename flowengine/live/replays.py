"""How one replay goes, as a topic: ``replay:<uuid>``. What became of each item, the API says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flowengine import access
from flowengine.access import SEE
from flowengine.conf import settings
from flowengine.live import permitted
from flowengine.live.kind import Question
from flowengine.live.view import Shown, View
from flowengine.models import ReplayRecord, SelectionRecord
from flowengine.representations import instant
from flowengine.store import heads

_COUNTS = ("state", "total", "sent", "succeeded", "failed", "skipped")


class OneReplay(View):
    """For who may see what was chosen."""

    moves_with_any_run = False

    def about(self, topic: str) -> UUID | None:
        """Its id, written as usual."""
        name, _colon, text = topic.partition(":")
        try:
            found = UUID(text)
        except ValueError:
            return None
        return found if name == self.name and str(found) == text else None

    def part(self, _watched: Sequence[tuple[str, Any, bool]]) -> heads.Part:
        """What moves when any replay does."""
        return heads.replays()

    def read(self, question: Question) -> Shown | None:
        """How far it is; None = there is no such replay."""
        row = ReplayRecord.objects.using(settings().DATABASE).filter(pk=question.about).first()
        if row is None:
            return None
        said = {name: getattr(row, name) for name in _COUNTS}
        whole = {**said, "ended_at": instant(row.ended_at)}
        return Shown(whole=whole, parts={("replay", ""): whole})

    def _holders(self, questions: Sequence[Question]) -> list[frozenset[str]]:
        """By the permission that shows what each replay is of; nobody sees one that is not there."""
        kinds = _kinds([question.about for question in questions])
        users: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        for question in questions:
            if kinds.get(question.about) == "run" and not access.is_default():
                continue  # each run's watchers are the project's own matter, and this counts them all
            known = {key: user for key, user in question.users.items() if user is not None}
            users[kinds.get(question.about, "")] |= known
        holding = {
            kind: permitted.holders(of_kind, f"flowengine.{SEE[kind]}")
            for kind, of_kind in users.items()
            if kind
        }
        return [
            frozenset(question.users.keys() & holding.get(kinds.get(question.about, ""), set()))
            for question in questions
        ]


def _kinds(ids: Sequence[UUID]) -> dict[UUID, str]:
    """Of what each replay is: ``dead_letter``, ``run``, ``event``."""
    alias = settings().DATABASE
    rows = ReplayRecord.objects.using(alias).filter(pk__in=ids)
    chosen = dict(rows.values_list("pk", "selection_id"))
    selections = SelectionRecord.objects.using(alias).filter(pk__in=set(chosen.values()))
    kinds = dict(selections.values_list("pk", "kind"))
    return {key: kinds[selection] for key, selection in chosen.items() if selection in kinds}
