"""Rows behind admission: keys and what they remember, runs that hold or want a place, schedules."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class KeyRecord(models.Model):
    """What one gate of one workflow remembers of one key. Locked before any run.

    One without a workflow is of an act that leaves no row behind: see ``orchestration.once``.
    """

    id = models.UUIDField(primary_key=True)
    """Derived from workflow, gate and key."""
    workflow = models.TextField()
    gate = models.TextField()
    """idempotency, debounce, throttle, concurrency."""
    key = models.TextField()
    """At most 200 characters: the key, or its SHA-256."""
    state = models.BinaryField()
    """JSON, by the gate; see :mod:`flowengine.engine.rules.gates`."""
    due_at = models.DateTimeField(null=True)
    """Debounce: the period is over. The others: it may be forgotten."""

    class Meta:
        db_table = "flowengine_key"
        verbose_name = _("admission key")
        verbose_name_plural = _("admission keys")
        indexes = [
            models.Index(
                fields=["gate", "due_at"],
                name="flowengine_key_due",
                condition=Q(due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        # Without the key: it is made from an event's data, and this is shown everywhere.
        return f"{self.workflow} {self.gate} {self.id}"


class PlaceRecord(models.Model):
    """A run that waits to start, or holds one of the places of its concurrency key."""

    run_id = models.UUIDField(primary_key=True)
    key_id = models.UUIDField(null=True)
    """The concurrency key; None = only a throttle makes it wait, or it left the key's queue."""
    throttle_id = models.UUIDField(null=True)
    """Its throttle key, of whose slots it takes one; None = the workflow has no throttle."""
    priority = models.SmallIntegerField(default=1)
    """0 low, 1 normal, 2 high."""
    state = models.TextField()
    """queued; open: it holds a place; leaving: another takes what it holds or waits for."""
    written_at = models.DateTimeField()
    """When its event was written: the order of one key."""
    slot_at = models.DateTimeField(null=True)
    """Not before this, says the throttle."""
    expires_at = models.DateTimeField(null=True)
    """Not after this, says ``start_within``."""

    class Meta:
        db_table = "flowengine_place"
        verbose_name = _("place")
        verbose_name_plural = _("places")
        indexes = [
            models.Index(
                fields=["key_id", "state", "written_at", "run_id"], name="flowengine_place_order"
            ),
            models.Index(
                fields=["throttle_id", "priority", "written_at"],
                name="flowengine_place_slot",
                condition=Q(state="queued", throttle_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.run_id}"


class ScheduleRecord(models.Model):
    """One ``schedule`` trigger of one workflow that takes new runs."""

    pk = models.CompositePrimaryKey("workflow", "trigger")
    workflow = models.TextField()
    trigger = models.SmallIntegerField()
    """Its index among the workflow's triggers."""
    cron = models.TextField()
    timezone = models.TextField()
    missed = models.TextField()
    """once, skip."""
    due_at = models.DateTimeField(null=True)
    """The next tick; None = there is none any more."""
    ticked_at = models.DateTimeField(null=True)
    """The last tick that became an event."""

    class Meta:
        db_table = "flowengine_schedule"
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        indexes = [
            models.Index(
                fields=["due_at"], name="flowengine_schedule_due", condition=Q(due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workflow} {self.cron}"
