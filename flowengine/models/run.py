"""Rows of runs, their steps, their history and their logs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _


class RunRecord(models.Model):
    """One execution of one workflow version, caused by one event."""

    id = models.UUIDField(primary_key=True)
    workflow = models.TextField()
    digest = models.TextField()
    event_id = models.UUIDField(db_index=True)
    replay = models.SmallIntegerField(default=0)
    replay_of = models.UUIDField(null=True)
    """The run that this one is a restart of; None = it is none."""
    keys = models.UUIDField(null=True)
    """What its idempotency keys are made of instead of its own id: the first run of its kind."""
    state = models.TextField()
    seq = models.IntegerField()
    """The head: the number of the last transition or progress."""
    due_at = models.DateTimeField(null=True)
    title = models.TextField(blank=True, default="")
    priority = models.SmallIntegerField(default=1)
    """0 low, 1 normal, 2 high."""
    parent_run = models.UUIDField(null=True)
    """The run whose step called this one; None = no step did."""
    parent_step = models.TextField(null=True)
    parent_item = models.TextField(null=True)
    parent_depth = models.SmallIntegerField(default=0)
    """How many runs called one another down to this one; 0 = nobody called it."""
    parent_detached = models.BooleanField(default=False)
    """True = the caller does not wait for its end."""
    busy = models.IntegerField(default=0)
    """Rows of work that are ready or running."""
    asleep = models.IntegerField(default=0)
    """Rows that wait or retry."""
    output_bytes = models.IntegerField(default=0)
    """All outputs that its steps have left, encoded, together."""
    undoing = models.IntegerField(null=True)
    """While compensating: ``ended`` of the step that is undone now, or was last."""
    has_undone = models.BooleanField(default=False)
    still_s = models.FloatField(default=0.0)
    """Seconds that it stood still before it was resumed."""
    tail = models.TextField(blank=True, default="")
    """The hooks at work after the end: ``on_failure``, ``finally``; empty = none."""
    holding = models.BooleanField(default=False)
    """True = it is to be held before its next step, as somebody wanted."""
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
    held_at = models.DateTimeField(null=True)
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
            ("resume_run", _("Can resume a run or give it up")),
            ("hold_run", _("Can hold a run and release it")),
            ("start_workflow", _("Can start a workflow by hand")),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="flowengine_run_due", condition=Q(due_at__isnull=False)
            ),
            models.Index(
                fields=["due_at"],
                name="flowengine_run_queued",
                condition=Q(state="queued", due_at__isnull=False),
            ),
            models.Index(fields=["created_at", "id"], name="flowengine_run_created"),
            models.Index(fields=["workflow", "created_at", "id"], name="flowengine_run_workflow"),
            models.Index(
                fields=["state", "created_at", "id"],
                name="flowengine_run_state",
                # Those that succeeded are most of all: a list of them goes by its time.
                condition=~Q(state="succeeded"),
            ),
            models.Index(
                fields=["workflow", "digest"],
                name="flowengine_run_open",
                condition=Q(
                    state__in=[
                        *("cancelling", "compensating", "held"),
                        *("queued", "running", "waiting"),
                    ]
                ),
            ),
            models.Index(
                fields=["actor", "created_at"],
                name="flowengine_run_actor",
                condition=Q(actor__isnull=False),
            ),
            models.Index(
                fields=["event_id"],
                name="flowengine_run_unfinished",
                condition=~Q(state__in=["succeeded", "cancelled", "expired"]),
            ),
            models.Index(
                fields=["parent_run"],
                name="flowengine_run_parent",
                condition=Q(parent_run__isnull=False),
            ),
            models.Index(
                fields=["replay_of"],
                name="flowengine_run_replay_of",
                condition=Q(replay_of__isnull=False),
            ),
            models.Index(
                fields=["keys"], name="flowengine_run_keys", condition=Q(keys__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.workflow} {self.id}"


class StepRecord(models.Model):
    """A step of a run, an item of a loop, or the undo of a step.

    The row of a step appears when it begins (or is skipped, or fails); those of a loop's items all
    appear with the loop, pending.
    """

    pk = models.CompositePrimaryKey("run_id", "step", "item")
    run_id = models.UUIDField()
    step = models.TextField()
    """The step's id; of an undo ``undo charge``."""
    item = models.TextField(blank=True, default="")
    """In which items of the loops around it: empty in none, ``3``, ``3.7``."""
    kind = models.TextField(default="task")
    """The key its step is written with; ``for_each`` for a whole loop, ``undo``."""
    title = models.TextField(blank=True, default="")
    task = models.TextField(blank=True, default="")
    station = models.TextField(blank=True, default="")
    state = models.TextField()
    priority = models.SmallIntegerField(default=1)
    """The run's: which ready step goes first."""
    attempt = models.IntegerField(default=0)
    tries = models.IntegerField(default=0)
    crashes = models.IntegerField(default=0)
    block = models.TextField(null=True)
    """The id of the parallel block or loop that counts this row."""
    counts = models.BinaryField(null=True)
    """JSON: how far the items of a loop or the branches of a parallel block are."""
    clause = models.SmallIntegerField(null=True)
    is_stopping = models.BooleanField(default=False)
    worker_id = models.UUIDField(null=True)
    due_at = models.DateTimeField(null=True)
    """Ready: overdue. Begun: its delay, wait or time is over. Decided: its child is not told yet."""
    value = models.BinaryField(null=True)
    """JSON: of an item of a loop, the item."""
    input = models.BinaryField(null=True)
    output = models.BinaryField(null=True)
    failure = models.BinaryField(null=True)
    doubt = models.TextField(blank=True, default="")
    """How an attempt ended that did not make the step succeed and may have taken effect."""
    answers = models.BinaryField(null=True)
    """JSON list: what people said to an approval; null = nobody has answered."""
    ended = models.IntegerField(null=True)
    """The number of the transition that decided it; null = it is not decided."""
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
                fields=["station", "priority", "task", "due_at"],
                name="flowengine_step_ready",
                condition=Q(state="ready", worker_id__isnull=True),
            ),
            models.Index(
                fields=["due_at"],
                name="flowengine_step_due",
                condition=Q(due_at__isnull=False) & ~Q(state="ready"),
            ),
            models.Index(
                fields=["run_id"],
                name="flowengine_step_active",
                condition=Q(state__in=["ready", "running", "waiting", "retrying", "rescuing"]),
            ),
            models.Index(
                fields=["run_id", "ended"],
                name="flowengine_step_ended",
                condition=Q(ended__isnull=False),
            ),
            models.Index(
                *("due_at", "run_id", "step", Length("item"), "item"),
                name="flowengine_step_pressing",
                condition=Q(state="waiting", kind="approval"),
            ),
            models.Index(
                fields=["step"],
                name="flowengine_step_asleep",
                condition=Q(state__in=["waiting", "retrying"]),
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


class AttemptLogRecord(models.Model):
    """What one attempt has logged, where the project keeps that of all attempts."""

    pk = models.CompositePrimaryKey("run_id", "step", "item", "attempt")
    run_id = models.UUIDField()
    step = models.TextField()
    item = models.TextField(blank=True, default="")
    attempt = models.IntegerField()
    log = models.TextField()
    """Its last lines."""
    written_at = models.DateTimeField()

    class Meta:
        db_table = "flowengine_attempt_log"
        verbose_name = _("log of an attempt")
        verbose_name_plural = _("logs of attempts")

    def __str__(self) -> str:
        # Without the lines: they may hold payload.
        return f"{self.step} {self.attempt}"
