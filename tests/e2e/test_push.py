"""What is pushed to a browser, in one: its service worker shows it."""

from __future__ import annotations

import json

from tests.e2e.conftest import Enter, OpenShop

REGISTER = """
async (script) => {
  const registration = await navigator.serviceWorker.register(script, { scope: "./" });
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  if (worker.state !== "activated") {
    await new Promise((done) => worker.addEventListener("statechange", () => {
      if (worker.state === "activated") done();
    }));
  }
  window.pushes = registration;
}
"""
SHOWN = """
async () => (await window.pushes.getNotifications()).map(
  ({ title, body, tag, data }) => [title, body, tag, data.url].join(" | "))
"""
TOLD = {"id": "n1", "title": "Order 7", "text": "All done.", "url": "/runs/7/"}


def test_push_is_shown_once_by_the_worker_of_the_browser(
    open_embedded: OpenShop, enter: Enter
) -> None:
    customer = enter(open_embedded(pace=0))
    page, found = customer.page, list[str]()
    customer.context.grant_permissions(["notifications"])
    page.goto(f"{customer.url}flow/inbox/preferences/")
    devtools = customer.context.new_cdp_session(page)
    devtools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(each["registrationId"] for each in event["registrations"]),
    )
    devtools.send("ServiceWorker.enable")
    page.evaluate(REGISTER, "/flow/inbox/push.js")

    for _ in range(2):
        push = {"origin": customer.url.rstrip("/"), "registrationId": found[-1]}
        devtools.send("ServiceWorker.deliverPushMessage", {**push, "data": json.dumps(TOLD)})
        page.wait_for_function(f"async () => ({SHOWN})().then((all) => all.length > 0)")

    assert page.evaluate(SHOWN) == ["Order 7 | All done. | n1 | /runs/7/"]
