"""Rows of inboxes: what users are told, how they want to hear of it, and where browsers are pushed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class InboxRecord(models.Model):
    """The head of one user's inbox; locked by who numbers what came, never by who writes it."""

    user_key = models.TextField(primary_key=True)
    epoch = models.TextField()
    """Numbers mean something only beside this; a new one when rows were deleted."""
    number = models.IntegerField(default=0)
    """The head: the number of the last change."""

    class Meta:
        db_table = "flowengine_inbox"
        verbose_name = _("inbox")
        verbose_name_plural = _("inboxes")

    def __str__(self) -> str:
        return f"{self.user_key} {self.number}"


class NotificationRecord(models.Model):
    """One thing that one user is told."""

    id = models.UUIDField(primary_key=True)
    """Derived from what is told and to whom: telling it twice is telling it once."""
    user_key = models.TextField()
    kind = models.TextField()
    """run.succeeded, run.failed, run.held, run.cancelled, run.expired, approval, message."""
    tone = models.TextField()
    """info, success, warning, failure."""
    title = models.TextField()
    """The run's title, or what the task gave; nobody's payload."""
    text = models.TextField(blank=True, default="")
    """What somebody said, as it is shown; empty = the sentence is ours, see *word*."""
    word = models.TextField(blank=True, default="")
    """The name of our sentence, which is said in the reader's language; empty = *text* is shown."""
    step = models.TextField(blank=True, default="")
    """The title of the step that the sentence speaks of; of an approval the step's id."""
    item = models.TextField(blank=True, default="")
    """Of an approval: in which items of the loops around it."""
    url = models.TextField(blank=True, default="")
    """Where it leads; empty = to the run, or to where the approval is answered."""
    run_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    """When it happened, or came back after it was snoozed."""
    number = models.IntegerField(null=True)
    """That of its last change; null = it changed, and has no number yet."""
    seen_at = models.DateTimeField(null=True)
    """When it was shown in the open inbox."""
    read_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    acted_at = models.DateTimeField(null=True)
    """When it was last marked, archived or snoozed: what one act did is undone by its instant."""
    mail_at = models.DateTimeField(null=True)
    """When an e-mail is due, if it has not been seen by then; null = none is."""
    mail_tries = models.SmallIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True)
    push_at = models.DateTimeField(null=True)
    """When a push is due, if it has not been seen by then; null = none is."""
    push_tries = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "flowengine_notification"
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        indexes = [
            models.Index(fields=["user_key", "at"], name="flowengine_notification_at"),
            models.Index(fields=["user_key", "number"], name="flowengine_notification_number"),
            models.Index(
                fields=["user_key"],
                name="flowengine_notification_unread",
                condition=Q(read_at__isnull=True, archived_at__isnull=True),
            ),
            models.Index(
                fields=["user_key"],
                name="flowengine_notification_fresh",
                condition=Q(number__isnull=True),
            ),
            models.Index(
                fields=["snoozed_until"],
                name="flowengine_notification_snooze",
                condition=Q(snoozed_until__isnull=False),
            ),
            models.Index(
                fields=["mail_at"],
                name="flowengine_notification_mail",
                condition=Q(mail_at__isnull=False),
            ),
            models.Index(
                fields=["push_at"],
                name="flowengine_notification_push",
                condition=Q(push_at__isnull=False),
            ),
            models.Index(
                fields=["run_id"],
                name="flowengine_notification_asked",
                condition=Q(kind="approval", archived_at__isnull=True),
            ),
            models.Index(fields=["at"], name="flowengine_notification_old"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class NotificationPreferenceRecord(models.Model):
    """How one user wants to hear of what he has not seen; without a row, the defaults."""

    user_key = models.TextField(primary_key=True)
    email = models.BooleanField(default=True)
    digest = models.TextField(default="immediate")
    """immediate, hourly, daily."""
    quiet_from = models.TextField(blank=True, default="")
    """``22:00``: from when to when nothing is sent, by the clock of *timezone*; both or neither."""
    quiet_to = models.TextField(blank=True, default="")
    timezone = models.TextField(default="UTC")
    language = models.TextField(blank=True, default="")
    """Empty = the project's."""
    push = models.BooleanField(default=True)

    class Meta:
        db_table = "flowengine_notification_preference"
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")

    def __str__(self) -> str:
        return f"{self.user_key} {self.digest}"


class PushSubscriptionRecord(models.Model):
    """One browser that a user lets be pushed to."""

    id = models.UUIDField(primary_key=True)
    """Derived from the endpoint: a browser that subscribes twice has one row."""
    user_key = models.TextField(db_index=True)
    endpoint = models.TextField()
    """A URL of the browser's maker; who has it can push only with our key."""
    p256dh = models.TextField()
    auth = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "flowengine_push_subscription"
        verbose_name = _("push subscription")
        verbose_name_plural = _("push subscriptions")

    def __str__(self) -> str:
        return f"{self.user_key} {self.id}"
