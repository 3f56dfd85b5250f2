"""Tests of a project's workflows: everything in one thread, one transaction, on a clock that is set.

    from flowengine.testing import WorkflowTest, assert_emitted

    class OrderTests(WorkflowTest):
        def test_a_placed_order_is_shipped(self):
            self.client.post("/orders/", {"item": 1})
            self.flow.run()

            assert self.flow.run_of("order").state == "succeeded"
            assert_emitted("order.shipped", {"item": 1})

pytest has the same as the fixture ``flow_runner``; ``with inline() as flow:`` is for anything else. The names are imported lazily, because pytest
loads the plugin before there is a Django project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowengine.testing.cases import WorkflowTest
    from flowengine.testing.clock import SetClock
    from flowengine.testing.events import assert_emitted, emitted
    from flowengine.testing.following import Followed
    from flowengine.testing.reading import SeenRun, SeenStep
    from flowengine.testing.runner import Runner, inline

_PUBLIC = {
    "Followed": "flowengine.testing.following",
    "Runner": "flowengine.testing.runner",
    "SeenRun": "flowengine.testing.reading",
    "SeenStep": "flowengine.testing.reading",
    "SetClock": "flowengine.testing.clock",
    "WorkflowTest": "flowengine.testing.cases",
    "assert_emitted": "flowengine.testing.events",
    "emitted": "flowengine.testing.events",
    "inline": "flowengine.testing.runner",
}

__all__ = [
    "Followed",
    "Runner",
    "SeenRun",
    "SeenStep",
    "SetClock",
    "WorkflowTest",
    "assert_emitted",
    "emitted",
    "inline",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'flowengine.testing' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - only when a name is first asked for

    return getattr(import_module(_PUBLIC[name]), name)
