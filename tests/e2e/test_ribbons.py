"""A floor on which more passes than can be told apart: it flows, and says how fast."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.benchmarks.floor import BusyFloor
from tests.e2e.conftest import OpenShop
from tests.e2e.operator import Operator
from tests.e2e.shop import Shop

MOVES = """
() => document.getAnimations().filter(({ animationName: name }) => name === "flow").length
"""
STOPS = 60


@pytest.fixture(scope="module")
def shop(open_for_all: OpenShop) -> Shop:
    """Its pages are what counts; what they are told is made up."""
    return open_for_all(pace=0)


def test_what_is_slower_than_twenty_a_second_is_run_by_run(operator: Operator) -> None:
    BusyFloor(operator.page, per_s=20).begin(operator.shop.url)

    expect(operator.page.locator(".ribbon")).to_have_count(0)
    expect(operator.page.locator("a.token").first).to_be_visible()


def test_what_is_faster_flows_with_its_rate(operator: Operator) -> None:
    BusyFloor(operator.page, per_s=43).begin(operator.shop.url)
    page = operator.page

    expect(page.locator(".ribbon")).to_have_count(STOPS)
    expect(page.locator(".ribbon-rate").first).to_have_text("43/s")
    expect(page.locator("a.token")).to_have_count(0)
    assert page.evaluate(MOVES) > 0
    faults = operator.faults("floor-flows")
    assert faults == {}, json.dumps(faults, indent=1)


def test_faster_flow_is_wider(operator: Operator) -> None:
    heights = []
    for per_s in (25, 2_500):
        BusyFloor(operator.page, per_s=per_s).begin(operator.shop.url)
        box = operator.page.locator(".ribbon").first.bounding_box()
        assert box is not None
        heights.append(box["height"])

    assert heights[1] > heights[0] * 1.5


def test_who_wants_nothing_to_move_reads_numbers(operator: Operator) -> None:
    operator.page.emulate_media(reduced_motion="reduce")
    BusyFloor(operator.page, per_s=43).begin(operator.shop.url)
    page = operator.page

    expect(page.locator(".tokens-counted summary").first).to_have_text(
        re.compile(r"^\d+ here, 43/s$")
    )
    expect(page.locator(".ribbon")).to_have_count(0)
    assert page.evaluate("() => document.getAnimations().length") == 0
