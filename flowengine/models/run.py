"""Rows of runs, their steps and their history."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RunRecord(models.Model):
    """One execution of one workflow version, caused by one event."""

    id = models.UUIDField(primary_key=True)
    workflow = models.TextField()
    digest = models.TextField()
    event_id = models.UUIDField(db_index=True)
    replay = models.SmallIntegerField(default=0)
    state = models.TextField()
    seq = models.IntegerField()
    """The head: the number of the last transition or progress."""
    due_at = models.DateTimeField(null=True)
    title = models.TextField(blank=True, default="")
    actor = models.TextField(null=True)
    watchers = models.TextField(default="[]")
    """JSON list of user keys (text) who may watch, from ``notify`` or the actor."""
    watcher_groups = models.TextField(default="[]")
    """JSON list of Django group names who may watch."""
    labels = models.TextField(default="{}")
    """JSON mapping."""
    inputs = models.BinaryField(null=True)
    output = models.BinaryField(null=True)
    failure = models.BinaryField(null=True)
    outcome = models.TextField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flowengine_run"
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-created_at"]
        permissions = [
            ("view_run", _("Can watch every run")),
            ("view_payload", _("Can see data, inputs, outputs and error texts")),
            ("cancel_run", _("Can cancel a run")),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="flowengine_run_due", condition=Q(due_at__isnull=False)
            ),
            models.Index(fields=["created_at"], name="flowengine_run_created"),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.workflow} {self.id}"


class StepRecord(models.Model):
    """One step of one run. The row appears when the step becomes ready (or is skipped, or fails)."""

    pk = models.CompositePrimaryKey("run_id", "step", "item")
    run_id = models.UUIDField()
    step = models.TextField()
    item = models.IntegerField(default=0)
    task = models.TextField()
    station = models.TextField()
    state = models.TextField()
    attempt = models.IntegerField(default=0)
    tries = models.IntegerField(default=0)
    crashes = models.IntegerField(default=0)
    worker_id = models.UUIDField(null=True)
    due_at = models.DateTimeField(null=True)
    input = models.BinaryField(null=True)
    output = models.BinaryField(null=True)
    failure = models.BinaryField(null=True)
    progress = models.FloatField(null=True)
    note = models.TextField(blank=True, default="")
    ready_at = models.DateTimeField(null=True)
    first_started_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flowengine_step"
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        indexes = [
            models.Index(
                fields=["station", "due_at"],
                name="flowengine_step_ready",
                condition=Q(state="ready", worker_id__isnull=True),
            ),
            models.Index(
                fields=["due_at"], name="flowengine_step_due", condition=Q(state="retrying")
            ),
            models.Index(
                fields=["worker_id"],
                name="flowengine_step_held",
                condition=Q(state__in=["ready", "running"], worker_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.state}"


class HistoryRecord(models.Model):
    """A range of a run's numbered transitions, written with the state they led to."""

    pk = models.CompositePrimaryKey("run_id", "first")
    run_id = models.UUIDField()
    first = models.IntegerField()
    last = models.IntegerField()
    at = models.DateTimeField()
    transitions = models.BinaryField()
    """JSON list of the public form of each transition, in order."""

    class Meta:
        db_table = "flowengine_history"
        verbose_name = _("history")
        verbose_name_plural = _("history")

    def __str__(self) -> str:
        return f"{self.run_id} {self.first}-{self.last}"
