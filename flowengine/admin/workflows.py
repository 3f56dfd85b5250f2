"""Workflows, each with the version that takes new runs."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from flowengine.admin import acting, showing
from flowengine.admin.read_only import ReadOnlyAdmin
from flowengine.conf import settings
from flowengine.models import DefinitionRecord, ScheduleRecord, WorkflowRecord
from flowengine.orchestration.switching import switch

VERSIONS_MAX = 50


@admin.register(WorkflowRecord)
class WorkflowAdmin(ReadOnlyAdmin):
    """Workflows by name; who may change them may stop new starts for a while."""

    screen = "dashboard-definition"
    actions = ("disable", "enable")

    ordering = ("name",)
    list_display = ("name", "version", "is_enabled", "updated_at")
    search_help_text = _("A name, or its beginning")
    shown = (
        "name",
        "version",
        "is_enabled",
        "updated_at",
        "path",
        "picture",
        "source",
        "schedules",
        "versions",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the beginning of the name; the table is small."""
        return queryset.filter(name__startswith=search_term), False

    def has_switch_permission(self, request: HttpRequest) -> bool:
        """Django's own permission to change workflows; nothing else of them can be changed."""
        return request.user.has_perm("flowengine.change_workflowrecord")

    @admin.action(description=_("Disable: start no new runs"), permissions=["switch"])
    def disable(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Open runs go on to their end; each event's answer is ``disabled``."""
        do = partial(switch, is_enabled=False)
        return acting.act_on_each(request, self, rows, do, _("Disabled: %d"))

    @admin.action(description=_("Enable: start runs again"), permissions=["switch"])
    def enable(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """From now on; what came meanwhile started nothing, and still does not."""
        do = partial(switch, is_enabled=True)
        return acting.act_on_each(request, self, rows, do, _("Enabled: %d"))

    @admin.display(description=_("version"))
    def version(self, workflow: WorkflowRecord) -> str:
        """The beginning of the digest."""
        return workflow.digest[:12]

    @admin.display(description=_("file"))
    def path(self, workflow: WorkflowRecord) -> str:
        """Where it was read."""
        found = self._definition(workflow)
        return showing.EMPTY if found is None else found.path

    @admin.display(description=_("drawing"))
    def picture(self, workflow: WorkflowRecord) -> str:
        """The same as on the dashboard."""
        return showing.picture(workflow.digest, _("The line of the workflow, drawn"))

    @admin.display(description=_("text"))
    def source(self, workflow: WorkflowRecord) -> str:
        """The file as it was synchronised."""
        found = self._definition(workflow)
        return showing.EMPTY if found is None else showing.preformatted(found.source)

    @admin.display(description=_("schedules"))
    def schedules(self, workflow: WorkflowRecord) -> str:
        """When it starts by itself."""
        rows = ScheduleRecord.objects.using(settings().DATABASE).filter(workflow=workflow.name)
        return showing.table(
            [_("cron"), _("time zone"), _("missed"), _("next"), _("last")],
            [
                (row.cron, row.timezone, row.missed, row.due_at or "", row.ticked_at or "")
                for row in rows.order_by("trigger")
            ],
        )

    @admin.display(description=_("versions"))
    def versions(self, workflow: WorkflowRecord) -> str:
        """Every version that is kept, the newest first."""
        rows = DefinitionRecord.objects.using(settings().DATABASE).filter(workflow=workflow.name)
        return showing.table(
            [_("digest"), _("file"), _("synchronised")],
            [
                (row.digest[:12], row.path, row.created_at)
                for row in rows.order_by("-created_at")[:VERSIONS_MAX]
            ],
        )

    def _definition(self, workflow: WorkflowRecord) -> DefinitionRecord | None:
        rows = DefinitionRecord.objects.using(settings().DATABASE)
        return rows.filter(digest=workflow.digest).first()
