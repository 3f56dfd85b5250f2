"""What a commit leaves to do: said, and then done at once by the process that committed.

Waits look back, ends are passed on, unwanted children are cancelled, notifications are numbered; each in transactions of their own,
which leave more of the same. All of it is due in the database too, so an error here loses nothing: the
beat finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from flowengine.broker.base import Broker, Outcome
from flowengine.broker.envelope import Envelope
from flowengine.orchestration import notify, orphans, waits
from flowengine.orchestration.announce import announce, unheard
from flowengine.orchestration.commit import Committed
from flowengine.orchestration.pass_on import pass_on


def see_through(
    committed: Committed,
    broker: Broker,
    now: datetime,
    on_outcome: Callable[[Envelope, Outcome], None] = unheard,
) -> None:
    """Announce what was committed, and do what it leaves to do; called outside any transaction.

    Raises:
        django.db.Error: not all could be done; what was committed has been announced.
    """
    announce(committed, broker, on_outcome)
    notified = list(committed.notified)
    for each in follow(committed, now):
        announce(each, broker, on_outcome)
        notified += each.notified
    notify.number(list(dict.fromkeys(notified)))


def follow(committed: Committed, now: datetime) -> Iterator[Committed]:
    """Do what *committed* leaves to do, and what that leaves; each part as it is committed."""
    rest = committed
    while rest.listening or rest.finals or rest.orphans:
        done = Committed()
        if rest.listening:
            done.add(waits.look_back(list(dict.fromkeys(rest.listening)), now))
        if rest.finals:
            done.add(pass_on(list(dict.fromkeys(rest.finals)), now))
        if rest.orphans:
            done.add(orphans.cancel(list(dict.fromkeys(rest.orphans)), now))
        yield done
        rest = done
