"""What a process counts of what ends, and how it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from flowengine.engine.gauge import Reading, Sum, add_up
from flowengine.engine.messages import Failed, GivenBack, Succeeded
from flowengine.engine.run import Failure
from flowengine.engine.states import RunState
from flowengine.orchestration.announce import announced
from flowengine.orchestration.commit import Committed
from flowengine.worker.meter import Meter
from tests.unit.worker.orders import an_order

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DONE = Succeeded(step="one", attempt=1, output=None)


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def meter(watch: Watch) -> Iterator[Meter]:
    meter = Meter(monotonic=watch)
    yield meter
    meter.close()


def failed(code: str = "Refused") -> Failed:
    return Failed(step="one", attempt=1, failure=Failure(code=code, message="m"))


def total(meter: Meter) -> Sum:
    """What it has counted at the one station that there is."""
    reading = msgspec.json.decode(meter.text(), type=Reading)
    [found] = add_up([(NOON, reading)], NOON).stations.values()
    return found


def test_ends_are_counted_by_station_and_task(meter: Meter) -> None:
    order = an_order()
    meter.ended(order, DONE, 0.1)
    meter.ended(order, DONE, 0.1)
    meter.ended(order, failed(), 3.0)

    [gauge] = meter.read().stations
    assert (gauge.name, gauge.task) == (order.station, order.task)
    assert (total(meter).done, total(meter).failed) == (2, 1)
    assert total(meter).quantile_ms(0.5) == pytest.approx(100, rel=0.11)


def test_what_was_given_back_or_cancelled_has_not_ended(meter: Meter) -> None:
    meter.ended(an_order(), GivenBack(step="one", attempt=1), 0.1)
    meter.ended(an_order(), failed("Cancelled"), 0.1)

    assert meter.read().stations == []
    assert not meter.has_news


def test_what_ended_a_minute_ago_counts_no_more_and_is_kept_no_longer(
    meter: Meter, watch: Watch
) -> None:
    for _ in range(40):
        meter.ended(an_order(), DONE, 0.1)
        watch.at += 5.0

    [gauge] = meter.read().stations
    assert len(gauge.slots) <= 14
    assert total(meter).done == 12
    watch.at += 70.0
    assert total(meter).done == 0
    assert meter.read().stations[0].slots == []
    assert total(meter).last_at == NOON - timedelta(seconds=75)


def test_it_has_news_until_they_are_told(meter: Meter) -> None:
    meter.ended(an_order(), DONE, 0.1)
    meter.read()
    assert meter.has_news
    meter.told()
    assert not meter.has_news


def test_what_ends_between_reading_and_telling_is_still_news(meter: Meter) -> None:
    meter.ended(an_order(), DONE, 0.1)
    meter.read()
    meter.ended(an_order(), DONE, 0.1)

    meter.told()

    assert meter.has_news


def test_runs_that_this_process_ends_are_counted_while_it_listens(meter: Meter) -> None:
    ended = [
        ("order", RunState.SUCCEEDED),
        ("order", RunState.FAILED),
        ("mail", RunState.CANCELLED),
    ]
    meter.listen()
    announced.send(sender=None, committed=Committed(ended=ended))
    announced.send(sender=None, committed=Committed())
    meter.close()
    announced.send(sender=None, committed=Committed(ended=ended))

    found = add_up([(NOON, meter.read())], NOON).workflows
    assert {name: (each.done, each.failed) for name, each in found.items()} == {
        "order": (1, 1),
        "mail": (0, 0),
    }


def test_what_becomes_ready_is_counted_by_station_and_task(meter: Meter) -> None:
    meter.committed(Committed(reached=[("mail", "post.send"), ("mail", "post.send")]))

    found = total(meter)

    assert (found.came, found.ended, found.last_at) == (2, 0, None)
