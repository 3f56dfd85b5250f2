"""Rows of replays: how what died goes back into the line, item by item, or is discarded."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ReplayRecord(models.Model):
    """One act of sending a selection through the line again, at a pace."""

    id = models.UUIDField(primary_key=True)
    selection_id = models.UUIDField(db_index=True)
    mode = models.TextField()
    """event, restart, resume; discard, which has no items of its own: the selection has them."""
    options = models.TextField(default="{}")
    """JSON: edits, the one workflow, what to suppress, whether keys are new."""
    pace = models.TextField(default="{}")
    """JSON: canary, rate, in_flight, stop_percent, stop_in_row."""
    state = models.TextField(default="proposed")
    """proposed, canary, running, paused, stopped, done."""
    due_at = models.DateTimeField(null=True)
    """When its next items are due; null = nothing is to be done."""
    by = models.TextField(blank=True, default="")
    """The key of the user who asked for it."""
    reason = models.TextField(blank=True, default="")
    door = models.TextField(default="api")
    """Through which door it was asked for: api, cli, admin, system."""
    address = models.TextField(blank=True, default="")
    """From where."""
    approver = models.TextField(blank=True, default="")
    """The key of another user, who agreed; empty = nobody needed to, or has."""
    total = models.IntegerField(default=0)
    sent = models.IntegerField(default=0)
    succeeded = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    verdict = models.TextField(default="{}")
    """JSON: what came of it."""
    request_key = models.TextField(null=True, unique=True)
    """The key of the request that asked for it: the same again is the same replay."""
    created_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flowengine_replay"
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        ordering = ["-created_at"]
        permissions = [
            ("replay", _("Can replay dead letters, runs and events")),
            ("replay_new_keys", _("Can replay with new idempotency keys")),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="flowengine_replay_due", condition=Q(due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mode} {self.state} {self.id}"


class ReplayItemRecord(models.Model):
    """One thing of a replay: the original, its copy, and what came of it."""

    pk = models.CompositePrimaryKey("replay_id", "object_id")
    replay_id = models.UUIDField()
    object_id = models.UUIDField()
    """The dead letter, run or event."""
    n = models.IntegerField()
    """Its number in the selection."""
    state = models.TextField(default="pending")
    """pending, sent, succeeded, failed, skipped, refused."""
    detail = models.TextField(blank=True, default="")
    """Why it was skipped or refused, or how it ended."""
    origin_id = models.UUIDField(null=True)
    """The event that it is about; of an edited copy the original."""
    target_id = models.UUIDField(null=True)
    """What is at work for it: an event and a workflow. No two items that were sent have the same."""
    event_id = models.UUIDField(null=True, db_index=True)
    """The event of the copy."""
    event_replay = models.SmallIntegerField(null=True)
    """The number of the event's replay, which its decisions have."""
    run_id = models.UUIDField(null=True, db_index=True)
    """The run of the copy."""
    before_sha256 = models.TextField(blank=True, default="")
    """Of the payload as it was; empty = it was not edited."""
    after_sha256 = models.TextField(blank=True, default="")
    difference = models.TextField(blank=True, default="")
    """JSON: the patch that was applied; empty = none was."""
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flowengine_replay_item"
        verbose_name = _("item of a replay")
        verbose_name_plural = _("items of replays")
        constraints = [
            models.UniqueConstraint(
                fields=["object_id"],
                name="flowengine_replay_item_live",
                condition=Q(state__in=["pending", "sent"]),
            ),
            models.UniqueConstraint(
                fields=["target_id"],
                name="flowengine_replay_item_sent",
                condition=Q(state="sent"),
            ),
        ]
        indexes = [
            models.Index(fields=["replay_id", "state", "n"], name="flowengine_replay_item_state"),
            models.Index(
                fields=["origin_id"],
                name="flowengine_replay_item_origin",
                condition=Q(origin_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.n} {self.state}"
