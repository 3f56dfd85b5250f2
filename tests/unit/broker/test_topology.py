"""Names, arguments and routing of the topology."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from flowengine.broker.export import definitions
from flowengine.broker.topology import (
    DEAD_EXCHANGE,
    DEAD_QUEUE,
    DELIVERY_LIMIT,
    EVENTS_EXCHANGE,
    INTAKE_QUEUE,
    STATIONS_EXCHANGE,
    Queue,
    is_routed,
    joined,
    queue_arguments,
    station_queue,
    topic_matches,
    topology,
)

WORDS = st.lists(st.sampled_from(["a", "b", "order", ""]), max_size=6)
PATTERNS = st.lists(st.sampled_from(["a", "b", "order", "*", "#"]), min_size=1, max_size=6)


def matches_by_definition(pattern: list[str], words: list[str]) -> bool:
    """RabbitMQ's rule, said recursively."""
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(matches_by_definition(pattern[1:], words[n:]) for n in range(len(words) + 1))
    return (
        bool(words)
        and pattern[0] in ("*", words[0])
        and matches_by_definition(pattern[1:], words[1:])
    )


@given(pattern=PATTERNS, words=WORDS)
def test_topic_rule_is_rabbitmqs(pattern: list[str], words: list[str]) -> None:
    key = ".".join(words)
    as_split = key.split(".") if key else []

    assert topic_matches(".".join(pattern), key) is matches_by_definition(pattern, as_split)


def test_topic_rule_is_fast_for_hostile_keys() -> None:
    assert not topic_matches(".".join(["#", "a"] * 60), ".".join(["a"] * 127 + ["b"]))


def test_dead_letter_queue_comes_before_the_queues_that_need_it() -> None:
    names = [queue.name for queue in topology(["mail"]).queues]

    assert names == [DEAD_QUEUE, INTAKE_QUEUE, station_queue("default"), station_queue("mail")]


def test_default_station_is_always_there() -> None:
    assert topology([]) == topology(["default"])


def test_events_of_all_types_and_hints_of_known_stations_are_routed() -> None:
    here = topology(["mail"])

    assert is_routed(here, EVENTS_EXCHANGE, "order.placed")
    assert is_routed(here, STATIONS_EXCHANGE, "mail")
    assert is_routed(here, DEAD_EXCHANGE, "anything")
    assert not is_routed(here, STATIONS_EXCHANGE, "letters")
    assert not is_routed(here, "nobody's", "mail")


def test_joined_topologies_hold_everything_once() -> None:
    both = joined(topology(["mail"]), topology(["mail", "print"]))

    assert set(both.queues) == set(topology(["mail", "print"]).queues)
    assert len(both.queues) == len(set(both.queues))
    assert joined(both, topology(["print"])) == both


def test_queue_arguments_make_dead_lettering_at_least_once() -> None:
    arguments = queue_arguments(Queue(name="q"))

    assert arguments == {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD_EXCHANGE,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


def test_dead_queue_drops_nothing_however_often_it_is_delivered_or_however_full_it_is() -> None:
    arguments = queue_arguments(Queue(name="q", dead_letters=False))

    # Said, because RabbitMQ 4 would drop after 20; positive, because 3.x refuses -1.
    assert arguments == {
        "x-queue-type": "quorum",
        "x-delivery-limit": 2**31 - 1,
        "x-overflow": "reject-publish",
    }


def test_definitions_hold_the_whole_topology_as_json() -> None:
    here = topology(["mail"])

    exported = json.loads(json.dumps(definitions(here, vhost="shop")))

    assert [each["name"] for each in exported["exchanges"]] == [e.name for e in here.exchanges]
    assert [each["name"] for each in exported["queues"]] == [e.name for e in here.queues]
    assert len(exported["bindings"]) == len(here.bindings)
    assert {each["vhost"] for kind in exported.values() for each in kind} == {"shop"}
    assert exported["policies"][0]["pattern"] == r"^flowengine\.v1\.dead$"
