"""Causes of dead letters, replays and the audit: to look at; causes to be acknowledged, replayed, discarded."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from flowengine.admin import acting, showing
from flowengine.admin.dead_letters import SEE
from flowengine.admin.filters import GroupStateFilter, ReplayStateFilter
from flowengine.admin.read_only import ReadOnlyAdmin, may_view_payload
from flowengine.conf import settings
from flowengine.errors import CallerError
from flowengine.models import AuditRecord, DeadGroupRecord, ReplayItemRecord, ReplayRecord
from flowengine.orchestration import groups

ITEMS_MAX = 500


@admin.register(DeadGroupRecord)
class GroupAdmin(ReadOnlyAdmin):
    """Causes, that which failed last first."""

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
    payloads = ("title",)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """As dead letters."""
        return request.user.has_perm(SEE)

    def has_triage_permission(self, request: HttpRequest) -> bool:
        """For the action."""
        return request.user.has_perm("flowengine.triage_dead_letter")

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """For the action."""
        return request.user.has_perm("flowengine.replay")

    def has_discard_permission(self, request: HttpRequest) -> bool:
        """For the action."""
        return request.user.has_perm("flowengine.discard")

    @admin.action(description=_("Acknowledge: somebody has seen it"), permissions=["triage"])
    def acknowledge(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Those that are new or have regressed."""
        chosen = list(rows.values_list("pk", flat=True)[: self.list_per_page])
        reason = acting.ask_why(request, self.admin_site, _("Acknowledge causes"), chosen)
        if not isinstance(reason, str):
            return reason
        done = 0
        for group in chosen:
            try:
                groups.acknowledge(group, acting.by(request, reason))
            except CallerError as error:
                messages.error(request, f"{group}: {error.message}")
            else:
                done += 1
        messages.success(request, _now("Acknowledged: %d") % done)
        return None

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


@admin.register(ReplayRecord)
class ReplayAdmin(ReadOnlyAdmin):
    """Replays, the newest first."""

    list_display = ("mode", "state", "total", "succeeded", "failed", "skipped", "by", "created_at")
    list_filter = (ReplayStateFilter,)
    id_fields = ("pk", "selection_id")
    search_help_text = _("The whole id of a replay, or of a selection")
    shown = (
        *("id", "mode", "state", "said", "total", "sent", "succeeded", "failed", "skipped", "pace"),
        *("by", "reason", "door", "address", "approver", "selection_id", "created_at", "ended_at"),
        "items",
    )
    payloads = ("options", "details")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """As dead letters."""
        return request.user.has_perm(SEE)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """With payloads, the items are shown once, with why."""
        fields = super().get_fields(request, obj)
        if may_view_payload(request):
            fields = tuple(name for name in fields if name != "items")
        return fields

    @admin.display(description=_("verdict"))
    def said(self, replay: ReplayRecord) -> str:
        """What it has come to, once it is over."""
        return str(json.loads(replay.verdict).get("words") or showing.EMPTY)

    @admin.display(description=_("items"))
    def items(self, replay: ReplayRecord) -> str:
        """Originals with their copies."""
        site = self.admin_site.name
        rows = [
            (item.n, item.object_id, item.state, showing.run_link(site, item.run_id))
            for item in _items(replay)
        ]
        return showing.table(["", _("original"), _("state"), _("run")], rows)

    @admin.display(description=_("items"))
    def details(self, replay: ReplayRecord) -> str:
        """The same, with why."""
        site = self.admin_site.name
        rows = [
            (item.n, item.object_id, item.state, showing.run_link(site, item.run_id), item.detail)
            for item in _items(replay)
        ]
        return showing.table(["", _("original"), _("state"), _("run"), _("why")], rows)


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
    payloads = ("reason", "details")

    @admin.display(description=_("reason"))
    def why(self, row: AuditRecord) -> str:
        """What people gave as their reason; the system's quotes errors, and is payload."""
        return row.reason if row.door != "system" else showing.EMPTY


def _items(replay: ReplayRecord) -> QuerySet[ReplayItemRecord]:
    rows = ReplayItemRecord.objects.using(settings().DATABASE).filter(replay_id=replay.id)
    return rows.order_by("n")[:ITEMS_MAX]
