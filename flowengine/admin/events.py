"""Events, and why each workflow did or did not start."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from flowengine.admin import showing
from flowengine.admin.filters import EventStateFilter, PeriodFilter
from flowengine.admin.read_only import ReadOnlyAdmin
from flowengine.conf import settings
from flowengine.models import DecisionRecord, EventRecord


@admin.register(EventRecord)
class EventAdmin(ReadOnlyAdmin):
    """Events, the newest first."""

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
    payloads = ("payload",)

    @admin.display(description=_("what each workflow answered"))
    def decisions(self, event: EventRecord) -> str:
        """The recorded answers; the reason where no run was started."""
        rows = DecisionRecord.objects.using(settings().DATABASE).filter(event_id=event.id)
        site = self.admin_site.name
        return showing.table(
            [_("workflow"), _("answer"), _("run"), _("why")],
            [
                (
                    row.workflow,
                    row.outcome,
                    showing.run_link(site, row.run_id)
                    if row.outcome in {"started", "queued"}
                    else "",
                    row.detail,
                )
                for row in rows.order_by("workflow")
            ],
        )

    @admin.display(description=_("data"))
    def payload(self, event: EventRecord) -> Any:
        """The event's data."""
        return showing.payload(event.data)
