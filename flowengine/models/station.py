"""Rows of stations that somebody, or the breaker, has spoken of."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class StationRecord(models.Model):
    """Whether a station gives out work. One without a row does."""

    name = models.TextField(primary_key=True)
    door = models.TextField(default="open")
    """open, paused (by people), parked, probing, draining (by the breaker)."""
    since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    """The next probe, or the end of one, or of draining; null = nothing is due."""
    fingerprint = models.TextField(blank=True, default="")
    """Of the cause that closed it."""
    reason = models.TextField(blank=True, default="")
    by = models.TextField(blank=True, default="")
    """The key of the user whose word it is; empty = the breaker's."""
    trips = models.IntegerField(default=0)
    places = models.IntegerField(null=True)
    """Attempts at the same time, of all workers together; null = as many as they have places."""
    places_since = models.DateTimeField(null=True)
    places_by = models.TextField(blank=True, default="")
    places_reason = models.TextField(blank=True, default="")

    class Meta:
        db_table = "flowengine_station"
        verbose_name = _("station")
        verbose_name_plural = _("stations")
        permissions = [("pause_station", _("Can close and open stations"))]

    def __str__(self) -> str:
        return f"{self.name} {self.door}"


class StationCountRecord(models.Model):
    """What ended lately at a station in one worker process, while something fails there.

    Each process writes its own row, at most once per ``POLL_S``: nobody waits for another one.
    """

    pk = models.CompositePrimaryKey("station", "worker_id")
    station = models.TextField()
    worker_id = models.UUIDField()
    since = models.DateTimeField(null=True)
    """Since when the station's door is as it was while this was counted: other counts do not count."""
    at = models.DateTimeField()
    ended = models.IntegerField(default=0)
    failures = models.TextField(default="{}")
    """JSON: how many failures, by fingerprint."""

    class Meta:
        db_table = "flowengine_station_count"
        verbose_name = _("count of a station")
        verbose_name_plural = _("counts of stations")

    def __str__(self) -> str:
        return f"{self.station} {self.worker_id}"
