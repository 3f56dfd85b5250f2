"""Rows of waits for events, and of what events may be found by."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WaitRecord(models.Model):
    """A step, or an entry of ``cancel_on``, that waits for an event; or did, and got one."""

    pk = models.CompositePrimaryKey("run_id", "step", "item", "entry")
    run_id = models.UUIDField()
    step = models.TextField(blank=True, default="")
    """Empty for ``cancel_on``."""
    item = models.TextField(blank=True, default="")
    entry = models.SmallIntegerField(default=-1)
    """Which entry of ``cancel_on``; -1 for a step."""
    patterns = models.TextField()
    """JSON list of event patterns."""
    match = models.TextField()
    """JSON: path in the event's data -> text."""
    key = models.UUIDField()
    """Of the alphabetically first path and its value; see :mod:`flowengine.store.event_keys`."""
    event_id = models.UUIDField(null=True)
    """The event it got: no other wait of the run is offered that one. None: it still waits."""
    due_at = models.DateTimeField(null=True)
    """It has not looked back yet at what came since the run began."""
    created_at = models.DateTimeField()

    class Meta:
        db_table = "flowengine_wait"
        verbose_name = _("wait")
        verbose_name_plural = _("waits")
        indexes = [
            models.Index(
                fields=["key", "run_id"],
                name="flowengine_wait_key",
                condition=Q(event_id__isnull=True),
            ),
            models.Index(
                fields=["event_id", "run_id"],
                name="flowengine_wait_event",
                condition=Q(event_id__isnull=False),
            ),
            models.Index(
                fields=["due_at"], name="flowengine_wait_due", condition=Q(due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step or 'cancel_on'} of {self.run_id}"


class EventKeyRecord(models.Model):
    """A value by which a stored event can be found, for types that some definition waits for."""

    pk = models.CompositePrimaryKey("key", "event_id")
    key = models.UUIDField()
    event_id = models.UUIDField(db_index=True)
    added_at = models.DateTimeField(db_index=True)
    """When: never before its event was written."""

    class Meta:
        db_table = "flowengine_event_key"
        verbose_name = _("event key")
        verbose_name_plural = _("event keys")

    def __str__(self) -> str:
        return f"{self.key} {self.event_id}"
