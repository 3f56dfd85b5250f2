"""PURE: all reasons why a run waits, those that a person can do something about first."""

from __future__ import annotations

from collections.abc import Iterator

from flowengine.engine.states import RunState, StepState
from flowengine.orchestration.why.facts import Act, Facts, Loop, Reason, Turn, sentence, user_of
from flowengine.orchestration.why.sleep import of_sleep
from flowengine.orchestration.why.work import of_work

_ORDER = (
    *("held", "unserved", "paused", "parked", "approval", "event", "capped", "busy", "place"),
    *("slot", "retry", "draining", "child", "limit", "sleep", "stopping", "holding", "turn"),
    *("soon", "expiry"),
)
_LINES_MAX = 1_000


def reasons(facts: Facts, *, with_text: bool) -> list[Reason]:
    """Why this run does not go on, the most pressing first; empty where nothing holds it up.

    Args:
        facts: what is known.
        with_text: also values that are payload, and what an error says.
    """
    found = [*_of_run(facts), *_of_steps(facts, with_text=with_text)]
    if facts.is_holding:
        text = "Somebody wants it held: its next step does not begin."
        found.append(Reason(cause="holding", text=text))
    return sorted(found, key=lambda each: _ORDER.index(each.cause))


def _of_run(facts: Facts) -> Iterator[Reason]:
    match facts.state:
        case RunState.QUEUED if facts.turn is not None:
            yield from _of_turn(facts, facts.turn)
        case RunState.HELD if facts.is_held_by_hand:
            why = f": {facts.held_why}" if facts.held_why else ""
            yield Reason(
                cause="held",
                text=sentence(f"It is held by {user_of(facts.held_by) or 'hand'}{why}"),
                since=facts.since,
                act=Act(label="Release it", command=f"release {facts.run_id} --reason …"),
            )
        case RunState.HELD:
            yield Reason(
                cause="held",
                text=f"{facts.failed_step or 'A step'} has failed with {facts.code or 'an error'};"
                " a person is to say how it goes on.",
                since=facts.since,
                until=facts.due_at,
                until_word="given up",
                act=Act(label="Resume it", command=f"run resume {facts.run_id} --reason …"),
            )
        case RunState.CANCELLING if facts.working:
            text = (
                "1 attempt was told to stop, and its end is awaited."
                if facts.working == 1
                else f"{facts.working} attempts were told to stop, and their ends are awaited."
            )
            yield Reason(cause="stopping", text=text)
        case _:
            return


def _of_turn(facts: Facts, turn: Turn) -> Iterator[Reason]:
    """Why a run has not begun."""
    others = f"runs?q=workflow:{facts.workflow} state:running,waiting"
    if turn.slot_at is not None and turn.slot_at > facts.now:
        seconds = turn.per.total_seconds()
        runs = "run" if turn.starts == 1 else "runs"
        yield Reason(
            cause="slot",
            text=f"The throttle lets {turn.starts:,} such {runs} begin in {seconds:g} s.",
            since=facts.since,
            until=turn.slot_at,
            until_word="not before",
            act=Act(label="See the workflow", place=f"definitions/{facts.workflow}"),
        )
    elif turn.limit and (turn.open >= turn.limit or turn.before):
        places = f"{turn.open} of {turn.limit} places of its key are taken"
        yield Reason(
            cause="place",
            text=f"{places}; {_line(turn.before)}.",
            since=facts.since,
            act=Act(label="See who has them", place=others),
        )
    else:
        yield Reason(cause="turn", text="It is its turn: it is about to begin.", since=facts.since)
    if turn.expires_at is not None:
        yield Reason(
            cause="expiry",
            text="It is not begun any more after its time.",
            until=turn.expires_at,
            until_word="given up",
        )


def _line(before: int) -> str:
    if not before:
        return "it is the next"
    if before >= _LINES_MAX:
        return f"more than {_LINES_MAX:,} runs are before it"
    return f"{before:,} {'run is' if before == 1 else 'runs are'} before it"


def _of_steps(facts: Facts, *, with_text: bool) -> Iterator[Reason]:
    for row in facts.stopped:
        if row.state != StepState.READY:
            yield of_sleep(row, facts, with_text=with_text)
        elif (queue := facts.queues.get((row.step, row.item))) is not None:
            found = of_work(row, queue, facts.now, with_text=with_text)
            if found is not None:
                yield found
    yield from (_of_loop(loop) for loop in facts.loops)


def _of_loop(loop: Loop) -> Reason:
    counts = loop.counts
    rest = counts.total - counts.begun
    return Reason(
        cause="limit",
        text=f"{loop.at_once:,} at a time: {rest:,} of {counts.total:,} have not begun.",
        step=loop.step,
        title=loop.title,
    )
