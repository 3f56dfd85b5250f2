"""Dead letters: what could not be done, kept with its cause; to be replayed or discarded."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from flowengine.access import SEE
from flowengine.admin import acting, showing, tries
from flowengine.admin.filters import LetterStateFilter, PeriodFilter, WorkflowFilter
from flowengine.admin.read_only import ReadOnlyAdmin, may_view_payload
from flowengine.models import DeadGroupRecord, DeadLetterRecord, EventRecord
from flowengine.orchestration import dead


@admin.register(DeadLetterRecord)
class DeadLetterAdmin(ReadOnlyAdmin):
    """Dead letters, the newest first."""

    screen = "dashboard-letter"
    actions = ("replay", "discard")
    list_display = ("kind", "code", "workflow", "step", "state", "created_at")
    list_filter = (LetterStateFilter, PeriodFilter, WorkflowFilter)
    id_fields = ("pk", "event_id", "run_id", "group_id")
    search_help_text = _("The whole id of a dead letter, a run, an event or a cause")
    hidden_in_lists = ("body", "headers", "failure")
    shown = (
        *("id", "kind", "code", "state", "workflow", "step", "item", "run", "event", "group"),
        *("event_type", "source", "tries", "worker", "version", "fingerprint", "created_at"),
        *("closed_at", "closed_by", "reason", "expires"),
    )
    payloads = ("says", "error", "each_try", "raw_body", "came_with")
    says = showing.masked("message", _("message"))
    came_with = showing.masked_json("headers", _("headers"))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The same as everywhere else."""
        return acting.may(request, SEE["dead_letter"])

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """For the action."""
        return acting.may(request, "replay")

    def has_discard_permission(self, request: HttpRequest) -> bool:
        """For the action."""
        return acting.may(request, "discard")

    @admin.action(description=_("Replay: look at the plan first"), permissions=["replay"])
    def replay(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Freeze what is chosen, and show what would be done."""
        return self._choose(request, rows, "replay")

    @admin.action(description=_("Discard: with a reason"), permissions=["discard"])
    def discard(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Freeze what is chosen, and ask why."""
        return self._choose(request, rows, "discard")

    def get_urls(self) -> list[Any]:
        """With the pages of acts."""
        urls: list[URLPattern] = acting.act_urls(self)
        return [*urls, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """With the message for who may read error texts."""
        extra = ("says",) if may_view_payload(request) else ()
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

    @admin.display(description=_("cause"))
    def group(self, letter: DeadLetterRecord) -> str:
        """A link to its cause."""
        model = DeadGroupRecord._meta.model_name or ""  # noqa: SLF001 - public in effect
        return showing.link(self.admin_site.name, model, letter.group_id)

    @admin.display(description=_("will be deleted"))
    def expires(self, letter: DeadLetterRecord) -> str:
        """When; nothing as long as it is open."""
        return showing.instant(dead.expires_at(letter))

    @admin.display(description=_("failure"))
    def error(self, letter: DeadLetterRecord) -> str:
        """The failure, with its traceback."""
        return showing.failure(letter.failure, with_text=True)

    @admin.display(description=_("tries"))
    def each_try(self, letter: DeadLetterRecord) -> str:
        """Each of them, with its place in the project's own code."""
        return tries.shown(letter.failure)

    @admin.display(description=_("body"))
    def raw_body(self, letter: DeadLetterRecord) -> str:
        """What arrived, without what is masked."""
        return showing.payload(letter.body)

    def _choose(self, request: HttpRequest, rows: QuerySet[Any], act: str) -> HttpResponse | None:
        if request.POST.get("select_across") == "1":
            # What all the pages have is not what was seen: causes are the way to choose many.
            messages.error(request, _now("Choose at most one page, or go by causes."))
            return None
        query = acting.query_of(list(rows.values_list("pk", flat=True)))
        return acting.choose(request, self.admin_site.name, act, query)
