"""What keeps runs back: admission keys, and the runs that hold or want a place."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from flowengine.admin import showing
from flowengine.admin.filters import GateFilter, PlaceStateFilter
from flowengine.admin.read_only import ReadOnlyAdmin
from flowengine.models import KeyRecord, PlaceRecord


@admin.register(KeyRecord)
class KeyAdmin(ReadOnlyAdmin):
    """What each gate of each workflow remembers of each key; a key is made from an event's data."""

    ordering = ("id",)
    list_display = ("id", "workflow", "gate", "due_at")
    list_filter = (GateFilter,)
    search_help_text = _("The whole id of a key")
    hidden_in_lists = ("key", "state")
    shown = ("id", "workflow", "gate", "due_at")
    payloads = ("key", "remembered")

    @admin.display(description=_("remembered"))
    def remembered(self, key: KeyRecord) -> Any:
        """Ids and instants."""
        return showing.payload(key.state)


@admin.register(PlaceRecord)
class PlaceAdmin(ReadOnlyAdmin):
    """Runs that wait to start, and those whose place others wait for."""

    ordering = ("written_at",)
    list_display = ("run", "state", "priority", "written_at", "slot_at", "expires_at")
    list_filter = (PlaceStateFilter,)
    id_fields = ("pk", "key_id")
    search_help_text = _("The whole id of a run, or of a concurrency key")
    shown = (
        *("run", "state", "priority", "key", "throttle"),
        *("written_at", "slot_at", "expires_at"),
    )

    @admin.display(description=_("run"))
    def run(self, place: PlaceRecord) -> str:
        """A link to the run."""
        return showing.run_link(self.admin_site.name, place.run_id)

    @admin.display(description=_("concurrency key"))
    def key(self, place: PlaceRecord) -> str:
        """A link to the key whose places it shares."""
        return self._key_link(place.key_id)

    @admin.display(description=_("throttle key"))
    def throttle(self, place: PlaceRecord) -> str:
        """A link to the key that gave it its slot."""
        return self._key_link(place.throttle_id)

    def _key_link(self, key_id: Any) -> str:
        model = KeyRecord._meta.model_name or ""  # noqa: SLF001 - public in effect
        return showing.link(self.admin_site.name, model, key_id)
