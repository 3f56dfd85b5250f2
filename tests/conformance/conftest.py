"""Assertions of the suites explain themselves as those of test modules do."""

import pytest

pytest.register_assert_rewrite(
    "tests.conformance.loss_suite",
    "tests.conformance.outcome_suite",
    "tests.conformance.routing_suite",
    "tests.conformance.settling_suite",
    "tests.conformance.witness",
)
