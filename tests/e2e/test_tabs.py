"""Many tabs of one customer: one socket for all of them, and nothing is lost with the tab that has it."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from playwright.sync_api import Page, WebSocket, expect

from tests.e2e.conftest import Enter, OpenShop
from tests.e2e.customer import WITNESS, Customer, Line
from tests.e2e.shop import Shop

TABS = 10
GAP_S = 2.0
"""At most so long is nobody told anything when the tab with the socket is killed."""
GONE_S = 10.0
"""At most so long is somebody told anything who has been signed out."""


class Tabs:
    """Pages of one browser, and the sockets that each has open."""

    def __init__(self, customer: Customer, shop: Shop, count: int) -> None:
        self.sockets: dict[Page, set[WebSocket]] = {}
        self._customer = customer
        for _ in range(count):
            page = customer.context.new_page()
            page.add_init_script(WITNESS)
            page.on("pageerror", lambda error: customer.problems.append(str(error)))
            self.sockets[page] = set()
            page.on("websocket", partial(self._opened, page))
            page.goto(shop.url)

    def _opened(self, page: Page, socket: WebSocket) -> None:
        self.sockets[page].add(socket)
        socket.on("close", lambda _: self.sockets.get(page, set()).discard(socket))

    @property
    def pages(self) -> list[Page]:
        return list(self.sockets)

    def open_in(self) -> list[Page]:
        """The pages that have a socket."""
        return [page for page, sockets in self.sockets.items() if sockets]

    def until_one_leads(self, *, limit_s: float = 20.0) -> Page:
        """Wait until one page has a socket, and all others none."""
        deadline = time.monotonic() + limit_s
        while len(found := self.open_in()) != 1 or len(self.sockets[found[0]]) != 1:
            assert time.monotonic() < deadline, f"{len(found)} pages with sockets"
            self.pages[0].wait_for_timeout(20)
        return found[0]

    def close(self, page: Page) -> None:
        """End its process; it says nothing to anybody."""
        del self.sockets[page]
        session = self._customer.context.new_cdp_session(page)
        session.send("Page.setWebLifecycleState", {"state": "frozen"})
        page.close()


def lines(pages: list[Page], run: str) -> list[Line]:
    return [Line(page, run) for page in pages]


def test_ten_tabs_have_one_socket_and_lose_nothing_with_it(
    open_embedded: OpenShop, enter: Enter
) -> None:
    shop = open_embedded(pace=1.5)
    customer = enter(shop)
    order = customer.order("Wool blanket")
    customer.page.goto("about:blank")
    tabs = Tabs(customer, shop, TABS)
    for line in lines(tabs.pages, order.run):
        line.until_link("live")
    leader = tabs.until_one_leads()

    began = time.monotonic()
    tabs.close(leader)
    next_one = tabs.until_one_leads(limit_s=GAP_S)
    for line in lines(tabs.pages, order.run):
        line.until_link("live")
    gap_s = time.monotonic() - began

    assert next_one is not leader
    assert gap_s < GAP_S
    for line in lines(tabs.pages, order.run):
        line.until_run("succeeded")
        line.until_link("live")
    shown = [shown_by(page) for page in tabs.pages]
    assert shown == [shop.states()] * (TABS - 1)
    for page in tabs.pages:
        expect(page.locator("flow-inbox .flow-badge")).to_have_text("1")
    tabs.until_one_leads()
    print(f"the next tab led, and all were live, after {gap_s:.2f} s")  # noqa: T201 - a figure


def test_tab_alone_has_its_own_socket_and_loads_nothing_for_others(
    open_embedded: OpenShop, enter: Enter
) -> None:
    shop = open_embedded(pace=0)
    customer = enter(shop)
    loaded: list[str] = []
    customer.page.on("request", lambda request: loaded.append(request.url))

    customer.enter()
    customer.order().until_link("live")

    assert [url for url in loaded if "neighbours" in url or "fallback" in url] == []


def test_log_out_in_one_tab_is_told_in_all(open_embedded: OpenShop, enter: Enter) -> None:
    shop = open_embedded(pace=0)
    customer = enter(shop)
    order = customer.order()
    tabs = Tabs(customer, shop, 3)
    for line in lines(tabs.pages, order.run):
        line.until_link("live")

    # The demo signs in whoever asks it for anything; the sockets are left alone.
    customer.context.route("**/*", lambda route: route.abort())
    shop.manage(
        "from django.contrib.sessions.models import Session\nSession.objects.all().delete()"
    )

    began = time.monotonic()
    for line in lines(tabs.pages, order.run):
        line.until_link("denied")
        expect(line.link).to_have_text("Signed out")
    assert time.monotonic() - began < GONE_S


def shown_by(page: Page) -> dict[str, Any]:
    """Every order with its state and those of its stations, as that page says."""
    found = page.locator(".order flow-progress").evaluate_all(
        """lines => lines.map(line => [
             line.getAttribute("run-id"), line.dataset.state,
             [...line.querySelectorAll("[data-step]")].map(s => [s.dataset.step, s.dataset.state]),
           ])"""
    )
    to_come = {"pending", "not_reached"}
    return {
        run: (state, {step: now for step, now in steps if now not in to_come})
        for run, state, steps in found
    }
