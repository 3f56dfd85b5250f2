"""Rows of causes: what dead letters have in common, and what people do about it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DeadGroupRecord(models.Model):
    """One cause of dead letters.

    The counters are those of the tallies that have been folded in; who reads them adds the others.
    """

    id = models.UUIDField(primary_key=True)
    """Derived from the fingerprint."""
    fingerprint = models.TextField(unique=True)
    """Of a part of a split group, followed by the field and its value."""
    kind = models.TextField()
    code = models.TextField()
    title = models.TextField()
    """The message, without what differs from case to case."""
    error_type = models.TextField(blank=True, default="")
    """The name of the error's class; empty = there was no exception."""
    place = models.TextField(blank=True, default="")
    """The deepest frame of the project's own code, of the first case: ``file:line name``."""
    step = models.TextField(blank=True, default="")
    state = models.TextField(default="new")
    """new, acknowledged, replayed, resolved, regressed."""
    state_at = models.DateTimeField()
    owner = models.TextField(blank=True, default="")
    """The key of a user; empty = nobody."""
    note = models.TextField(blank=True, default="")
    version = models.TextField(null=True)
    """The project's version where it was acknowledged: one that fails with another has regressed."""
    count = models.IntegerField(default=0)
    open_count = models.IntegerField(default=0)
    """Dead letters that are open or replaying."""
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    hours = models.TextField(default="{}")
    """JSON: how many died in each of the last hours, by the hour's number since 1970."""
    merged_into = models.UUIDField(null=True)
    """The group that has its letters, also those to come."""
    split_by = models.TextField(null=True)
    """The field by whose value its letters go to groups of their own."""
    is_moving = models.BooleanField(default=False)
    """It may have letters that are to go where it was merged into or split."""
    snoozed_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "flowengine_dead_group"
        verbose_name = _("cause of dead letters")
        verbose_name_plural = _("causes of dead letters")
        ordering = ["-last_at"]
        indexes = [
            models.Index(fields=["last_at", "id"], name="flowengine_dead_group_last"),
            models.Index(
                fields=["last_at", "id"],
                name="flowengine_dead_groups_open",
                condition=Q(open_count__gt=0, merged_into__isnull=True),
            ),
            models.Index(
                fields=["merged_into"],
                name="flowengine_dead_group_merged",
                condition=Q(merged_into__isnull=False),
            ),
            models.Index(
                fields=["id"], name="flowengine_dead_group_moving", condition=Q(is_moving=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code} {self.id}"


class DeadTallyRecord(models.Model):
    """How many dead letters one transaction added to a group, or closed.

    Rows are only added and folded: who buries never waits for another who buries the same cause.
    """

    id = models.BigAutoField(primary_key=True)
    group_id = models.UUIDField(db_index=True)
    count = models.IntegerField(default=0)
    """More, or with a minus fewer, letters."""
    open_count = models.IntegerField(default=0)
    """The same of those that are open or replaying."""
    died = models.IntegerField(default=0)
    """How many of *count* are new failures; the rest came from another group."""
    version = models.TextField(null=True)
    """The project's version in the process that buried them; null = nothing was buried."""
    at = models.DateTimeField()

    class Meta:
        db_table = "flowengine_dead_tally"
        verbose_name = _("tally of dead letters")
        verbose_name_plural = _("tallies of dead letters")

    def __str__(self) -> str:
        return f"{self.group_id} {self.count:+d}"
