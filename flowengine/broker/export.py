"""The topology as RabbitMQ's own ``definitions.json``, for who declares it by other means.

An administrator imports it (``rabbitmqctl import_definitions``, ``load_definitions``) and may then give
workers no right to configure anything. What may be tuned stands in policies, because a queue's
arguments can never be changed.
"""

from __future__ import annotations

import re
from typing import Any

from flowengine.broker.topology import DEAD_QUEUE, Topology, queue_arguments

DEAD_MAX_MESSAGES = 100_000
"""How many may wait in the net until somebody routes; more are not taken, and none is dropped."""
WORK_MAX_BYTES = 1024**3
"""How much may wait in one queue before publishers are refused and rows wait instead."""


def definitions(topology: Topology, *, vhost: str = "/") -> dict[str, Any]:
    """What ``definitions.json`` holds for *topology*: exchanges, queues, bindings, policies."""
    return {
        "exchanges": [
            {
                "name": exchange.name,
                "vhost": vhost,
                "type": exchange.kind,
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": {},
            }
            for exchange in topology.exchanges
        ],
        "queues": [
            {
                "name": queue.name,
                "vhost": vhost,
                "durable": True,
                "auto_delete": False,
                "arguments": queue_arguments(queue),
            }
            for queue in topology.queues
        ],
        "bindings": [
            {
                "source": binding.exchange,
                "vhost": vhost,
                "destination": binding.queue,
                "destination_type": "queue",
                "routing_key": binding.routing_key,
                "arguments": {},
            }
            for binding in topology.bindings
        ],
        "policies": _policies(vhost),
    }


def _policies(vhost: str) -> list[dict[str, Any]]:
    dead = re.escape(DEAD_QUEUE)
    return [
        _policy(vhost, "flowengine-dead", f"^{dead}$", {"max-length": DEAD_MAX_MESSAGES}),
        _policy(
            vhost,
            "flowengine-work",
            r"^flowengine\.v1\.(intake|station\..+)$",
            {"max-length-bytes": WORK_MAX_BYTES},
        ),
    ]


def _policy(vhost: str, name: str, pattern: str, definition: dict[str, Any]) -> dict[str, Any]:
    return {
        "vhost": vhost,
        "name": name,
        "pattern": pattern,
        "apply-to": "queues",
        "definition": definition,
        "priority": 0,
    }
