"""Watching a run: join, follow, resume, and what heals a frame that was lost."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from flowengine.engine.messages import Failed
from flowengine.engine.run import Failure
from flowengine.live.board import READS_AT_ONCE
from flowengine.live.hints import announce
from flowengine.live.hub import hub
from flowengine.live.kind import Answer
from flowengine.live.one_run import OneRun
from flowengine.live.peer import Channel
from flowengine.models import HistoryRecord, RunRecord, StepRecord
from flowengine.store.progress import FACTS_MAX
from tests.builders.line import tell
from tests.live.browser import (
    ALL_STEPS,
    SECRET,
    Browser,
    Open,
    a_line,
    a_user,
    an_emitted,
    begun,
    ended,
    in_database,
    routed,
    state_told,
    steps_told,
    worked,
)

READ_INTERVAL_S = OneRun.interval_s


def position(frame: dict[str, Any]) -> dict[str, Any]:
    return {"e": frame["e"], "o": frame["o"]}


def states(frame: dict[str, Any]) -> list[str]:
    return [step["state"] for step in frame["s"]["steps"]]


def channel_of(run: UUID) -> Channel:
    found = hub()._board.channel(f"run:{run}")
    assert found is not None
    return found


async def joined(browse: Open) -> tuple[Browser, UUID, dict[str, Any]]:
    """A browser that watches a run of its user from the start, and the first snapshot."""
    user = await a_user()
    run = await a_line(user)
    browser = await browse(user)
    await browser.watch(run)
    return browser, run, await browser.frame()


async def test_who_joins_is_given_the_whole_view(browse: Open) -> None:
    browser, run, first = await joined(browse)

    assert browser.hello == {"t": "hello", "v": 1, "hb": 5000}
    assert (first["t"], first["c"], first["o"]) == ("snap", f"run:{run}", 2)
    assert states(first) == ["ready", "pending", "pending", "pending", "pending"]
    assert first["s"]["percent"] == 0


async def test_change_is_pushed_as_what_it_has_changed(browse: Open) -> None:
    browser, run, first = await joined(browse)

    announce(await begun(run, "one"))
    frame = await browser.frame()

    assert (frame["t"], frame["e"], frame["f"], frame["o"]) == ("pub", first["e"], 3, 3)
    assert (steps_told(frame), state_told(frame)) == ({"one": "running"}, "running")


async def test_line_is_seen_to_its_end_without_a_payload(browse: Open) -> None:
    browser, run, _ = await joined(browse)

    seen: list[dict[str, Any]] = []
    for step in ALL_STEPS:
        announce(await worked(run, step))
        seen.append(await browser.frame())

    assert [frame["t"] for frame in seen] == ["pub"] * 5
    assert [state_told(frame) for frame in seen] == [*["running"] * 4, "succeeded"]
    assert steps_told(seen[0]) == {"one": "succeeded", "two": "ready"}
    assert [frame["f"] for frame in seen[1:]] == [frame["o"] + 1 for frame in seen[:-1]]
    assert SECRET not in str(seen)


async def test_browser_that_comes_back_is_given_exactly_what_it_missed(browse: Open) -> None:
    browser, run, first = await joined(browse)
    await worked(run, "one", "two")

    await browser.watch(run, position(first))
    frame = await browser.frame()

    assert (frame["t"], frame["f"]) == ("pub", first["o"] + 1)
    assert steps_told(frame) == {"one": "succeeded", "two": "succeeded", "three": "ready"}


async def test_browser_that_missed_nothing_is_told_so(browse: Open) -> None:
    browser, run, first = await joined(browse)

    await browser.watch(run, position(first))
    frame = await browser.frame()

    assert (frame["t"], frame["f"], frame["o"], frame["d"]) == ("pub", 3, 2, [])


@pytest.mark.parametrize(
    "foreign",
    [{"e": "0", "o": 2}, {"e": "", "o": 0}, {"o": 1_000_000}],
    ids=["another epoch", "no epoch", "ahead of the run"],
)
async def test_position_that_means_nothing_here_gets_the_whole_view(
    browse: Open, foreign: dict[str, Any]
) -> None:
    browser, run, first = await joined(browse)

    await browser.watch(run, {**position(first), **foreign})

    assert (await browser.frame())["t"] == "snap"


async def test_browser_too_far_behind_gets_the_whole_view(browse: Open) -> None:
    browser, run, first = await joined(browse)
    await in_database(RunRecord.objects.filter(pk=run).update, seq=first["o"] + FACTS_MAX + 1)

    await browser.watch(run, position(first))

    assert (await browser.frame())["t"] == "snap"


async def test_finished_run_whose_history_is_gone_is_shown_whole(browse: Open) -> None:
    browser, run, first = await joined(browse)
    await worked(run, *ALL_STEPS)
    await in_database(HistoryRecord.objects.filter(run_id=run).delete)

    await browser.watch(run, position(first))
    frame = await browser.frame()

    assert (frame["t"], frame["s"]["percent"]) == ("snap", 100)


async def test_last_frame_that_was_lost_comes_before_the_heartbeat_that_names_the_head(
    browse: Open,
) -> None:
    browser, run, _ = await joined(browse)
    await worked(run, *ALL_STEPS)

    await browser.send(t="ping")
    frame, heartbeat = await browser.frame(), await browser.frame()

    assert state_told(frame) == "succeeded"
    assert heartbeat["t"] == "hb"
    assert heartbeat["h"] == {f"run:{run}": [frame["e"], frame["o"]]}


async def test_heartbeat_comes_by_itself_and_heals(browse: Open, settings: Any) -> None:
    settings.FLOWENGINE = {"HEARTBEAT_S": 0.2}
    browser, run, _ = await joined(browse)
    await worked(run, *ALL_STEPS)

    assert await browser.until_run("succeeded")
    assert (await browser.frame())["t"] == "hb"


async def test_progress_is_pushed_without_a_number(browse: Open) -> None:
    browser, run, _ = await joined(browse)
    announce(await begun(run, "one"))
    await browser.frame()

    def say() -> None:
        steps = StepRecord.objects.filter(run_id=run, step="one")
        steps.update(progress=0.4, note="page 12 of 30")
        RunRecord.objects.filter(pk=run).update(seq=4)

    await in_database(say)
    announce([(run, 4)])
    frame = await browser.frame()

    assert (frame["f"], frame["o"]) == (4, 4)
    told, run_told = frame["d"]
    assert (told["id"], told["progress"], told["note"]) == ("one", 0.4, "page 12 of 30")
    assert (run_told["t"], run_told["percent"]) == ("run", 8)


async def test_failure_is_told_with_a_text_for_customers(browse: Open) -> None:
    browser, run, _ = await joined(browse)
    await begun(run, "one")
    failure = Failure(code="CardDeclined", message=SECRET, traceback=SECRET, permanent=True)
    told = await in_database(tell, run, Failed(step="one", attempt=1, failure=failure))

    announce(told.committed.heads)
    frame = await browser.frame()

    assert (frame["t"], state_told(frame)) == ("pub", "failed")
    assert frame["d"][-1]["failure"]["message"] == "Something went wrong in «One»."
    assert steps_told(frame) == {"one": "failed", **dict.fromkeys(ALL_STEPS[1:], "not_reached")}
    assert SECRET not in str(frame)


async def test_hint_that_comes_twice_or_late_is_no_news(browse: Open) -> None:
    browser, run, _ = await joined(browse)
    heads = await begun(run, "one")
    announce(heads)
    await browser.frame()

    announce(heads)
    announce([(run, 1)])

    assert await browser.is_silent()


async def test_change_in_quick_succession_is_told_in_few_frames(browse: Open) -> None:
    browser, run, _ = await joined(browse)
    clock = asyncio.get_running_loop().time
    began = clock()

    for step in ALL_STEPS:
        announce(await begun(run, step))
        announce(await ended(run, step))
    frames = [await browser.frame()]
    while state_told(frames[-1]) != "succeeded":
        frames.append(await browser.frame())

    assert len(frames) <= READS_AT_ONCE + 2 + (clock() - began) / READ_INTERVAL_S
    assert [frame["f"] for frame in frames] == [3, *(frame["o"] + 1 for frame in frames[:-1])]


async def test_first_news_of_a_run_are_read_at_once_though_it_was_asked_for_a_moment_ago(
    browse: Open,
) -> None:
    user = await a_user()
    emitted = await an_emitted(actor=user)
    run = emitted.run_ids["line"]
    browser = await browse(user)
    await browser.watch(run)
    assert (await browser.frame())["t"] == "pending"

    hub().hint(run, 1)

    assert hub()._board.dirty[channel_of(run)] <= asyncio.get_running_loop().time()
    await routed(emitted)
    announce([(run, 2)])
    assert (await browser.frame())["t"] == "snap"


async def test_event_that_starts_no_run_ends_what_is_watched_at_once(browse: Open) -> None:
    user = await a_user()
    emitted = await an_emitted("troubled.x", actor=user, order_id="no number")
    run = emitted.run_ids["troubled"]
    browser = await browse(user)
    await browser.watch(run)
    assert (await browser.frame())["t"] == "pending"

    announce(await routed(emitted))
    frame = await browser.frame()

    assert (frame["t"], frame["outcome"]) == ("end", "bad_input")
    assert frame["message"] == "This could not be started."
    assert (await browser.ping())["h"] == {}


async def test_run_that_moves_without_rest_is_read_ten_times_a_second(browse: Open) -> None:
    browser, run, _ = await joined(browse)
    here, clock = hub(), asyncio.get_running_loop().time
    channel, dirty = channel_of(run), hub()._board.dirty
    waits = []
    for head in range(3, 3 + READS_AT_ONCE + 2):
        here.hint(run, head)
        waits.append(max(0.0, dirty[channel] - clock()))
        dirty.clear()
        channel.paid_until = max(channel.paid_until, clock()) + READ_INTERVAL_S

    at_once = [0.0] * (READS_AT_ONCE - 1)  # one was used up by joining
    later = [READ_INTERVAL_S * n for n in (1, 2, 3)]
    assert waits == pytest.approx([*at_once, *later], abs=READ_INTERVAL_S / 2)
    assert browser.hello


async def test_change_waits_for_nothing_though_many_have_just_come_to_watch(browse: Open) -> None:
    browser, run, _ = await joined(browse)
    for _ in range(2 * READS_AT_ONCE):
        await browser.watch(run)
        assert (await browser.frame())["t"] == "snap"

    hub().hint(run, 3)

    assert hub()._board.dirty[channel_of(run)] <= asyncio.get_running_loop().time()


async def test_run_that_moved_while_many_came_is_read_again_after_one_interval_at_most(
    browse: Open,
) -> None:
    browser, run, first = await joined(browse)
    board, channel, now = hub()._board, channel_of(run), 1_000_000.0
    question = channel.question()

    for number in range(50):
        moved = Answer(allowed=frozenset(question.users), position=(first["e"], 3 + number))
        board.tell(channel, question, moved, now, is_for_news=False)
    board.dirty.clear()
    board.hint(channel, 99)

    assert board.dirty[channel] == pytest.approx(now + READ_INTERVAL_S)
    assert browser.hello


async def test_two_browsers_of_one_run_are_told_alike(browse: Open) -> None:
    browser, run, first = await joined(browse)
    other = await browse(await a_user("boss", is_superuser=True))
    await other.watch(run)
    assert await other.frame() == first

    announce(await begun(run, "one"))

    assert await other.frame() == await browser.frame()


async def test_run_that_is_no_longer_watched_is_not_told_of(browse: Open) -> None:
    browser, run, _ = await joined(browse)

    await browser.send(t="unsub", c=f"run:{run}")
    await browser.ping()
    announce(await worked(run, "one"))

    assert await browser.is_silent()
    assert (await browser.ping())["h"] == {}


async def test_hidden_details_are_left_out_of_a_summary(browse: Open) -> None:
    user = await a_user()
    run = await a_line(user)
    await in_database(_hide_steps, run)
    browser = await browse(user)
    await browser.watch(run)
    first = await browser.frame()

    announce(await worked(run, "one"))
    frame = await browser.frame()

    assert [first["t"], frame["t"]] == ["snap", "snap"]
    assert (frame["s"]["steps"], frame["s"]["percent"]) == ([], 20)


def _hide_steps(run: UUID) -> None:
    """As if its workflow had said ``notify: {detail: summary}``."""
    from flowengine.models import DefinitionRecord

    record = RunRecord.objects.get(pk=run)
    definition = DefinitionRecord.objects.get(pk=record.digest)
    definition.digest = "of the summary"
    definition.source += "\nnotify: {detail: summary}\n"
    definition.save(force_insert=True)
    RunRecord.objects.filter(pk=run).update(digest=definition.digest)
