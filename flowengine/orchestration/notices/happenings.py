"""What there is to tell operators of: what has failed, what is closed, who is silent, what waits.

Never what an error says: its class and its place, the step and the workflow. Each kind is read only where
a rule wants it, in as many statements whatever there is of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from flowengine import access
from flowengine.conf import settings
from flowengine.definitions.catalog import Catalog
from flowengine.engine.breaker import Door
from flowengine.store import fleet, rules, stations
from flowengine.store.rules import Asked, Cause, Failed, Mark

NEEDS: Mapping[str, str] = {
    "run.failed": "view_run",
    "cause.new": "view_dead_letter",
    "cause.regressed": "view_dead_letter",
    "station.closed": "view_workerrecord",
    "station.unserved": "view_workerrecord",
    "approval.asked": "view_run",
    "worker.silent": "view_workerrecord",
}
"""What a rule may be about, and the permission without which nobody is told of it."""
TONES: Mapping[str, str] = {
    "run.failed": "failure",
    "cause.new": "failure",
    "cause.regressed": "failure",
    "station.closed": "failure",
    "station.unserved": "failure",
    "approval.asked": "warning",
    "worker.silent": "warning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing to tell of."""

    what: str
    key: UUID | None = None
    """Of a run that failed: the id of its dead letter."""
    thing: str
    """Which one: the same for the same thing; see ``RuleHitRecord``."""
    title: str
    text: str = ""
    place: tuple[str, tuple[str, ...]]
    """The screen that shows it: the name of its URL, and what stands in that."""
    workflow: str = ""
    words: str
    """What a filter looks at."""
    at: datetime | None = None
    """When; None = nobody knows."""

    @property
    def url(self) -> str:
        """Of that screen; empty where the project's URLs have none."""
        name, parts = self.place
        try:
            return reverse(f"flowengine:{name}", args=parts)
        except NoReverseMatch:
            return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look has found."""

    found: list[Happening]
    more_causes: bool = False
    """There are more causes than one look reads."""
    more_asked: bool = False
    """There are more approvals than that."""


def look(wanted: Collection[str], catalog: Catalog, after: Mark, now: datetime) -> Seen:
    """All that there is to tell of these kinds; at most six statements.

    Args:
        wanted: kinds of :data:`NEEDS`.
        catalog: the project's workflows.
        after: how far what has failed was looked at before.
        now: the database's clock.
    """
    found: list[Happening] = []
    wants_causes = bool({"cause.new", "cause.regressed"} & set(wanted))
    causes = rules.causes() if wants_causes else []
    asked = rules.asked() if "approval.asked" in wanted else []
    if "run.failed" in wanted:
        found += [_failed(each) for each in rules.failed(after)]
    found += [_cause(each) for each in causes]
    found += [_asked(each) for each in asked]
    if "station.closed" in wanted:
        found += _closed()
    if {"station.unserved", "worker.silent"} & set(wanted):
        found += _of_workers(catalog, now)
    return Seen(
        found=[each for each in found if each.what in wanted],
        more_causes=len(causes) >= rules.CAUSES_MAX,
        more_asked=len(asked) >= rules.ASKED_MAX,
    )


def _failed(each: Failed) -> Happening:
    facts = {"workflow": each.workflow, "step": each.step}
    title = _("%(workflow)s failed at %(step)s") if each.step else _("%(workflow)s failed")
    return Happening(
        what="run.failed",
        key=each.letter,
        thing=f"letter:{each.letter}",
        title=title % facts,
        text=each.code,
        place=_place_of_run(each.run),
        workflow=each.workflow,
        words=f"{each.workflow} {each.step} {each.code}",
        at=each.at,
    )


def _cause(each: Cause) -> Happening:
    is_new = each.state == "new"
    facts = {"error": each.error, "step": each.step or each.workflow}
    said = _("New cause: %(error)s") if is_new else _("A cause is back: %(error)s")
    at_step = (
        _("New cause: %(error)s at %(step)s") if is_new else _("%(error)s at %(step)s is back")
    )
    return Happening(
        what=f"cause.{each.state}",
        thing=f"cause:{each.id}:{each.at.isoformat()}",
        title=(at_step if facts["step"] else said) % facts,
        text=each.place,
        place=_place("dashboard-group", str(each.id)),
        workflow=each.workflow,
        words=f"{each.workflow} {each.step} {each.error} {each.place}",
        at=each.at,
    )


def _asked(each: Asked) -> Happening:
    # A title has values of its run: not for who may not see that.
    title = each.title if access.is_default() else ""
    return Happening(
        what="approval.asked",
        thing=f"approval:{each.run}:{each.step}:{each.item}",
        title=_("%(workflow)s waits for an approval") % {"workflow": each.workflow},
        text=title or each.step,
        place=_place_of_run(each.run, "dashboard-approvals"),
        workflow=each.workflow,
        words=f"{each.workflow} {each.step} {title}",
        at=each.at,
    )


def _closed() -> list[Happening]:
    """Stations that the breaker has closed."""
    return [
        Happening(
            what="station.closed",
            thing=f"closed:{name}",
            title=_("Station %(name)s is closed") % {"name": name},
            place=_place("dashboard-stations"),
            words=name,
            at=station.since,
        )
        for name, station in sorted(stations.every().items())
        if station.door in {Door.PARKED, Door.PROBING}
    ]


def _of_workers(catalog: Catalog, now: datetime) -> list[Happening]:
    """Workers that say nothing, and stations where something waits and nobody comes."""
    members = fleet.members(now)
    lease = timedelta(seconds=settings().LEASE_S)
    found = [
        Happening(
            what="worker.silent",
            thing=f"silent:{each.id}:{each.seen_at.isoformat()}",
            title=_("Worker %(name)s is silent") % {"name": each.name},
            place=_place("dashboard-workers"),
            words=f"{each.name} {' '.join(each.stations)}",
            at=each.seen_at,
        )
        for each in members
        if each.is_silent(now, lease=lease)
    ]
    served = {name for each in members if each.serves(now) for name in each.stations}
    waiting = stations.ready(sorted(catalog.stations() - served))
    return found + [
        Happening(
            what="station.unserved",
            thing=f"unserved:{name}",
            title=_("No worker serves station %(name)s") % {"name": name},
            place=_place("dashboard-stations"),
            words=name,
        )
        for name, count in sorted(waiting.items())
        if count
    ]


def _place(name: str, *parts: str) -> tuple[str, tuple[str, ...]]:
    return name, parts


def _place_of_run(
    run: UUID | None, otherwise: str = "dashboard-runs"
) -> tuple[str, tuple[str, ...]]:
    """The run's own screen; the list, where the project decides itself who may see which run."""
    if run is None or not access.is_default():
        return _place(otherwise)
    return _place("dashboard-run", str(run))
