"""Dead letters: what could not be done, kept with its cause."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from flowengine.admin import showing
from flowengine.admin.filters import PeriodFilter, WorkflowFilter
from flowengine.admin.read_only import ReadOnlyAdmin, may_view_payload
from flowengine.models import DeadLetterRecord, EventRecord


@admin.register(DeadLetterRecord)
class DeadLetterAdmin(ReadOnlyAdmin):
    """Dead letters, the newest first."""

    list_display = ("kind", "code", "workflow", "step", "state", "created_at")
    list_filter = (PeriodFilter, WorkflowFilter)
    id_fields = ("pk", "event_id", "run_id")
    search_help_text = _("The whole id of a dead letter, a run or an event")
    hidden_in_lists = ("body", "headers", "failure")
    shown = (
        *("id", "kind", "code", "state", "workflow", "step", "run", "event"),
        *("fingerprint", "created_at"),
    )
    payloads = ("message", "error", "raw_body", "headers")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """With the message for who may read error texts."""
        extra = ("message",) if may_view_payload(request) else ()
        return (*self.list_display[:2], *extra, *self.list_display[2:])

    @admin.display(description=_("run"))
    def run(self, letter: DeadLetterRecord) -> str:
        """A link to the run that failed."""
        return showing.run_link(self.admin_site.name, letter.run_id)

    @admin.display(description=_("event"))
    def event(self, letter: DeadLetterRecord) -> str:
        """A link to its event."""
        model = EventRecord._meta.model_name or ""  # noqa: SLF001 - public in effect
        return showing.link(self.admin_site.name, model, letter.event_id)

    @admin.display(description=_("failure"))
    def error(self, letter: DeadLetterRecord) -> str:
        """The failure, with its traceback."""
        return showing.failure(letter.failure, with_text=True)

    @admin.display(description=_("body"))
    def raw_body(self, letter: DeadLetterRecord) -> str:
        """What arrived, as it was."""
        return showing.payload(letter.body)
