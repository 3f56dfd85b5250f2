"""Rows of selections: what a bulk act is about, frozen when it was chosen."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SelectionRecord(models.Model):
    """A filter, and what it found when it was made. Never changed."""

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    """dead_letter, run, event."""
    query = models.TextField()
    """As it was written."""
    words = models.TextField()
    """The same for people."""
    filter = models.TextField(default="{}")
    """JSON: what was asked for, by key."""
    count = models.IntegerField(default=0)
    created_at = models.DateTimeField(db_index=True)
    created_by = models.TextField(blank=True, default="")
    """The key of a user."""

    class Meta:
        db_table = "flowengine_selection"
        verbose_name = _("selection")
        verbose_name_plural = _("selections")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.count} {self.id}"


class SelectionItemRecord(models.Model):
    """One thing that a selection names."""

    # Not by the thing: a second index, in no order, is most of what a million of them would cost.
    pk = models.CompositePrimaryKey("selection_id", "n")
    selection_id = models.UUIDField()
    object_id = models.UUIDField()
    n = models.IntegerField()
    """Its number in the selection, from 1, oldest first."""

    class Meta:
        db_table = "flowengine_selection_item"
        verbose_name = _("item of a selection")
        verbose_name_plural = _("items of selections")

    def __str__(self) -> str:
        return f"{self.n} {self.object_id}"
