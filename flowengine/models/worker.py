"""Rows of worker processes: their leases."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class WorkerRecord(models.Model):
    """One worker process. It counts as alive until *due_at*."""

    id = models.UUIDField(primary_key=True)
    name = models.TextField()
    host = models.TextField()
    pid = models.IntegerField()
    stations = models.TextField(default="[]")
    """JSON list of the stations it serves."""
    version = models.TextField(default="")
    """Of flowengine."""
    project_version = models.TextField(default="")
    """Of the project; empty = it does not say one."""
    concurrency = models.IntegerField(default=0)
    """How many attempts it makes at the same time."""
    state = models.TextField(default="alive")
    """alive, draining, ended."""
    wanted = models.TextField(default="alive")
    """What people want it to be: alive, draining. It hears so with its next heartbeat."""
    wanted_since = models.DateTimeField(null=True)
    wanted_by = models.TextField(blank=True, default="")
    """The key of the user whose word it is; empty = nobody has said anything."""
    wanted_reason = models.TextField(blank=True, default="")
    due_at = models.DateTimeField(null=True, db_index=True)
    """The end of its lease; None once it has ended."""
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True)
    """When it last took work, for the readiness probe."""
    meter = models.TextField(default="{}")
    """JSON: what it has counted of the last minute; see :mod:`flowengine.engine.gauge`."""
    metered_at = models.DateTimeField(null=True)
    """When it wrote that."""

    class Meta:
        db_table = "flowengine_worker"
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        permissions = [("drain_worker", _("Can have workers take no more work"))]

    def __str__(self) -> str:
        return self.name
