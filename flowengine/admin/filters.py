"""Filters with fixed choices. None of them asks a large table which values it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from flowengine.conf import settings
from flowengine.engine.rules.gates import Gate
from flowengine.engine.states import RunState
from flowengine.models import WorkflowRecord
from flowengine.store.clock import DatabaseClock
from flowengine.store.events import EventState
from flowengine.store.replays import ReplayState

DEFAULT_PERIOD = "7d"
_PERIODS: dict[str, tuple[Any, timedelta | None]] = {
    "1h": (_("Past hour"), timedelta(hours=1)),
    "24h": (_("Past 24 hours"), timedelta(hours=24)),
    "7d": (_("Past 7 days"), timedelta(days=7)),
    "30d": (_("Past 30 days"), timedelta(days=30)),
    "all": (_("Any time"), None),
}


class PeriodFilter(SimpleListFilter):
    """How far back the list goes; a week unless something else is chosen.

    It bounds every other filter: they look through the rows of this time, which has an index. A
    search by id looks through all time.
    """

    title = _("created")
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, Any]]:
        """The periods."""
        return [(name, text) for name, (text, _span) in _PERIODS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of the period."""
        value = self.value()
        if value not in _PERIODS:
            value = "all" if request.GET.get("q") else DEFAULT_PERIOD
        span = _PERIODS[value][1]
        if span is None:
            return queryset
        return queryset.filter(created_at__gte=DatabaseClock().now() - span)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Without Django's own "All": one of the periods always counts."""
        chosen = self.value() or DEFAULT_PERIOD
        for name, text in self.lookup_choices:
            yield {
                "selected": name == chosen,
                "query_string": changelist.get_query_string({self.parameter_name: name}),
                "display": text,
            }


class _ValueFilter(SimpleListFilter):
    """Rows whose column of that name has the chosen value."""

    values: Sequence[str] = ()

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        """The values."""
        return [(value, value) for value in self.values]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that have it."""
        value = self.value()
        return queryset if value is None else queryset.filter(**{str(self.parameter_name): value})


class RunStateFilter(_ValueFilter):
    """By the state of a run."""

    title = _("state")
    parameter_name = "state"
    values = tuple(state.value for state in RunState)


class EventStateFilter(_ValueFilter):
    """By the state of an event."""

    title = _("state")
    parameter_name = "state"
    values = tuple(state.value for state in EventState)


class LetterStateFilter(_ValueFilter):
    """By the state of a dead letter."""

    title = _("state")
    parameter_name = "state"
    values = ("open", "replaying", "resolved", "discarded")


class GroupStateFilter(_ValueFilter):
    """By the state of a cause."""

    title = _("state")
    parameter_name = "state"
    values = ("new", "acknowledged", "replayed", "resolved", "regressed")


class ReplayStateFilter(_ValueFilter):
    """By the state of a replay."""

    title = _("state")
    parameter_name = "state"
    values = tuple(state.value for state in ReplayState)


class GateFilter(_ValueFilter):
    """By the gate that remembers."""

    title = _("gate")
    parameter_name = "gate"
    values = tuple(gate.value for gate in Gate)


class PlaceStateFilter(_ValueFilter):
    """By the state of a place."""

    title = _("state")
    parameter_name = "state"
    values = ("queued", "open", "leaving")


class WorkflowFilter(_ValueFilter):
    """By workflow: those that are synchronised now, from their small table."""

    title = _("workflow")
    parameter_name = "workflow"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Their names."""
        names = WorkflowRecord.objects.using(settings().DATABASE).order_by("name")
        return [(name, name) for name in names.values_list("name", flat=True)[:500]]
