"""Runs, with their steps, waits, callees and history on one page."""

from __future__ import annotations

import json
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
from flowengine.models import EventRecord, HistoryRecord, RunRecord, StepRecord, WaitRecord

STEPS_MAX = 500
HISTORY_MAX = 500
CHILDREN_MAX = 50
_UNSAID = ("t", "failure")


@admin.register(RunRecord)
class RunAdmin(ReadOnlyAdmin):
    """Runs, the newest first."""

    screen = "dashboard-run"
    list_display = ("name", "workflow", "state", "actor", "created_at", "finished_at")
    list_filter = (PeriodFilter, RunStateFilter, WorkflowFilter)
    id_fields = ("pk", "event_id")
    search_help_text = _("The whole id of a run, or of its event")
    hidden_in_lists = ("inputs", "output", "failure")
    shown = (
        *("id", "workflow", "digest", "title", "state", "outcome", "why_failed", "event"),
        *("actor", "watchers", "watcher_groups", "named", "priority", "replay", "caller"),
        *("created_at", "started_at", "held_at", "finished_at", "due_at", "tail"),
        *("steps", "waits", "children", "history"),
    )
    named = showing.masked_json("labels", _("labels"))
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

    @admin.display(description=_("called by"))
    def caller(self, run: RunRecord) -> str:
        """A link to the run whose step called this one."""
        return showing.run_link(self.admin_site.name, run.parent_run)

    @admin.display(description=_("called"))
    def children(self, run: RunRecord) -> str:
        """The runs that its steps have called, the last first."""
        rows = RunRecord.objects.using(settings().DATABASE).filter(parent_run=run.id)
        site = self.admin_site.name
        return showing.table(
            [_("step"), _("run"), _("workflow"), _("state")],
            [
                (
                    _place(row.parent_step or "", row.parent_item or ""),
                    showing.run_link(site, row.id),
                    row.workflow,
                    row.state,
                )
                for row in rows.defer(*self.hidden_in_lists).order_by("-created_at")[:CHILDREN_MAX]
            ],
        )

    @admin.display(description=_("waits for events"))
    def waits(self, run: RunRecord) -> str:
        """What it waits for, or has waited for; the values that an event must have are payload."""
        rows = WaitRecord.objects.using(settings().DATABASE).filter(run_id=run.id)
        model = EventRecord._meta.model_name or ""  # noqa: SLF001 - public in effect
        site = self.admin_site.name
        return showing.table(
            [_("step"), _("event"), _("came")],
            [
                (
                    _place(row.step, row.item) if row.step else "cancel_on",
                    ", ".join(json.loads(row.patterns)),
                    showing.link(site, model, row.event_id),
                )
                for row in rows.order_by("created_at")[:STEPS_MAX]
            ],
        )

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
            *(_("step"), _("state"), _("failure"), _("attempt"), _("tries"), _("started")),
            *(_("finished"), _("kind"), _("task"), _("station")),
        ]

    def _step(self, step: StepRecord, *, with_text: bool) -> list[Any]:
        return [
            *(_place(step.step, step.item), step.state),
            showing.failure(step.failure, with_text=with_text),
            *(step.attempt, step.tries, step.started_at or "", step.finished_at or ""),
            *(step.kind, step.task, step.station),
        ]


def _steps(run: RunRecord) -> list[StepRecord]:
    rows = StepRecord.objects.using(settings().DATABASE).filter(run_id=run.id)
    return list(rows.order_by("ready_at", "finished_at", "step", "item")[:STEPS_MAX])


def _place(step: str, item: str) -> str:
    return f"{step}[{item}]" if item else step


def _decode(row: HistoryRecord) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = msgspec.json.decode(bytes(row.transitions))
    return facts


def _rest(fact: dict[str, Any]) -> str:
    """What a transition says besides its kind; of a failure the code alone."""
    words = [f"{name} {_word(value)}" for name, value in fact.items() if name not in _UNSAID]
    if fact.get("failure"):
        words.append(str(fact["failure"].get("code", "")))
    return ", ".join(words)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
