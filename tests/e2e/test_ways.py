"""Other ways than one socket for all tabs: where none gets through, and where tabs cannot find one another."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, WebSocketRoute

from tests.e2e.conftest import Enter, OpenShop
from tests.e2e.test_tabs import Tabs, lines

NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });"


def refuse(socket: WebSocketRoute) -> None:
    """A proxy that knows no sockets."""
    socket.close(code=1011)


def abort(route: Route) -> None:
    route.abort()


@pytest.mark.parametrize("way", ["events", ""], ids=["a stream", "answers"])
def test_page_is_live_to_the_end_without_a_socket(
    open_embedded: OpenShop, enter: Enter, way: str
) -> None:
    shop = open_embedded(pace=2)
    customer = enter(shop)
    page = customer.page
    answered: list[str] = []
    page.on("response", lambda response: answered.append(response.url))
    page.route_web_socket("**/flow/ws/", refuse)
    if not way:
        page.route("**/flow/live/events", abort)
    customer.enter()

    line = customer.order("Wool blanket")
    line.until_link("live")
    line.until_done()

    line.until_link("live")
    assert f"{customer.url}flow/live/{way}" in answered
    customer.assert_agrees()


def test_tabs_of_a_browser_without_locks_have_a_socket_each(
    open_embedded: OpenShop, enter: Enter
) -> None:
    shop = open_embedded(pace=1)
    customer = enter(shop)
    order = customer.order("Wool blanket")
    customer.page.goto("about:blank")
    customer.context.add_init_script(NO_LOCKS)

    tabs = Tabs(customer, shop, 2)
    for line in lines(tabs.pages, order.run):
        line.until_link("live")

    assert [len(sockets) for sockets in tabs.sockets.values()] == [1, 1]
    for line in lines(tabs.pages, order.run):
        line.until_done()
        line.until_link("live")
