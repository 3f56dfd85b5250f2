"""Causes of dead letters and the audit: to look at; causes to be acknowledged, replayed, discarded."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from flowengine.access import SEE
from flowengine.admin import acting, showing
from flowengine.admin.filters import GroupStateFilter
from flowengine.admin.read_only import ReadOnlyAdmin
from flowengine.models import AuditRecord, DeadGroupRecord
from flowengine.orchestration import groups
from flowengine.orchestration.masked import mask


@admin.register(DeadGroupRecord)
class GroupAdmin(ReadOnlyAdmin):
    """Causes, that which failed last first."""

    screen = "dashboard-group"
    actions = ("acknowledge", "replay", "discard")
    ordering = ("-last_at", "-id")
    list_display = ("error", "step", "place", "state", "owner", "open_count", "count", "last_at")
    list_filter = (GroupStateFilter,)
    search_help_text = _("The whole id of a cause")
    hidden_in_lists = ("hours",)
    shown = (
        *(
            "id",
            "kind",
            "code",
            "error_type",
            "place",
            "step",
            "state",
            "state_at",
            "owner",
            "note",
        ),
        *("count", "open_count", "first_at", "last_at", "snoozed_until", "merged_into", "split_by"),
        "fingerprint",
    )
    payloads = ("says",)
    says = showing.masked("title", _("title"))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """As dead letters."""
        return acting.may(request, SEE["dead_letter"])

    def has_triage_permission(self, request: HttpRequest) -> bool:
        """For the action."""
        return acting.may(request, "triage_dead_letter")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """For the action."""
        return acting.may(request, "replay")

    def has_discard_permission(self, request: HttpRequest) -> bool:
        """For the action."""
        return acting.may(request, "discard")

    @admin.action(description=_("Acknowledge: somebody has seen it"), permissions=["triage"])
    def acknowledge(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Those that are new or have regressed."""
        return acting.act_on_each(request, self, rows, groups.acknowledge, _("Acknowledged: %d"))

    @admin.action(description=_("Replay what is open: look at the plan"), permissions=["replay"])
    def replay(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Freeze what is open, and show what would be done."""
        return self._choose(request, rows, "replay")

    @admin.action(description=_("Discard what is open: with a reason"), permissions=["discard"])
    def discard(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Freeze what is open, and ask why."""
        return self._choose(request, rows, "discard")

    @admin.display(description=_("error"))
    def error(self, group: DeadGroupRecord) -> str:
        """The class of the error, else the code."""
        return group.error_type or f"{group.kind} {group.code}"

    def _choose(self, request: HttpRequest, rows: QuerySet[Any], act: str) -> HttpResponse | None:
        chosen = list(rows.values_list("pk", flat=True)[: self.list_per_page])
        query = f"{acting.query_of(chosen, key='group')} state:open"
        return acting.choose(request, self.admin_site.name, act, query)


@admin.register(AuditRecord)
class AuditAdmin(ReadOnlyAdmin):
    """What people did, the newest first."""

    ordering = ("-number",)
    list_display = ("number", "at", "who", "verb", "kind", "object_id", "why", "door")
    id_fields = ("pk", "selection_id", "replay_id")
    search_help_text = _("The whole id of a row, a selection or a replay")
    hidden_in_lists = ("details",)
    shown = (
        *("number", "at", "who", "verb", "why", "door", "address", "kind", "object_id"),
        *("selection_id", "replay_id", "before_sha256", "after_sha256", "chain_sha256"),
    )
    payloads = ("quoted", "known")
    quoted = showing.masked("reason", _("reason"))
    known = showing.masked_json("details", _("details"))

    @admin.display(description=_("reason"))
    def why(self, row: AuditRecord) -> str:
        """What people gave as their reason; the system's quotes errors, and is payload."""
        return mask().text(row.reason) if row.door != "system" else showing.EMPTY
