"""Worker processes, and until when each counts as alive."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from flowengine.admin.read_only import ReadOnlyAdmin
from flowengine.models import WorkerRecord
from flowengine.store.clock import DatabaseClock


@admin.register(WorkerRecord)
class WorkerAdmin(ReadOnlyAdmin):
    """Workers, the last started first."""

    ordering = ("-started_at",)
    list_display = ("name", "served", "state", "is_alive", "seen_at", "consumed_at", "version")
    shown = (
        *("id", "name", "host", "pid", "served", "version", "state", "is_alive"),
        *("due_at", "started_at", "seen_at", "consumed_at"),
    )

    @admin.display(description=_("stations"))
    def served(self, worker: WorkerRecord) -> str:
        """The stations it serves."""
        return ", ".join(json.loads(worker.stations))

    @admin.display(description=_("alive"), boolean=True)
    def is_alive(self, worker: WorkerRecord) -> bool:
        """Its lease has not run out."""
        return worker.due_at is not None and worker.due_at > DatabaseClock().now()
