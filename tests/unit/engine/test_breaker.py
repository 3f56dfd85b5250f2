"""The circuit breaker of a station, by values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.engine import breaker
from flowengine.engine.breaker import Cap, Door, Limits, Station, Tally

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
LIMITS = Limits()
REST = LIMITS.rest


def parked(at: datetime = NOW) -> Station:
    """A station that the breaker has closed."""
    return breaker.trip(Station(name="cards"), "2:ab", "the gateway is down", at, LIMITS)


def probing(at: datetime = NOW) -> Station:
    """A station of which one item is tried."""
    found = breaker.probe(parked(at - REST), at, LIMITS)
    assert found is not None
    return found


def test_station_that_nobody_has_spoken_of_is_open() -> None:
    assert not Station(name="cards").door.is_closed


def test_breaker_that_is_switched_off_opens_what_it_has_closed_and_nothing_else() -> None:
    opened = breaker.switched_off(parked(), NOW)
    paused = breaker.paused(Station(name="cards"), NOW, by="7", reason="tonight")

    assert (opened.door, opened.fingerprint, opened.due_at) == (Door.OPEN, "", None)
    assert breaker.switched_off(probing(), NOW).door is Door.OPEN
    assert breaker.switched_off(paused, NOW) == paused
    assert breaker.switched_off(Station(name="cards"), NOW) == Station(name="cards")


def test_door_that_trips_is_closed_until_a_probe_is_due() -> None:
    station = parked()

    assert station.door is Door.PARKED
    assert station.door.is_closed
    assert (station.fingerprint, station.reason) == ("2:ab", "the gateway is down")
    assert station.due_at == NOW + REST
    assert breaker.probe(station, NOW + REST - timedelta(microseconds=1), LIMITS) is None


@pytest.mark.parametrize("door", [Door.PAUSED, Door.PARKED, Door.PROBING])
def test_closed_door_does_not_trip(door: Door) -> None:
    station = Station(name="cards", door=door, by="7")

    assert breaker.trip(station, "2:ab", "", NOW, LIMITS) == station


def test_probe_is_one_at_a_time_until_it_is_given_up() -> None:
    station = probing()

    assert station.door is Door.PROBING
    assert station.door.is_closed
    assert breaker.probe(station, NOW + LIMITS.probe - timedelta(seconds=1), LIMITS) is None
    again = breaker.probe(station, NOW + LIMITS.probe, LIMITS)
    assert again is not None
    assert again.due_at == NOW + 2 * LIMITS.probe


@pytest.mark.parametrize("door", [Door.OPEN, Door.PAUSED, Door.DRAINING])
def test_only_the_breakers_own_door_is_probed(door: Door) -> None:
    assert breaker.probe(Station(name="cards", door=door, due_at=NOW), NOW, LIMITS) is None


def test_probe_that_fails_doubles_the_rest_up_to_its_bound() -> None:
    station, at, rests = parked(), NOW, []
    for _ in range(8):
        assert station.due_at is not None
        rests.append(station.due_at - at)
        at = station.due_at
        tried = breaker.probe(station, at, LIMITS)
        assert tried is not None
        station = breaker.probed(tried, succeeded=False, now=at, limits=LIMITS)

    assert rests[:4] == [REST, 2 * REST, 4 * REST, 8 * REST]
    assert rests[-1] == LIMITS.rest_max


def test_probe_that_succeeds_lets_the_others_follow_at_a_pace_and_then_freely() -> None:
    station = breaker.probed(probing(), succeeded=True, now=NOW, limits=LIMITS)

    assert station.door is Door.DRAINING
    assert not station.door.is_closed
    assert breaker.drained(station, NOW) == station
    done = breaker.drained(station, NOW + LIMITS.drain)
    assert done.door is Door.OPEN
    assert (done.fingerprint, done.trips, done.due_at) == ("", 0, None)


def test_station_that_fails_while_draining_is_closed_for_longer() -> None:
    draining = breaker.probed(probing(), succeeded=True, now=NOW, limits=LIMITS)

    again = breaker.trip(draining, "2:ab", "down again", NOW, LIMITS)

    assert again.door is Door.PARKED
    assert again.due_at == NOW + 2 * REST


def test_probe_that_people_have_overtaken_shows_nothing() -> None:
    opened = breaker.opened(probing(), NOW, by="7")
    paused = breaker.paused(probing(), NOW, by="7", reason="the bank has called")

    assert breaker.probed(opened, succeeded=False, now=NOW, limits=LIMITS) == opened
    assert breaker.probed(paused, succeeded=True, now=NOW, limits=LIMITS) == paused
    assert breaker.nothing_to_probe(paused, NOW) == paused
    assert breaker.drained(paused, NOW) == paused


def test_door_with_nothing_behind_it_opens() -> None:
    assert breaker.nothing_to_probe(probing(), NOW).door is Door.OPEN


def test_people_close_it_until_people_open_it() -> None:
    station = breaker.paused(parked(), NOW, by="7", reason="the bank has called")

    assert (station.door, station.by, station.reason) == (Door.PAUSED, "7", "the bank has called")
    assert station.due_at is None
    assert breaker.opened(station, NOW, by="8") == Station(name="cards", since=NOW, by="8")


FEW = Limits(failures=3, share=0.5)


def tally(*ends: tuple[float, str]) -> Tally:
    """A tally of these ends."""
    found = Tally(FEW)
    for at, fingerprint in ends:
        found.add(at, fingerprint, f"words of {fingerprint} at {at:g}")
    return found


def cause(at: float, *tallies: Tally) -> str:
    """What closes the door, by the tallies of some processes."""
    return breaker.worst([each.counts(at) for each in tallies], FEW)


def test_enough_failures_of_one_cause_close_the_door() -> None:
    assert cause(4, tally((1, "a"), (2, "a"), (3, "a"))) == "a"


def test_enough_failures_of_one_cause_in_several_processes_close_the_door() -> None:
    one, two, three = tally((1, "a")), tally((2, "a"), (2, "b")), tally((3, "a"))

    assert cause(4, one, two) == ""
    assert cause(4, one, two, three) == "a"


def test_as_many_failures_of_several_causes_do_not() -> None:
    assert cause(5, tally((1, "a"), (2, "b"), (3, "c"), (4, "b"))) == ""


def test_as_many_failures_among_many_successes_do_not() -> None:
    failures = [(float(n), "a") for n in range(3)]
    successes = [(float(n), "") for n in range(4)]

    assert cause(5, tally(*failures, *successes)) == ""
    assert cause(5, tally(*failures), tally(*successes)) == ""
    assert cause(5, tally(*failures), tally(*successes[:3])) == "a"


def test_failures_of_long_ago_do_not_count() -> None:
    assert cause(61.5, tally((1, "a"), (2, "a"), (3, "a"))) == ""


def test_nothing_closes_a_door_where_nothing_has_ended() -> None:
    assert cause(4) == ""
    assert cause(4, tally()) == ""


def test_cause_is_told_in_the_words_of_its_newest_failure() -> None:
    found = tally((1, "a"), (2, "b"), (3, "a"))

    assert found.words("a") == "words of a at 3"
    assert found.words("c") == ""


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.floats(0, 100), st.sampled_from(["", "a", "b"])),
        max_size=40,
    )
)
def test_it_does_not_matter_which_process_has_seen_an_end(
    ends: list[tuple[int, float, str]],
) -> None:
    ends = sorted(ends, key=lambda end: end[1])
    together = tally(*((at, fingerprint) for _process, at, fingerprint in ends))
    apart = [
        tally(*((at, fingerprint) for process, at, fingerprint in ends if process == each))
        for each in range(4)
    ]

    closes = {cause(100, together), cause(100, *apart)}

    # Of two causes that are as frequent, either may be named.
    assert len(closes) == 1 or "" not in closes


def test_people_open_a_door_at_a_measured_pace_with_or_without_a_breaker() -> None:
    closed = breaker.paused(Station(name="cards"), NOW, by="7", reason="the bank has called")

    slowly = breaker.opened_slowly(closed, NOW, LIMITS, by="8", reason="it answers")

    assert (slowly.door, slowly.by, slowly.reason) == (Door.DRAINING, "8", "it answers")
    assert breaker.switched_off(slowly, NOW) == slowly
    assert breaker.drained(slowly, NOW).door is Door.DRAINING
    assert breaker.drained(slowly, NOW + LIMITS.drain).door is Door.OPEN


def test_cap_outlives_every_move_of_the_door() -> None:
    cap = Cap(places=3, since=NOW, by="7", reason="three lines")
    station = Station(name="cards", cap=cap)

    for act in ACTS:
        station = acted(act, station, NOW + timedelta(days=1))
        assert station.cap == cap


def acted(act: str, station: Station, now: datetime) -> Station:
    """The station after one thing that may happen to it."""
    acts: dict[str, Callable[[], Station | None]] = {
        "trip": lambda: breaker.trip(station, "2:ab", "", now, LIMITS),
        "probe": lambda: breaker.probe(station, now, LIMITS),
        "good": lambda: breaker.probed(station, succeeded=True, now=now, limits=LIMITS),
        "bad": lambda: breaker.probed(station, succeeded=False, now=now, limits=LIMITS),
        "none": lambda: breaker.nothing_to_probe(station, now),
        "drained": lambda: breaker.drained(station, now),
        "pause": lambda: breaker.paused(station, now, by="7", reason=""),
        "open": lambda: breaker.opened(station, now),
        "slowly": lambda: breaker.opened_slowly(station, now, LIMITS, by="7", reason=""),
    }
    return acts[act]() or station


ACTS = ("trip", "probe", "good", "bad", "none", "drained", "pause", "open", "slowly")


@given(st.lists(st.sampled_from(ACTS)))
def test_whatever_happens_a_door_is_not_closed_by_the_breaker_for_ever(acts: list[str]) -> None:
    station, now = Station(name="cards"), NOW
    for act in acts:
        now += timedelta(minutes=1)
        station = acted(act, station, now)

        is_the_breakers = station.door in {Door.PARKED, Door.PROBING, Door.DRAINING}
        assert (station.due_at is not None) == is_the_breakers
