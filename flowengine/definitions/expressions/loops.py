"""``map``, ``filter``, ``all``, ``exists``: the body is read once per item, and counted each time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from flowengine.definitions.expressions.paths import Frame, Run
from flowengine.definitions.expressions.tree import Loop, start
from flowengine.definitions.expressions.values import ITEMS_MAX, in_words
from flowengine.errors import ExpressionError


def loop(node: Loop, target: Run, body: Run, *, slot: int, cost: int) -> Run:
    """The loop, built.

    Args:
        node: what is built; its offset is where its errors are.
        target: gives the list (for all and exists also a map: its keys).
        body: read with the item in place *slot*.
        slot: the place of this loop's item in the frame.
        cost: units of the body, counted per item.
    """

    def items(frame: Frame) -> Iterator[Any]:
        for item in _items(node, target(frame)):
            frame.left -= cost
            if frame.left < 0:
                raise ExpressionError(
                    "the expression costs too much", code="FE405", offset=node.offset
                )
            frame.items[slot] = item
            yield item

    def decided(frame: Frame) -> bool:
        value = body(frame)
        if value is True or value is False:
            return bool(value)
        raise ExpressionError(
            f"{node.name}() wants a test that gives a bool, got {in_words(value)}",
            code="FE402",
            offset=start(node.body),
        )

    match node.name:
        case "map":
            return lambda frame: [body(frame) for _ in items(frame)]
        case "filter":
            return lambda frame: [item for item in items(frame) if decided(frame)]
        case "all":
            return lambda frame: all(decided(frame) for _ in items(frame))
        case _:
            return lambda frame: any(decided(frame) for _ in items(frame))


def _items(node: Loop, value: Any) -> Collection[Any]:
    over_keys = type(value) is dict and node.name in ("all", "exists")
    if type(value) is not list and not over_keys:
        raise ExpressionError(
            f"{node.name}() goes over a list, not over {in_words(value)}",
            code="FE402",
            offset=node.offset,
        )
    if len(value) > ITEMS_MAX:
        raise ExpressionError(
            f"{node.name}() goes over {ITEMS_MAX} items at most, not over {len(value)}",
            code="FE405",
            offset=node.offset,
        )
    items: Collection[Any] = value  # of a map its keys; not copied, the loop may end at the first
    return items
