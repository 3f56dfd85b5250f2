"""Places that are promised to orders while these are being written."""

from __future__ import annotations

from tests.unit.worker.line import Gate, Line
from tests.unit.worker.orders import a_task, an_order


def test_half_of_the_places_and_no_more_is_promised() -> None:
    line = Line(concurrency=5)

    assert [line.pool.promise(2), line.pool.promise(9), line.pool.promise(1)] == [2, 1, 0]

    assert line.pool.free == 2
    line.pool.take_back(3)
    assert (line.pool.free, line.pool.promise(1)) == (5, 1)


def test_promised_place_is_taken_by_the_order_it_was_promised_to(gate: Gate) -> None:
    line = Line(concurrency=2)

    def charge() -> None:
        gate.wait()

    line.tasks["shop.charge"] = a_task(charge)
    places = line.pool.promise(1)

    line.pool.submit(an_order(), was_promised=True)

    gate.reached()
    assert (places, line.pool.free) == (1, 1)
    assert not line.pool.is_empty
    gate.open()
    line.end()
    assert line.pool.free == 2


def test_pool_is_not_empty_while_a_place_is_promised() -> None:
    line = Line(concurrency=2)
    line.pool.promise(1)
    line.pool.promise_no_more()

    assert (line.pool.is_empty, line.pool.promise(1)) == (False, 0)

    line.pool.take_back(1)
    assert line.pool.is_empty
