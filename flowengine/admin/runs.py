"""Runs, with their steps and their history on one page."""

from __future__ import annotations

from typing import Any

import msgspec
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from flowengine.admin import showing
from flowengine.admin.filters import PeriodFilter, RunStateFilter, WorkflowFilter
from flowengine.admin.read_only import ReadOnlyAdmin, may_view_payload
from flowengine.conf import settings
from flowengine.models import EventRecord, HistoryRecord, RunRecord, StepRecord

STEPS_MAX = 500
HISTORY_MAX = 500
_UNSAID = ("t", "failure")


@admin.register(RunRecord)
class RunAdmin(ReadOnlyAdmin):
    """Runs, the newest first."""

    list_display = ("name", "workflow", "state", "actor", "created_at", "finished_at")
    list_filter = (PeriodFilter, RunStateFilter, WorkflowFilter)
    id_fields = ("pk", "event_id")
    search_help_text = _("The whole id of a run, or of its event")
    hidden_in_lists = ("inputs", "output", "failure")
    shown = (
        *("id", "workflow", "digest", "title", "state", "outcome", "why_failed", "event"),
        *("actor", "watchers", "watcher_groups", "labels", "replay"),
        *("created_at", "started_at", "finished_at", "due_at", "steps", "history"),
    )
    payloads = ("error", "steps_with_payloads", "run_inputs", "run_output")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Django's own permission, or the one that lets somebody watch every run."""
        may = super().has_view_permission(request, obj)
        return may or request.user.has_perm("flowengine.view_run")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """With payloads, the steps and the error are shown once, with them."""
        fields = super().get_fields(request, obj)
        if may_view_payload(request):
            fields = tuple(name for name in fields if name not in {"why_failed", "steps"})
        return fields

    @admin.display(description=_("run"))
    def name(self, run: RunRecord) -> str:
        """Its title, else its id."""
        return run.title or str(run.id)

    @admin.display(description=_("event"))
    def event(self, run: RunRecord) -> str:
        """A link to the event that caused it."""
        model = EventRecord._meta.model_name or ""  # noqa: SLF001 - public in effect
        return showing.link(self.admin_site.name, model, run.event_id)

    @admin.display(description=_("failure"))
    def why_failed(self, run: RunRecord) -> str:
        """The code of its failure, without its text."""
        return showing.failure(run.failure, with_text=False)

    @admin.display(description=_("failure"))
    def error(self, run: RunRecord) -> str:
        """Its failure, with all that is known."""
        return showing.failure(run.failure, with_text=True)

    @admin.display(description=_("inputs"))
    def run_inputs(self, run: RunRecord) -> str:
        """What it works with; empty where it works with the event's data itself."""
        return showing.payload(run.inputs)

    @admin.display(description=_("output"))
    def run_output(self, run: RunRecord) -> str:
        """What it gave."""
        return showing.payload(run.output)

    @admin.display(description=_("steps"))
    def steps(self, run: RunRecord) -> str:
        """Its steps that have a row, in the order in which they came."""
        rows = [self._step(step, with_text=False) for step in _steps(run)]
        return showing.table(self._step_heads(), rows)

    @admin.display(description=_("steps"))
    def steps_with_payloads(self, run: RunRecord) -> str:
        """The same, with inputs, outputs and errors."""
        rows = [
            [
                *self._step(step, with_text=True),
                showing.folded(_("input"), showing.payload(step.input)),
                showing.folded(_("output"), showing.payload(step.output)),
            ]
            for step in _steps(run)
        ]
        return showing.table([*self._step_heads(), "", ""], rows)

    @admin.display(description=_("history"))
    def history(self, run: RunRecord) -> str:
        """What happened to it, numbered; without error texts."""
        rows = HistoryRecord.objects.using(settings().DATABASE).filter(run_id=run.id)
        facts = [
            (number, row.at, fact["t"], _rest(fact))
            for row in rows.order_by("first")[:HISTORY_MAX]
            for number, fact in enumerate(_decode(row), start=row.first)
        ]
        return showing.table(["", _("at"), _("what"), ""], facts)

    def _step_heads(self) -> list[Any]:
        return [
            *(_("step"), _("state"), _("station"), _("task"), _("attempt"), _("tries")),
            *(_("started"), _("finished"), _("failure")),
        ]

    def _step(self, step: StepRecord, *, with_text: bool) -> list[Any]:
        name = step.step if step.item == 0 else f"{step.step}[{step.item}]"
        return [
            *(name, step.state, step.station, step.task, step.attempt, step.tries),
            *(step.started_at or "", step.finished_at or ""),
            showing.failure(step.failure, with_text=with_text),
        ]


def _steps(run: RunRecord) -> list[StepRecord]:
    rows = StepRecord.objects.using(settings().DATABASE).filter(run_id=run.id)
    return list(rows.order_by("ready_at", "finished_at", "step", "item")[:STEPS_MAX])


def _decode(row: HistoryRecord) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = msgspec.json.decode(bytes(row.transitions))
    return facts


def _rest(fact: dict[str, Any]) -> str:
    """What a transition says besides its kind; of a failure the code alone."""
    words = [f"{name} {value}" for name, value in fact.items() if name not in _UNSAID]
    if fact.get("failure"):
        words.append(str(fact["failure"].get("code", "")))
    return ", ".join(words)
