"""Events, and why each workflow did or did not start."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from flowengine.admin import showing
from flowengine.admin.filters import EventStateFilter, PeriodFilter
from flowengine.admin.read_only import ReadOnlyAdmin
from flowengine.conf import settings
from flowengine.models import DecisionRecord, EventRecord
from flowengine.orchestration.masked import mask


@admin.register(EventRecord)
class EventAdmin(ReadOnlyAdmin):
    """Events, the newest first."""

    screen = "dashboard-event"
    list_display = ("type", "id", "state", "subject", "actor", "created_at", "routed_at")
    list_display_links = ("type", "id")
    list_filter = (PeriodFilter, EventStateFilter)
    hidden_in_lists = ("data",)
    shown = (
        *("id", "type", "state", "decisions", "subject", "actor", "key", "source", "external_id"),
        "target",
        *("time", "created_at", "routed_at", "due_at", "tries"),
        *("correlation_id", "causation_id", "hops", "traceparent", "replay"),
    )
    payloads = ("reasons", "payload")

    @admin.display(description=_("what each workflow answered"))
    def decisions(self, event: EventRecord) -> str:
        """The recorded answers, and the runs."""
        site = self.admin_site.name
        return showing.table(
            [_("workflow"), _("answer"), _("run")],
            [
                (
                    row.workflow,
                    row.outcome,
                    showing.run_link(site, row.run_id)
                    if row.outcome in {"started", "queued"}
                    else "",
                )
                for row in _decisions(event)
            ],
        )

    @admin.display(description=_("why a workflow did not start"))
    def reasons(self, event: EventRecord) -> str:
        """What each answer says besides: it may quote the event's data."""
        rows = [(row.workflow, mask().text(row.detail)) for row in _decisions(event) if row.detail]
        return showing.table([_("workflow"), _("why")], rows)

    @admin.display(description=_("data"))
    def payload(self, event: EventRecord) -> Any:
        """The event's data."""
        return showing.payload(event.data)


def _decisions(event: EventRecord) -> QuerySet[DecisionRecord]:
    rows = DecisionRecord.objects.using(settings().DATABASE).filter(event_id=event.id)
    return rows.order_by("workflow")
