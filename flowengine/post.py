"""The loop that writes to users what they have not seen: e-mail, and pushes to their browsers.

A loop of its own, because it waits for servers of others: nothing that is due in the database waits for
it. As many copies as one likes; a row is claimed before anything is sent.
"""

from __future__ import annotations

from flowengine.conf import settings
from flowengine.orchestration import mail, pushes
from flowengine.store.clock import Clock


class Post:
    """One loop's worth of sending."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def run_once(self) -> bool:
        """Send what is due, a page of each way; True while there may be more at once."""
        more = mail.run_once(self._clock.now())
        return pushes.run_once(self._clock.now()) or more


def is_wanted() -> bool:
    """The project has something sent."""
    return settings().INBOX_MAIL_AFTER_S is not None or settings().PUSH_KEY is not None
