"""What every broker adapter must do, whatever stands behind it.

An adapter's test module derives from :class:`BrokerSuite` and gives the fixtures of
:class:`~tests.conformance.broker_under_test.BrokerUnderTest`.
"""

from __future__ import annotations

from tests.conformance.loss_suite import LossSuite
from tests.conformance.outcome_suite import OutcomeSuite
from tests.conformance.routing_suite import RoutingSuite
from tests.conformance.settling_suite import SettlingSuite


class BrokerSuite(RoutingSuite, OutcomeSuite, SettlingSuite, LossSuite):
    """All of it."""
