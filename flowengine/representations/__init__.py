"""PURE: the JSON a watcher is shown, over the socket, over HTTP and in the page.

Everything here is a whitelist: titles, states, numbers, times, and what a task says of itself. An
exception's text, an input, an output or a user's key never passes. A topic is ``run:<uuid>``; its
position is an epoch (a run made anew under the same id has another one) and the run's head.

:mod:`~flowengine.representations.rows` is what the view is made from, ``run`` the run, ``tree`` its
steps, ``loops`` the items of a loop, ``percent`` how far it is, ``news`` what of it has changed, and
``frames`` what goes over the wire.
"""

from flowengine.representations.frames import (
    changes,
    ended,
    epoch,
    pending,
    snapshot,
    topic,
)
from flowengine.representations.rows import Fact, Json, RunRow, StepRow
from flowengine.representations.run import run_view
from flowengine.representations.words import instant, unturned, words

__all__ = [
    "Fact",
    "Json",
    "RunRow",
    "StepRow",
    "changes",
    "ended",
    "epoch",
    "instant",
    "pending",
    "run_view",
    "snapshot",
    "topic",
    "unturned",
    "words",
]
