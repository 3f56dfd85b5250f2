"""A test case of Django's with a runner."""

from __future__ import annotations

from datetime import datetime

from django.test import TestCase

from flowengine.testing.runner import Runner, opened


class WorkflowTest(TestCase):
    """Each test has a runner of its own, as ``self.flow``; what it did is undone with the test."""

    flow: Runner
    at: datetime | None = None
    """Where the clock stands at the beginning, aware; None = the present."""

    def setUp(self) -> None:
        """The project's workflow files are synchronised into the test's database."""
        super().setUp()
        self.flow = opened(at=self.at)
