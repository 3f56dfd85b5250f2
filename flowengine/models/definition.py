"""Rows of workflow definitions, kept by content digest."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DefinitionRecord(models.Model):
    """One version of one workflow, for as long as a run refers to it."""

    digest = models.TextField(primary_key=True)
    workflow = models.TextField(db_index=True)
    path = models.TextField()
    source = models.TextField()
    signatures = models.TextField(default="{}")
    """JSON: the signature of each task it names, as seen when it was synchronised."""
    created_at = models.DateTimeField()

    class Meta:
        db_table = "flowengine_definition"
        verbose_name = _("definition")
        verbose_name_plural = _("definitions")
        permissions = [("try_definition", _("Can check and try texts of workflows"))]

    def __str__(self) -> str:
        return f"{self.workflow} {self.digest[:8]}"


class WorkflowRecord(models.Model):
    """Which version of a workflow takes new runs."""

    name = models.TextField(primary_key=True)
    digest = models.TextField()
    is_enabled = models.BooleanField(default=True)
    updated_at = models.DateTimeField()
    pace = models.TextField(null=True, editable=False)
    """JSON: how long its runs take (``representations.pace``). None: not known."""

    class Meta:
        db_table = "flowengine_workflow"
        verbose_name = _("workflow")
        verbose_name_plural = _("workflows")

    def __str__(self) -> str:
        return self.name


class SubscriptionRecord(models.Model):
    """What one definition listens to: written with it, kept while it may matter to a run."""

    pk = models.CompositePrimaryKey("digest", "pattern", "path")
    digest = models.TextField()
    pattern = models.TextField()
    """``order.paid``, ``order.*`` …"""
    path = models.TextField(blank=True, default="")
    """Of a ``wait_for`` or ``cancel_on``: the path in the event's data by which it is found. Empty:
    such events start runs."""
    unused_since = models.DateTimeField(null=True)
    """When it was seen that no run of its definition may begin or go on. None: one may."""

    class Meta:
        db_table = "flowengine_subscription"
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")

    def __str__(self) -> str:
        return f"{self.pattern} {self.path}".rstrip()


class InstallationRecord(models.Model):
    """The one row that names this database as a source of events."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    source = models.TextField()

    class Meta:
        db_table = "flowengine_installation"
        verbose_name = _("installation")
        verbose_name_plural = _("installation")

    def __str__(self) -> str:
        return self.source
