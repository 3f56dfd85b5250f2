"""An event and a step that expressions are tried on."""

from __future__ import annotations

from datetime import UTC, datetime

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SCOPE = {
    "event": {
        "type": "order.paid",
        "time": NOON,
        "actor": None,
        "data": {
            "total": 42,
            "price": 1.5,
            "name": "Ada",
            "gift": False,
            "note": None,
            "lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 3}],
            "odd key": 1,
            "with.dot": 2,
        },
    },
    "steps": {"ship": {"output": {"url": "https://x"}, "status": "succeeded"}},
    "config": {},
}
