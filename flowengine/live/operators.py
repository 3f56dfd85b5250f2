"""What has died, who works, and lists of runs by a filter, as topics for operators."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from flowengine import access, project
from flowengine.errors import QueryRefused
from flowengine.live.kind import Question
from flowengine.live.view import Shown, View
from flowengine.orchestration import listing
from flowengine.orchestration.floor.deaths import dead_view
from flowengine.orchestration.floor.hands import look, without_run, workers_view
from flowengine.orchestration.selections import parse
from flowengine.representations import Json, instant
from flowengine.store import approvals
from flowengine.store.approvals import Approval
from flowengine.store.clock import DatabaseClock, system_now

APPROVALS_MAX = 100
_clock = DatabaseClock()


class Dead(View):
    """The causes that have something open: ``dead``."""

    permission = "view_dead_letter"

    def about(self, topic: str) -> str | None:
        """There is one."""
        return "" if topic == self.name else None

    def read(self, _question: Question) -> Shown:
        """The causes, and what is said of all."""
        found = dead_view(_clock.now())
        rest = ("more", "open_groups", "open_letters", "needs", "last_at")
        parts = {("group", each["id"]): each for each in found["groups"]}
        return Shown(
            whole=found, parts={**parts, ("dead", ""): {name: found[name] for name in rest}}
        )


class Workers(View):
    """Worker processes and queues: ``workers``."""

    permission = "view_workerrecord"

    def about(self, topic: str) -> str | None:
        """There is one."""
        return "" if topic == self.name else None

    def read(self, _question: Question) -> Shown:
        """The workers, the queues, and what is to be seen to."""
        found = workers_view(look(project.catalog(), _clock.now()))
        found["workers"] = [_steady(each) for each in found["workers"]]
        return Shown(
            whole=found,
            parts={
                **{("worker", each["id"]): each for each in found["workers"]},
                **{("queue", each["name"]): each for each in found["queues"]},
                ("workers", ""): {"needs": found["needs"]},
            },
        )


class Approvals(View):
    """What waits for people: ``approvals``. Which they are, the API says to who may see their runs."""

    permission = "view_run"

    def about(self, topic: str) -> str | None:
        """There is one."""
        return "" if topic == self.name else None

    def read(self, _question: Question) -> Shown:
        """The most pressing ones, each under a name that says nothing of it."""
        found = approvals.page(None, APPROVALS_MAX + 1)
        rest = {"more": len(found) > APPROVALS_MAX}
        rows = [_unnamed(each) for each in found[:APPROVALS_MAX]]
        parts = {("approval", row["id"]): row for row in rows}
        return Shown(whole={"approvals": rows, **rest}, parts={**parts, ("more", ""): rest})


class RunQuery(View):
    """The newest runs that a filter finds: ``runs:query:<filter>``."""

    permission = "view_run"

    @property
    def is_personal(self) -> bool:  # type: ignore[override] # the others know it from the start
        """Where the project decides itself who may see a run, each sees a list of their own."""
        return not access.is_default()

    def about(self, topic: str) -> str | None:
        """The filter; None where it cannot be understood."""
        query = topic.removeprefix(f"{self.name}:")
        if query == topic:
            return None
        try:
            parse(query, "run", system_now())
        except QueryRefused:
            return None
        return query

    def allowed(self, questions: Sequence[Question]) -> list[frozenset[str] | None]:
        """Those who have the permission; a list of one's own is read again to find out."""
        if self.is_personal:
            return [None for _ in questions]
        return super().allowed(questions)

    def read(self, question: Question) -> Shown:
        """The first page, without what errors say."""
        chosen = parse(question.about, "run", _clock.now())
        found = listing.runs(chosen, limit=listing.WINDOW + 1)
        shown = found[: listing.WINDOW]
        if not access.is_default():
            [user] = question.users.values()
            shown = [run for run in shown if access.view_run(user, run)]
        rows = [listing.plain(row) for row in listing.rows(shown)]
        more = len(found) > listing.WINDOW
        parts = {("row", row["id"]): row for row in rows}
        return Shown(
            whole={"rows": rows, "more": more}, parts={**parts, ("more", ""): {"more": more}}
        )


def _unnamed(each: Approval) -> Json:
    """An approval that waits, without what it asks and whom."""
    place = f"{each.run_id} {each.step} {each.item}"
    return {
        "id": blake2b(place.encode(), digest_size=9).hexdigest(),
        "given": len(each.answers),
        "due_at": instant(each.due_at),
        "asked_at": instant(each.asked_at),
    }


def _steady(worker: Json) -> Json:
    """Without what each heartbeat changes, and without the runs, which not everybody may see."""
    seen_at = worker["seen_at"] if worker["is_silent"] else None
    now = [without_run(each) for each in worker["now"]]
    return {**worker, "due_at": None, "consumed_at": None, "seen_at": seen_at, "now": now}
