"""Rows of what could not be done."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DeadLetterRecord(models.Model):
    """One thing that died, kept with its cause. Its bytes, headers and failure never change."""

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    """unreadable, unknown event, bad event, bad input, overflow, failed run, failed undo, failed hook,
    needs review."""
    code = models.TextField()
    """``FE`` and three digits."""
    message = models.TextField()
    fingerprint = models.TextField()
    """Equal for failures of one cause; begins with the version of the rules that made it."""
    group_id = models.UUIDField()
    """Its group: that of its fingerprint, or where that was merged into or split."""
    event_id = models.UUIDField(null=True, db_index=True)
    run_id = models.UUIDField(null=True, db_index=True)
    workflow = models.TextField(blank=True, default="")
    digest = models.TextField(blank=True, default="")
    """The version of the workflow; empty = none was concerned."""
    step = models.TextField(null=True)
    item = models.TextField(blank=True, default="")
    """In which items of the loops around the step."""
    event_type = models.TextField(blank=True, default="")
    """Empty = it could not be read."""
    source = models.TextField(blank=True, default="")
    """The source of the event; empty = this project's own, or it could not be read."""
    tries = models.IntegerField(default=0)
    """How often the step had begun."""
    worker = models.TextField(blank=True, default="")
    """The name of the process that ran the last try; empty = none ran it."""
    version = models.TextField(blank=True, default="")
    """The version of the project that ran then; empty = it does not say one."""
    body = models.BinaryField(null=True)
    """What the broker delivered; null = the event or the run has it."""
    headers = models.TextField(default="{}")
    """JSON mapping."""
    failure = models.BinaryField(null=True)
    """JSON: the failure, its tries and their frames."""
    state = models.TextField(default="open")
    """open, replaying, resolved, discarded."""
    replay_id = models.UUIDField(null=True)
    """The replay that has it, or had it last."""
    reason = models.TextField(blank=True, default="")
    """Why it was closed."""
    closed_at = models.DateTimeField(null=True)
    """When it became resolved or discarded; null = it is open."""
    closed_by = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "flowengine_dead_letter"
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")
        ordering = ["-created_at"]
        permissions = [
            ("view_dead_letter", _("Can see dead letters")),
            ("triage_dead_letter", _("Can acknowledge, assign, merge and split causes")),
            ("edit_dead_letter", _("Can edit what is replayed")),
            ("discard", _("Can discard dead letters")),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="flowengine_dead_created"),
            models.Index(fields=["group_id", "created_at", "id"], name="flowengine_dead_group_at"),
            models.Index(
                fields=["group_id", "created_at", "id"],
                name="flowengine_dead_group_open",
                condition=Q(state="open"),
            ),
            models.Index(fields=["state", "created_at", "id"], name="flowengine_dead_state"),
            models.Index(fields=["workflow", "created_at", "id"], name="flowengine_dead_workflow"),
            models.Index(
                fields=["closed_at", "id"],
                name="flowengine_dead_closed",
                condition=Q(closed_at__isnull=False),
            ),
            models.Index(
                fields=["replay_id"],
                name="flowengine_dead_replay",
                condition=Q(replay_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        # Without the message: an error's text may hold payload, and this is shown everywhere.
        return f"{self.kind} {self.code} {self.id}"
