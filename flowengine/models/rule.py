"""Rows of rules: of what somebody wants to be told, and what each rule has been told of already."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class NotificationRuleRecord(models.Model):
    """One rule of one user, or of a group."""

    id = models.UUIDField(primary_key=True)
    what = models.TextField()
    """run.failed, cause.new, cause.regressed, station.closed, station.unserved, approval.asked,
    worker.silent."""
    filter = models.TextField(blank=True, default="")
    """Words that must all stand in it; ``workflow:order`` for one workflow. Empty = each."""
    user_key = models.TextField(blank=True, default="")
    """Who is told; empty = a group is."""
    group_name = models.TextField(blank=True, default="")
    mail = models.BooleanField(default=False)
    """By e-mail too, where it was not seen in time."""
    per_hour = models.IntegerField(default=10)
    """Notifications at most; what more there is to tell is said together."""
    is_muted = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by = models.TextField(blank=True, default="")
    looked_at = models.DateTimeField()
    """Up to when it has been looked at what has failed …"""
    looked_id = models.UUIDField()
    """… and of what failed at that instant, up to which dead letter."""
    hour_at = models.DateTimeField(null=True)
    """When the hour began in which it counts."""
    sent = models.IntegerField(default=0)
    """Notifications in that hour."""
    kept_back = models.IntegerField(default=0)
    """What it has not been told of in that hour."""

    class Meta:
        db_table = "flowengine_rule"
        verbose_name = _("notification rule")
        verbose_name_plural = _("notification rules")
        permissions = [("share_rule", _("Can make notification rules for a group"))]
        indexes = [
            models.Index(fields=["user_key", "created_at", "id"], name="flowengine_rule_user"),
            models.Index(
                fields=["created_at", "id"],
                name="flowengine_rule_group",
                condition=~Q(group_name=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.filter}"


class RuleHitRecord(models.Model):
    """Something that a rule has found: it is not found again."""

    pk = models.CompositePrimaryKey("rule_id", "thing")
    rule_id = models.UUIDField()
    thing = models.TextField()
    """``letter:<id>`` for what happens once; else a state, whose row goes when the state is over."""
    at = models.DateTimeField()

    class Meta:
        db_table = "flowengine_rule_hit"
        verbose_name = _("hit of a rule")
        verbose_name_plural = _("hits of rules")

    def __str__(self) -> str:
        return f"{self.rule_id} {self.thing}"
