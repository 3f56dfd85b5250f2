"""What the screens of a run and of the floor tell besides: logs, comparisons, links, and numbers for who wants no motion."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from flowengine.representations.masking import MASK
from tests.e2e.conftest import OpenShop
from tests.e2e.operator import Operator

ENDED = "SELECT count(*) FROM flowengine_run WHERE state IN ('succeeded', 'failed')"


@pytest.fixture(scope="module")
def operator(chrome: Browser, open_for_all: OpenShop) -> Iterator[Operator]:
    """Somebody at a shop where one order was declined, and one is done."""
    shop = open_for_all(pace=0)
    operator = Operator(chrome, shop)
    operator.context.grant_permissions(["clipboard-read", "clipboard-write"])
    operator.order()
    operator.order(product="Grand piano")
    shop.until(lambda: shop.number(ENDED) >= 2, what="both orders have ended")
    yield operator
    operator.close()


def test_run_and_floor_tell_what_is_asked_of_them(operator: Operator) -> None:
    page = operator.page
    operator.open("runs?q=state:failed")
    page.locator("a.row-link").first.click()
    expect(page.locator("h1")).to_contain_text("Order")

    page.get_by_role("tab", name="Logs").click()
    log = page.locator(".logs pre").first
    expect(log).to_contain_text("INFO flowengine.task: asking the gateway for 1290000 cents")
    expect(log).to_contain_text(f"card_token={MASK}")

    page.get_by_role("tab", name="Input").click()
    page.get_by_role("button", name="Compare with the last good run").click()
    expect(page.locator(".compared ins").first).to_contain_text("1290000")
    expect(page).to_have_url(re.compile("beside=good"))
    operator.settled()
    operator.assert_accessible("inspector")

    page.get_by_role("button", name="More").first.click()
    page.get_by_text("Copy for a chat").click()
    expect(page.get_by_role("alert")).to_contain_text("was copied")
    said = page.evaluate("() => navigator.clipboard.readText()")
    assert re.match(r"\*\*failed\*\* \[Order \d+\]\(http.+\) · `CardDeclined` at `charge`$", said)

    page.goto(f"{page.url.partition('?')[0]}#n3")
    expect(page.locator("#n3")).to_have_attribute("aria-current", "true")
    expect(page.locator("#n3")).to_be_in_viewport()
    expect(page.get_by_role("checkbox", name="follow")).not_to_be_checked()
    with page.expect_download() as saved:
        page.locator(".journal").get_by_role("button", name="Download").click()
    lines = saved.value.path().read_text(encoding="utf-8").splitlines()
    facts = [json.loads(line) for line in lines]
    assert [fact["n"] for fact in facts] == sorted({fact["n"] for fact in facts})
    assert (facts[0]["t"], facts[-1]["t"]) == ("run.started", "run.failed")

    page.emulate_media(reduced_motion="reduce")
    operator.open("")
    expect(page.locator(".tokens-counted summary").first).to_have_text(re.compile(r"\d+ here"))
    expect(page.locator(".token")).to_have_count(0)
    page.get_by_role("navigation", name="Screens").get_by_role("link", name="Runs").click()
    expect(page).to_have_url(re.compile(r"runs\?q=state%3Afailed"))
