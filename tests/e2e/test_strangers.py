"""Whose order it is: nobody else is shown it, whatever they ask for."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.e2e.conftest import Enter, OpenShop
from tests.e2e.shop import Shop

LOG_IN = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
user = User.objects.create_user("eve")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(session.session_key)
"""
WATCH = """
run => {
  window.frames_ = [];
  const socket = new WebSocket(`ws://${location.host}/flow/ws/`);
  socket.onmessage = (event) => {
    const frame = JSON.parse(event.data);
    window.frames_.push(frame);
    if (frame.t === "hello") socket.send(JSON.stringify({ t: "sub", c: `run:${run}`, p: null }));
  };
  window.ping = () => socket.send(JSON.stringify({ t: "ping" }));
}
"""


def frames(page: Page, *, heartbeats: int) -> list[dict[str, Any]]:
    """What came over the socket until it said so many heartbeats more."""
    count = "window.frames_.filter(frame => frame.t === 'hb').length"
    had = page.evaluate(count)
    for n in range(1, heartbeats + 1):
        page.evaluate("window.ping()")
        page.wait_for_function(f"{count} >= {had + n}")
    found: list[dict[str, Any]] = page.evaluate("window.frames_")
    return found


def test_order_of_somebody_else_is_pending_for_ever(open_shop: OpenShop, enter: Enter) -> None:
    shop = open_shop(pace=0.5)
    stranger = enter(shop, cookie=_eve(shop))
    line = enter(shop).order()
    assert stranger.enter().lines() == []
    stranger.page.evaluate(WATCH, line.run)
    stranger.page.wait_for_function("window.frames_.some(frame => frame.t === 'pending')")
    line.until_seen("pack", "running")
    frames(stranger.page, heartbeats=1)
    line.until_done()

    said = frames(stranger.page, heartbeats=2)

    assert [frame["t"] for frame in said if frame["t"] != "hb"] == ["hello", "pending"]
    assert {str(frame["h"]) for frame in said if frame["t"] == "hb"} <= {
        str({f"run:{line.run}": None}),
        "{}",
    }
    answer = stranger.page.request.get(f"{shop.url}flow/my/runs/{line.run}.json")
    assert (answer.status, answer.json()) == (404, {"t": "pending", "c": f"run:{line.run}"})


def test_element_made_for_somebody_elses_order_shows_nothing_of_it(
    open_embedded: OpenShop, enter: Enter
) -> None:
    shop = open_embedded(pace=0)
    line = enter(shop).order()
    line.until_done()
    stranger = enter(shop, cookie=_eve(shop))

    stranger.page.evaluate(
        """run => {
          const element = document.createElement("flow-progress");
          element.setAttribute("run-id", run);
          document.querySelector("main").append(element);
        }""",
        line.run,
    )

    element = stranger.page.locator("flow-progress")
    element.and_(stranger.page.locator("[data-link=live]")).wait_for()
    assert element.get_attribute("data-state") == "pending"
    assert "Order" not in str(element.text_content())


def _eve(shop: Shop) -> str:
    """The session of another customer."""
    return shop.manage(LOG_IN)
