"""Rows of what people did: only ever added."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditRecord(models.Model):
    """One act of one person, written with its effect. Each row holds a hash of the one before it."""

    id = models.UUIDField(primary_key=True)
    number = models.BigIntegerField(unique=True)
    """Its place in the chain, from 1."""
    at = models.DateTimeField()
    who = models.TextField()
    """The key of a user."""
    verb = models.TextField()
    reason = models.TextField(blank=True, default="")
    door = models.TextField()
    """api, cli, admin, page, code, system."""
    address = models.TextField(blank=True, default="")
    """Where from: an IP address or a host."""
    kind = models.TextField(blank=True, default="")
    """What it was done to: dead_letter, dead_group, run, event, replay, station, workflow."""
    object_id = models.TextField(blank=True, default="")
    selection_id = models.UUIDField(null=True, db_index=True)
    replay_id = models.UUIDField(null=True, db_index=True)
    details = models.TextField(default="{}")
    """JSON mapping."""
    before_sha256 = models.TextField(blank=True, default="")
    after_sha256 = models.TextField(blank=True, default="")
    chain_sha256 = models.TextField()
    """Of the row before this one and of this one's other fields."""

    class Meta:
        db_table = "flowengine_audit"
        verbose_name = _("audit row")
        verbose_name_plural = _("audit rows")
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["kind", "object_id"], name="flowengine_audit_object"),
            models.Index(fields=["at"], name="flowengine_audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.verb}"
