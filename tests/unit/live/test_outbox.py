"""What waits for a socket."""

from __future__ import annotations

from flowengine.live.outbox import CONTROL_MAX, Closing, Frame, Lagging, Outbox
from flowengine.live.protocol import Close

A, B = "run:1", "run:2"


async def test_frames_are_taken_in_order() -> None:
    outbox = Outbox()
    outbox.put("one", A)
    outbox.put("two")

    assert await outbox.take() == Frame("one", A)
    assert await outbox.take() == Frame("two")


async def test_heartbeat_comes_after_all_that_waits_and_only_the_newest() -> None:
    outbox = Outbox()
    outbox.put_heartbeat("old")
    outbox.put("one", A)
    outbox.put_heartbeat("new")

    assert [await outbox.take(), await outbox.take()] == [Frame("one", A), Frame("new")]


async def test_slow_reader_loses_frames_of_topics_and_is_told_which() -> None:
    outbox = Outbox(frames_max=3)
    outbox.put("hello")
    for n in range(10):
        outbox.put(f"a{n}", A)
        outbox.put(f"b{n}", B)

    assert await outbox.take() == Frame("hello")
    assert await outbox.take() == Lagging(frozenset({A, B}))


async def test_frames_after_the_loss_come_again() -> None:
    outbox = Outbox(frames_max=1)
    outbox.put("a0", A)
    outbox.put("a1", A)
    assert await outbox.take() == Lagging(frozenset({A}))

    outbox.put("whole", A)

    assert await outbox.take() == Frame("whole", A)


async def test_large_frames_count_by_their_size() -> None:
    outbox = Outbox(bytes_max=100)
    outbox.put("x" * 101, A)

    assert await outbox.take() == Lagging(frozenset({A}))


async def test_reader_that_asks_and_does_not_read_is_cut_off() -> None:
    outbox = Outbox()
    for _ in range(CONTROL_MAX + 1):
        outbox.put("err")

    assert await outbox.take() == Closing(Close.SLOW)


async def test_nothing_is_written_after_the_end() -> None:
    outbox = Outbox()
    outbox.put("secret", A)
    outbox.put_heartbeat("hb")
    outbox.close(Close.SIGNED_OUT)
    outbox.put("more", A)
    outbox.close(Close.BROKEN)

    assert await outbox.take() == Closing(Close.SIGNED_OUT)
    assert await outbox.take() == Closing(Close.SIGNED_OUT)


async def test_forgotten_topic_is_not_written() -> None:
    outbox = Outbox()
    outbox.put("a", A)
    outbox.put("b", B)

    outbox.forget(A)

    assert await outbox.take() == Frame("b", B)
