"""What files and filters cost: CPU time of one core, no services."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from flowengine.definitions.check import check
from flowengine.definitions.expressions.evaluate import decide
from flowengine.definitions.expressions.parse import parse_expression
from flowengine.definitions.parse import read
from flowengine.definitions.task_signature import TaskSignature
from flowengine.errors import DefinitionError
from tests.unit.definitions.hostile_files import HOSTILE

STEPS = 200
TASKS = {
    f"shop.t{n}": TaskSignature(
        required=("order_id",), optional=("a", "b"), returns=(f"r{n}",), station="shop"
    )
    for n in range(STEPS)
}
FILTER = (
    "event.data.total >= 100 && event.data.currency == 'EUR'"
    " && event.data.customer.country in ['DE', 'AT', 'CH'] && event.type != 'order.test'"
)
SCOPE = {
    "event": {
        "type": "order.paid",
        "data": {"total": 250, "currency": "EUR", "customer": {"country": "AT"}},
    },
    "config": {},
}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def file_of(steps: int) -> str:
    """A file with blocks, loops and rescues, an ``if`` and two values for each task."""
    tasks = [
        f"id: s{n}\n      task: shop.t{n}\n      if: event.data.total > {n} && event.type != 'x'\n"
        f"      with: {{a: '${{{{ event.data.a }}}}', b: 'n ${{{{ event.data.b }}}}'}}\n"
        for n in range(steps - steps // 10)
    ]
    groups = [tasks[start : start + 9] for start in range(0, len(tasks), 9)]
    body = "".join(
        f"  - for_each: [1, 2]\n    as: x{n}\n    steps:\n    - {'    - '.join(group)}"
        for n, group in enumerate(groups)
    )
    return f"workflow: long\non: order.paid\ninputs: {{order_id: integer}}\nsteps:\n{body}"


def check_ms() -> float:
    """Milliseconds to read and check a file of 200 steps, against its tasks."""
    text = file_of(STEPS)
    started = time.process_time()
    document = read(text)
    problems = check(document, TASKS, workflows={})
    ended = time.process_time()
    assert len(document.paths) == STEPS
    assert problems == ()
    return (ended - started) * 1000


def filters_per_s() -> float:
    """Evaluations of a filter of four comparisons in a second."""
    expression = parse_expression(FILTER)
    assert decide(expression, SCOPE, NOW) is True
    count, started = 50_000, time.process_time()
    for _ in range(count):
        decide(expression, SCOPE, NOW)
    return count / (time.process_time() - started)


def hostile_file_ms() -> float:
    """Milliseconds to refuse the worst of all hostile files; of each, the better of two tries."""
    return max(min(_refused_ms(text), _refused_ms(text)) for text in _hostile())


def _hostile() -> Iterator[str | bytes]:
    return (make() for _, make in HOSTILE.values())


def _refused_ms(text: str | bytes) -> float:
    started = time.process_time()
    with contextlib.suppress(DefinitionError):
        read(text)
    return (time.process_time() - started) * 1000
