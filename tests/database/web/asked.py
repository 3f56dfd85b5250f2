"""Workflows that ask people, and runs of them, in the database."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.contrib.auth.models import Group, User
from pytest_django import Settings

from flowengine import emit
from flowengine.orchestration.route import route
from tests.builders.files import synchronise
from tests.builders.line import now

BIG_ORDER = """
workflow: big-order
title: Order ${{ event.data.number }}
on: order.big
steps:
  - id: boss
    title: A word from above
    approval:
      ask: May order ${{ event.data.number }} be sent?
      users: ${{ event.data.users }}
      groups: [bosses]
      quorum: ${{QUORUM}}
      form:
        budget: {type: integer, minimum: 1, description: In euros}
        note: {type: string, default: ""}
        way: {enum: [swallow, post], default: post}
        gift: {type: boolean, default: false}
    timeout: 1h
  - line.nothing
"""
IN_A_LOOP = """
workflow: each-asked
on: orders.big
steps:
  - for_each: [a, b]
    as: order
    steps:
      - id: boss
        approval: {ask: "May ${{ order }} be sent?", groups: [bosses]}
        timeout: 1h
"""


def a_boss(name: str = "boss") -> User:
    """Somebody whom these workflows ask."""
    user = User.objects.create_user(name)
    group, _made = Group.objects.get_or_create(name="bosses")
    user.groups.add(group)
    return user


def a_big_order(
    settings: Settings,
    folder: Path,
    *,
    quorum: int = 1,
    actor: User | None = None,
    users: tuple[int, ...] = (),
) -> UUID:
    """A run that waits at its approval."""
    synchronise(settings, folder, BIG_ORDER.replace("${{QUORUM}}", str(quorum)))
    data = {"number": 17, "users": list(users)}
    return begun("order.big", "big-order", data, actor)


def orders_in_a_loop(settings: Settings, folder: Path) -> UUID:
    """A run that waits at two approvals, one in each item of a loop."""
    synchronise(settings, folder, IN_A_LOOP)
    return begun("orders.big", "each-asked", {}, None)


def begun(event: str, workflow: str, data: object, actor: User | None) -> UUID:
    emitted = emit(event, data, actor=actor)
    route([emitted.event_id], now=now())
    return emitted.run_ids[workflow]
