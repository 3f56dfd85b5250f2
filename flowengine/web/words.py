"""What pages say, by name, in the language of the request.

The script has no words of its own: the page brings it these, so it never changes its language when it comes
alive.
"""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Promise | str] = {
    "run.pending": _("Expected"),
    "run.queued": _("Queued"),
    "run.running": _("Running"),
    "run.waiting": _("Waiting"),
    "run.held": _("On hold"),
    "run.cancelling": _("Stopping"),
    "run.compensating": _("Taking back"),
    "run.succeeded": _("Done"),
    "run.failed": _("Failed"),
    "run.cancelled": _("Cancelled"),
    "run.expired": _("Expired"),
    "run.ended": _("Not started"),
    "step.pending": _("to come"),
    "step.ready": _("next"),
    "step.running": _("running"),
    "step.waiting": _("waiting"),
    "step.retrying": _("trying again"),
    "step.rescuing": _("finding a way round"),
    "step.succeeded": _("done"),
    "step.rescued": _("done another way"),
    "step.skipped": _("skipped"),
    "step.failed": _("failed"),
    "step.cancelled": _("cancelled"),
    "step.not_reached": _("not reached"),
    "step.undoing": _("being taken back"),
    "step.undone": _("taken back"),
    "step.undo_failed": _("could not be taken back"),
    "say.pending": _("Waiting for this to begin."),
    "say.queued": _("Waiting for its turn."),
    "say.under_way": _("Under way."),
    "say.held": _("This has stopped for now; somebody is looking at it."),
    "say.cancelling": _("Being stopped."),
    "say.compensating": _("Taking back what was done."),
    "say.succeeded": _("All done."),
    "say.cancelled": _("This was cancelled."),
    "say.expired": _("This could not begin in time."),
    "why.plain": _("Something went wrong."),
    "why.late": _("This took longer than it may, and was stopped."),
    "why.step": _("Something went wrong in «{step}»."),
    "end.no_match": _("There was nothing to do."),
    "end.duplicate": _("This has been asked for already."),
    "end.debounced": _("A later request has taken its place."),
    "end.dropped": _("There were too many requests at once; please try again later."),
    "end.skipped": _("This is under way already."),
    "end.overflow": _("Too many are waiting already; please try again later."),
    "end.bad_input": _("This could not be started."),
    "end.filter_error": _("This could not be started."),
    "place.step": _("Step {at} of {count}"),
    "place.took": _("Took {time}"),
    "place.undone": _("{done} of {total} taken back"),
    "eta.between": _("done between {from} and {to}"),
    "eta.by": _("done by {time}"),
    "eta.usually": _("usually {from} to {to}"),
    "eta.about": _("usually {time}"),
    "and_more": _("{first} and {count} more"),
    "items": _("{done} of {total}"),
    "items.failed": _("{count} failed"),
    "item": _("No. {number}"),
    "again": _("again ({at} of {count})"),
    "again.at": _("again at {time} ({at} of {count})"),
    "until": _("until {time}"),
    "answers": _("{given} of {wanted} answers"),
    "afterwards": _("Afterwards"),
    "progress": _("Progress"),
    "link.answer": _("Answer"),
    "link.child": _("Open"),
    "link.login": _("Log in"),
    "live.live": _("Live"),
    "live.lost": _("Reconnecting"),
    "live.lost_since": _("Reconnecting, as of {time}"),
    "live.as_of": _("As of {time}"),
    "live.signed_out": _("Signed out"),
    "live.too_many": _("Not live: too many on one page"),
    "live.denied": _("No longer shown to you"),
    "live.offline": _("You are offline"),
    "say.asked": _("Your answer is wanted."),
    "tone.info": _("Note"),
    "tone.success": _("Done"),
    "tone.warning": _("Attention"),
    "tone.failure": _("Failed"),
    "inbox.bell": _("Notifications"),
    "inbox.unread": _("Notifications, {count} unread"),
    "inbox.archived": _("Archived"),
    "inbox.snoozed": _("Comes back later"),
    "inbox.read": _("Marked as read"),
    "inbox.undo": _("Undo"),
    "inbox.failed": _("That did not work; please try again."),
    "button.sent": _("Accepted"),
}


def say(name: str, **values: Any) -> str:
    """The words of that name, with what they speak of."""
    return str(WORDS[name]).format(**values)


def all_words() -> dict[str, str]:
    """All of them, in the language of the request."""
    return {name: str(text) for name, text in WORDS.items()}
