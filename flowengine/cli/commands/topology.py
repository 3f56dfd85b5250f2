"""Show the exchanges and queues that this project needs, declare them, or export them."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from urllib.parse import unquote, urlsplit

from flowengine import project
from flowengine.broker.base import Capability
from flowengine.broker.connect import connect, without_password
from flowengine.broker.export import definitions
from flowengine.broker.topology import Topology, queue_arguments
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Style, Terminal, styled
from flowengine.conf import settings
from flowengine.errors import BrokerUnavailable


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``topology``."""
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--declare", action="store_true", help="make it exist on the broker of the settings"
    )
    way.add_argument(
        "--definitions",
        action="store_true",
        help="print it as definitions.json, for `rabbitmqctl import_definitions`",
    )
    parser.add_argument(
        "--within", type=float, default=10.0, metavar="SECONDS", help="to connect (default: 10)"
    )


def run(options: Namespace, terminal: Terminal) -> int:
    """Do one of the three."""
    wanted = project.topology()
    if options.definitions:
        terminal.data(
            json.dumps(definitions(wanted, vhost=vhost_of(settings().BROKER_URL)), indent=2)
        )
    elif options.declare:
        _declare(wanted, options.within, terminal)
    else:
        _show(wanted, terminal)
    return Exit.OK


def vhost_of(url: str) -> str:
    """The virtual host that an ``amqp://`` URL names; ``/`` where it names none."""
    parts = urlsplit(url)
    path = unquote(parts.path.removeprefix("/"))
    return path if path and parts.scheme in {"amqp", "amqps"} else "/"


def _show(wanted: Topology, terminal: Terminal) -> None:
    for exchange in wanted.exchanges:
        terminal.data(f"exchange  {exchange.name}  {exchange.kind}")
    for queue in wanted.queues:
        arguments = "  ".join(f"{key}={value}" for key, value in queue_arguments(queue).items())
        terminal.data(f"queue     {queue.name}  {styled(arguments, Style.DIM)}")
    for binding in wanted.bindings:
        key = binding.routing_key or "(all)"
        terminal.data(f"binding   {binding.exchange}  {key}  ->  {binding.queue}")
    terminal.next("topology --declare")


def _declare(wanted: Topology, within_s: float, terminal: Terminal) -> None:
    url = settings().BROKER_URL
    broker = connect(url, name="flowengine topology")
    if Capability.CROSS_PROCESS not in broker.capabilities:
        terminal.say(f"{without_password(url)} keeps nothing: workers declare what they need")
        broker.close()
        return
    terminal.say(f"connecting to {without_password(url)} …")
    broker.start()
    broker.declare(wanted)
    try:
        if not broker.wait_open(within_s):
            raise BrokerUnavailable(f"{without_password(url)}: {broker.trouble}")
        if broker.trouble:  # connected, but one of them was refused: other arguments, or no right
            raise BrokerUnavailable(broker.trouble)
    finally:
        broker.close()
    terminal.data(
        f"{len(wanted.exchanges)} exchanges, {len(wanted.queues)} queues and"
        f" {len(wanted.bindings)} bindings are there"
    )
    terminal.next("worker")
