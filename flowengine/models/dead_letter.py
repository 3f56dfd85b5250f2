"""Rows of what could not be done."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeadLetterRecord(models.Model):
    """One thing that died, kept with its cause. Original bytes never change."""

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    """unreadable, unknown event, bad event, bad input, failed run (later: overflow, failed undo …)."""
    code = models.TextField()
    message = models.TextField()
    fingerprint = models.TextField(db_index=True)
    event_id = models.UUIDField(null=True, db_index=True)
    run_id = models.UUIDField(null=True, db_index=True)
    workflow = models.TextField(blank=True, default="")
    step = models.TextField(null=True)
    body = models.BinaryField(null=True)
    headers = models.TextField(default="{}")
    failure = models.BinaryField(null=True)
    state = models.TextField(default="open")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "flowengine_dead_letter"
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["created_at"], name="flowengine_dead_created")]

    def __str__(self) -> str:
        # Without the message: an error's text may hold payload, and this is shown everywhere.
        return f"{self.kind} {self.code} {self.id}"
