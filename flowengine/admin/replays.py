"""Replays: to look at, to be approved and steered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from flowengine.access import SEE
from flowengine.admin import acting, showing
from flowengine.admin.filters import ReplayStateFilter
from flowengine.admin.read_only import ReadOnlyAdmin, may_view_payload
from flowengine.conf import settings
from flowengine.errors import NotPermitted
from flowengine.models import ReplayItemRecord, ReplayRecord, SelectionRecord
from flowengine.orchestration import replay
from flowengine.orchestration.audit import By
from flowengine.orchestration.masked import mask

ITEMS_MAX = 500


@admin.register(ReplayRecord)
class ReplayAdmin(ReadOnlyAdmin):
    """Replays, the newest first."""

    screen = "dashboard-replay"
    actions = ("approve", "pause", "slower", "go_on", "stop")
    list_display = ("mode", "state", "total", "succeeded", "failed", "skipped", "by", "created_at")
    list_filter = (ReplayStateFilter,)
    id_fields = ("pk", "selection_id")
    search_help_text = _("The whole id of a replay, or of a selection")
    shown = (
        *("id", "mode", "state", "said", "total", "sent", "succeeded", "failed", "skipped", "pace"),
        *("by", "reason", "door", "address", "approver", "selection_id", "created_at", "ended_at"),
        *("expires", "items"),
    )
    payloads = ("how", "details")
    how = showing.masked_json("options", _("options"))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """As what was chosen: dead letters, runs or events."""
        seen = _kinds(request)
        return bool(seen) if obj is None else _kind_of(obj) in seen

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those of what this user may see."""
        chosen = SelectionRecord.objects.using(settings().DATABASE).filter(kind__in=_kinds(request))
        return super().get_queryset(request).filter(selection_id__in=chosen.values("id"))

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """For the actions."""
        return acting.may(request, "replay")

    @admin.action(description=_("Approve: with a reason"), permissions=["replay"])
    def approve(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Let what somebody else has proposed begin; it needs what one needs to propose it."""
        return self._steer(request, rows, replay.approve, _("Approved: %d"))

    @admin.action(description=_("Pause: with a reason"), permissions=["replay"])
    def pause(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Send nothing more for a while."""
        return self._steer(request, rows, replay.pause, _("Paused: %d"))

    @admin.action(description=_("Slower: with a reason"), permissions=["replay"])
    def slower(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Go half as fast."""
        return self._steer(request, rows, replay.slower, _("Slower: %d"))

    @admin.action(description=_("Go on: with a reason"), permissions=["replay"])
    def go_on(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Go on with what is paused."""
        return self._steer(request, rows, replay.go_on, _("Went on: %d"))

    @admin.action(description=_("Stop for good: with a reason"), permissions=["replay"])
    def stop(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Send nothing more, for good."""
        return self._steer(request, rows, replay.stop, _("Stopped: %d"))

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """With payloads, the items are shown once, with why."""
        fields = super().get_fields(request, obj)
        if may_view_payload(request):
            fields = tuple(name for name in fields if name != "items")
        return fields

    def _steer(
        self, request: HttpRequest, rows: QuerySet[Any], act: Callable[..., Any], said: Any
    ) -> HttpResponse | None:
        def do(replay_id: UUID, by: By) -> None:
            held = replay.status(replay_id)
            wanted = replay.needs(held.mode, held.options, act)
            lacking = [name for name in wanted if not acting.may(request, name)]
            if lacking:
                raise NotPermitted(f"this needs flowengine.{lacking[0]}")
            act(replay_id, by)

        return acting.act_on_each(request, self, rows, do, said)

    @admin.display(description=_("verdict"))
    def said(self, row: ReplayRecord) -> str:
        """What it has come to, once it is over."""
        return str(json.loads(row.verdict).get("words") or showing.EMPTY)

    @admin.display(description=_("is stopped, unless it goes on before"))
    def expires(self, row: ReplayRecord) -> str:
        """When; nothing where it waits for nobody."""
        verdict = json.loads(row.verdict)
        return showing.instant(replay.expires_at(row.state, row.created_at, verdict))

    @admin.display(description=_("items"))
    def items(self, row: ReplayRecord) -> str:
        """Originals with their copies."""
        site = self.admin_site.name
        rows = [
            (item.n, item.object_id, item.state, showing.run_link(site, item.run_id))
            for item in _items(row)
        ]
        return showing.table(["", _("original"), _("state"), _("run")], rows)

    @admin.display(description=_("items"))
    def details(self, row: ReplayRecord) -> str:
        """The same, with why."""
        site = self.admin_site.name
        rows = [
            (
                *(item.n, item.object_id, item.state, showing.run_link(site, item.run_id)),
                mask().text(item.detail),
            )
            for item in _items(row)
        ]
        return showing.table(["", _("original"), _("state"), _("run"), _("why")], rows)


def _items(replay: ReplayRecord) -> QuerySet[ReplayItemRecord]:
    rows = ReplayItemRecord.objects.using(settings().DATABASE).filter(replay_id=replay.id)
    return rows.order_by("n")[:ITEMS_MAX]


def _kinds(request: HttpRequest) -> list[str]:
    """Of selections whose things this user may see."""
    return [kind for kind, name in SEE.items() if acting.may(request, name)]


def _kind_of(row: Model) -> str:
    assert isinstance(row, ReplayRecord), "it is the admin of replays"
    found = SelectionRecord.objects.using(settings().DATABASE).filter(pk=row.selection_id)
    return str(found.values_list("kind", flat=True).get())
