"""Where the screens of a shop's dashboard are: one address for each, of things that are there."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from tests.e2e.shop import Shop

LISTS = (
    *("", "runs", "events", "event-types", "dead", "dead?show=letters", "replays", "definitions"),
    *("sandbox", "stations", "workers", "approvals", "audit", "notifications", "schedules"),
)
"""What is there in an empty house too."""
_ONE = {
    "runs/{}": "SELECT id FROM flowengine_run WHERE state = 'failed' LIMIT 1",
    "events/{}": "SELECT event_id FROM flowengine_run WHERE state = 'failed' LIMIT 1",
    "dead/{}": "SELECT group_id FROM flowengine_dead_letter WHERE run_id IS NOT NULL LIMIT 1",
    "dead/letters/{}": "SELECT id FROM flowengine_dead_letter WHERE run_id IS NOT NULL LIMIT 1",
    "replays/new?q=group:{}": "SELECT group_id FROM flowengine_dead_letter WHERE state = 'open' LIMIT 1",
    "replays/{}": "SELECT id FROM flowengine_replay LIMIT 1",
}


def screens(shop: Shop) -> Mapping[str, str]:
    """The addresses below ``flow/``, by pattern; of a shop in which something has died and been replayed."""
    found = {place: place for place in LISTS}
    found |= {
        "runs?q=": "runs?q=workflow:nothing",
        "event-types/{}": "event-types/order.placed",
        "definitions/{}": "definitions/basket",
    }
    for pattern, question in _ONE.items():
        [(value,)] = shop.rows(question)
        found[pattern] = pattern.format(uuid.UUID(str(value)))
    return found
