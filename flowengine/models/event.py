"""Rows of events, and of what each workflow answered to them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _


class EventRecord(models.Model):
    """One accepted event. Written by ``emit()`` in the caller's transaction, or on receipt."""

    id = models.UUIDField(primary_key=True)
    source = models.TextField(null=True, help_text=_("None: this project's own source."))
    external_id = models.TextField(null=True)
    type = models.TextField()
    subject = models.TextField(null=True)
    time = models.DateTimeField()
    actor = models.TextField(null=True)
    key = models.TextField(null=True)
    data = models.BinaryField()
    """JSON, as UTF-8 bytes."""
    correlation_id = models.TextField()
    causation_id = models.TextField(null=True)
    hops = models.SmallIntegerField(default=0)
    traceparent = models.TextField(null=True)
    replay = models.SmallIntegerField(default=0)
    target = models.TextField(null=True)
    """The one workflow it concerns; None = whoever wants it."""
    parent = models.TextField(null=True)
    """JSON: the step of another run that calls; None = it is no call."""
    again = models.TextField(null=True)
    """JSON: how it goes through the line once more; None = this is its first time."""
    state = models.TextField(default="pending")
    """pending -> published -> routed; or pending | published -> routed, or dead."""
    due_at = models.DateTimeField(null=True)
    """Pending: publish it. Published: still not routed, overdue. Routed: never confirmed, publish it
    again. None: nothing."""
    tries = models.SmallIntegerField(default=0)
    """How often routing it failed."""
    created_at = models.DateTimeField()
    routed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "flowengine_event"
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-created_at"]
        permissions = [("send_test_event", _("Can send test events"))]
        indexes = [
            models.Index(
                fields=["state", "due_at"],
                name="flowengine_event_due",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(fields=["created_at", "id"], name="flowengine_event_created"),
            models.Index(fields=["type", "created_at", "id"], name="flowengine_event_type"),
            models.Index(
                fields=["subject", "created_at"],
                name="flowengine_event_subject",
                condition=Q(subject__isnull=False),
            ),
            models.Index(
                fields=["causation_id", "created_at"],
                name="flowengine_event_caused",
                condition=Q(causation_id__isnull=False),
            ),
            models.Index(
                F("type"),
                Coalesce("target", Value("")),
                F("created_at"),
                F("id"),
                name="flowengine_event_open",
                condition=Q(due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class DecisionRecord(models.Model):
    """What one workflow whose pattern matches answered to one event. At most one, ever."""

    run_id = models.UUIDField(primary_key=True)
    """Derived from (event, workflow, replay); the run of this id exists if *outcome* is started."""
    event_id = models.UUIDField(db_index=True)
    workflow = models.TextField()
    digest = models.TextField()
    replay = models.SmallIntegerField(default=0)
    outcome = models.TextField()
    """started, no_match, filter_error, bad_input (later: duplicate, dropped, debounced, skipped)."""
    detail = models.TextField(blank=True, default="")
    decided_at = models.DateTimeField()

    class Meta:
        db_table = "flowengine_decision"
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")

    def __str__(self) -> str:
        return f"{self.workflow}: {self.outcome}"
