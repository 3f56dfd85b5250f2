"""Whether a run may be resumed by hand: not where its event is replayed, or another run has made it good."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flowengine.errors import RunRefused
from flowengine.orchestration.replay.judging import question
from flowengine.orchestration.replay.options import Mode, Options
from flowengine.orchestration.replay.subjects import RUN, load
from flowengine.store import replay_items, replayed, replays


def check_alone(run_id: UUID, now: datetime) -> None:
    """Refuse to do once more what is being done, or has been done since; in the caller's transaction.

    Until that ends no replay is sent. A replay can do it all the same, ``even_if_succeeded``.

    Raises:
        RunRefused: FE501, with what does it, or has done it.
    """
    replays.take_turn()
    [subject] = load(RUN, [run_id], Mode.RESUME, Options(), now, lock=True)
    keys = {} if subject.origin is None else replayed.keys([subject.origin])
    asked = question(subject, keys)
    if asked is None:
        return
    found = replayed.since([asked]).get(run_id)
    if found is not None:
        word = "has succeeded since" if found.state == "succeeded" else f"is {found.state} for it"
        raise RunRefused(f"run {run_id} cannot be resumed: run {found.run} {word}")
    sent = replay_items.busy({asked.origin_id}).get(asked.origin_id, {})
    met = [replay for target, replay in sent.items() if subject.meets({target})]
    if met:
        raise RunRefused(f"run {run_id} cannot be resumed: replay {met[0]} has sent it")
