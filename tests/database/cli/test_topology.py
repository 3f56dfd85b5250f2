"""``flow topology``."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_django import Settings

from flowengine.broker.topology import queue_arguments, topology
from flowengine.cli.commands.topology import vhost_of
from flowengine.cli.exits import Exit
from tests.builders.files import declare
from tests.database.cli.conftest import Flow

MAIL = "{workflow: it, on: a.b, steps: [{task: line.nothing, station: mail}]}"


def test_the_topology_names_what_each_station_needs(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, MAIL)

    said = flow("topology")

    assert said.code == Exit.OK
    assert "exchange  flowengine.events  topic" in said.out
    assert "queue     flowengine.v1.station.mail  x-queue-type=quorum" in said.out
    assert "binding   flowengine.v1.stations  mail  ->  flowengine.v1.station.mail" in said.out
    assert "next: flowengine topology --declare" in said.err


def test_definitions_are_what_rabbitmq_imports(
    flow: Flow, settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, MAIL)
    settings.FLOWENGINE = {**settings.FLOWENGINE, "BROKER_URL": "amqp://a:b@host/my%2Fshop"}

    exported = json.loads(flow("topology", "--definitions").out)

    queues = {queue["name"]: queue for queue in exported["queues"]}
    assert queues["flowengine.v1.station.mail"]["vhost"] == "my/shop"
    assert {q.name: queue_arguments(q) for q in topology(["mail", "till"]).queues} == {
        name: queue["arguments"] for name, queue in queues.items()
    }
    assert len(exported["bindings"]) == len(topology(["mail", "till"]).bindings)


def test_a_url_without_a_vhost_means_the_default_one() -> None:
    assert [vhost_of(url) for url in ("amqp://h", "amqp://h/", "amqps://h/x", "inproc://x")] == [
        *("/", "/", "x", "/"),
    ]


def test_declaring_needs_a_broker_that_keeps_something(flow: Flow) -> None:
    said = flow("topology", "--declare")

    assert (said.code, said.out) == (Exit.OK, "")
    assert "keeps nothing: workers declare what they need" in said.err


def test_declaring_on_a_broker_that_is_away_is_unreachable(
    flow: Flow, settings: Settings, monkeypatch: object
) -> None:
    settings.FLOWENGINE = {"BROKER_URL": "amqp://127.0.0.1:1/"}

    said = flow("topology", "--declare", "--within", "0.2")

    assert said.code == Exit.UNREACHABLE
    assert "error[FE701]: amqp://127.0.0.1:1/" in said.err


def test_declaring_makes_it_exist_on_rabbitmq(
    flow: Flow, settings: Settings, rabbitmq_url: str
) -> None:
    settings.FLOWENGINE = {"BROKER_URL": rabbitmq_url}

    said = flow("topology", "--declare")

    assert said.code == Exit.OK, said.err
    assert "3 exchanges" in said.out
