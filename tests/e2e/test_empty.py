"""A shop in which nothing has happened yet: its lists teach with its own names, and their filters are commands."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenShop
from tests.e2e.operator import Operator
from tests.e2e.shop import Shop

OWN = re.compile(r'emit\("basket\.placed", \{.*\}\)')
WORKER = "SELECT id FROM flowengine_worker LIMIT 1"


@pytest.fixture(scope="module")
def shop(open_for_all: OpenShop) -> Shop:
    """Nobody orders anything."""
    return open_for_all(pace=0)


@pytest.mark.parametrize("place", ["runs", "events"])
def test_empty_list_shows_how_an_event_of_this_project_is_emitted(
    operator: Operator, place: str
) -> None:
    operator.open(place)

    expect(operator.page.locator(".empty-code code")).to_have_text(OWN)


def test_filter_is_copied_as_a_command(operator: Operator) -> None:
    operator.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = operator.open('events?q=type:order.* "no funds"').page

    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Copy as a command").click()

    expect(page.locator("#flow-urgent")).to_have_text("The command was copied.")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == "python manage.py flow events --q 'type:order.* \"no funds\"'"


def test_id_of_a_worker_leads_to_the_workers(operator: Operator) -> None:
    [(worker,)] = operator.shop.rows(WORKER)
    page = operator.open("").page
    operator.until_live()

    page.keyboard.press("Control+k")
    page.keyboard.insert_text(f"worker {uuid.UUID(str(worker)).hex} is silent")
    page.get_by_role("option", name="Worker").click()

    expect(page.locator("h1")).to_have_text("Workers")
    # The browser writes down that it is the id of nothing else.
    operator.problems[:] = [each for each in operator.problems if "404" not in each]
