"""Rows of saved views: filters of a list that somebody wants again, under a name."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedViewRecord(models.Model):
    """A filter of one of the lists, of one user or of the team."""

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    """Of which list: run, event, dead_letter."""
    owner = models.TextField(blank=True, default="")
    """The key of the user whose own it is; empty = the team's."""
    name = models.TextField()
    query = models.TextField(blank=True, default="")
    """As it was written; parsed anew wherever it is used."""
    created_at = models.DateTimeField()
    created_by = models.TextField(blank=True, default="")
    """The key of a user."""

    class Meta:
        db_table = "flowengine_saved_view"
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["kind", "name"]
        permissions = [("share_view", _("Can save views for the whole team"))]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "owner", "name"], name="flowengine_saved_view_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
