"""What a project may ask of its own pages: a strict policy, forced colours, right to left, slots, no lie."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, WebSocketRoute, expect

from tests.e2e.conftest import Enter, OpenShop
from tests.e2e.customer import Customer, Line
from tests.e2e.shop import Shop
from tests.e2e.test_looks import SPILLS
from tests.e2e.test_variants import AXE, FAULTS

ASKED = "Many: the manager is asked"
POLICY = (
    "default-src 'none'; script-src {source}; style-src {source}; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
REFUSALS = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
INLINE = """
() => new Promise((resolve) => {
  document.addEventListener("securitypolicyviolation", resolve, { once: true });
  const script = document.createElement("script");
  script.textContent = "window.isUnsafe = true";
  document.head.append(script);
}).then((event) => [event.effectiveDirective, window.isUnsafe ?? false])
"""
"""What the policy says to a script without a nonce: if nothing, the page would be waited for in vain."""
ENDS = """
async (picture) => {
  const bytes = await (await fetch(`data:image/png;base64,${picture}`)).blob();
  const drawn = await createImageBitmap(bytes);
  const canvas = new OffscreenCanvas(drawn.width, drawn.height).getContext("2d");
  canvas.drawImage(drawn, 0, 0);
  const middle = Math.trunc(drawn.height / 2);
  return [4, drawn.width - 5].map((x) => [...canvas.getImageData(x, middle, 1, 1).data].join());
}
"""
"""The colours near the left and the right end of a picture."""
STANDS_OUT = """
(element) => {
  const probe = document.createElement("i");
  probe.style.color = "Canvas";
  element.append(probe);
  const ground = getComputedStyle(probe).color;
  probe.remove();
  return getComputedStyle(element).color !== ground;
}
"""
READS_AS_IT_IS = """
(element) => {
  const range = document.createRange();
  const left = (at) => {
    range.setStart(element.firstChild, at);
    range.setEnd(element.firstChild, at + 1);
    return range.getBoundingClientRect();
  };
  const { length } = element.firstChild;
  const [first, last] = [left(0), left(length - 1)];
  return first.left < last.left && last.right > element.getBoundingClientRect().right - 2;
}
"""
"""Words in Latin letters run from left to right, and end where the line of a page from right to left begins."""
TURNS = """
window.turns = [];
window.closes = [];
const stale = () => [...document.querySelectorAll("flow-progress")].map(
  (line) => [line.dataset.link, line.querySelector(".flow-link").textContent]);
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    // Before the client, whose listener comes later: the next frame is the first that shows the news.
    this.addEventListener("close", () => requestAnimationFrame(() => window.closes.push(stale())));
  }
};
new MutationObserver((changes) => {
  // All changes of one task come together.
  const strip = document.querySelector("flow-connection");
  if (changes.some(({ target, oldValue }) => target === strip && oldValue !== strip.dataset.status)) {
    window.turns.push([strip.dataset.status, stale()]);
  }
}).observe(document, { subtree: true, attributeOldValue: true, attributeFilter: ["data-status"] });
"""
"""Runs before the page's scripts: how each line stands in the very task in which the status changes."""
AS_OF = re.compile(r"^Reconnecting, as of \d{1,2}:\d\d:\d\d")


@pytest.fixture(scope="module")
def shop(open_for_all: OpenShop) -> Shop:
    """One for all tests here; each looks at its own orders."""
    return open_for_all(pace=0)


def rewrite(
    context: BrowserContext, *, policy: str = "", edit: Callable[[str], str] = lambda html: html
) -> None:
    """Documents and fragments come with that policy, and as *edit* makes them."""

    def answer(route: Route) -> None:
        if route.request.resource_type not in {"document", "fetch"}:
            route.fallback()
            return
        response = route.fetch()
        unsaid = {"content-length", "content-encoding"}
        headers = {name: text for name, text in response.headers.items() if name not in unsaid}
        if policy:
            headers["content-security-policy"] = policy
        route.fulfill(status=response.status, headers=headers, body=edit(response.text()))

    context.route(re.compile(r"^http://[^/]+/(orders/|flow/my/approvals/.*)?$"), answer)


def watched(customer: Customer) -> list[str]:
    """What the console says of the policy, from now on; ``window.refused`` has the page's events."""
    reports: list[str] = []
    customer.context.add_init_script(REFUSALS)
    customer.page.on(
        "console",
        lambda said: (
            reports.append(said.text)
            if re.search("content.security.policy", said.text, re.IGNORECASE)
            else None
        ),
    )
    return reports


def test_run_is_followed_to_its_end_where_the_policy_allows_nothing_inline(
    shop: Shop, enter: Enter
) -> None:
    customer = enter(shop)
    reports = watched(customer)
    rewrite(customer.context, policy=POLICY.format(source="'self'"))
    customer.enter()

    line = customer.fill(ASKED)
    line.until_run("waiting")
    line.until_link("live")
    other = customer.context.new_page()
    answer = line.element.get_by_role("link", name="Answer").get_attribute("href")
    other.goto(shop.url.rstrip("/") + str(answer))
    other.get_by_role("button", name="Approve").click()
    line.until_run("succeeded")
    customer.page.locator("flow-inbox summary").click()
    customer.page.locator("flow-inbox .flow-item").first.get_by_role(
        "button", name=re.compile("^Archive")
    ).click()
    expect(customer.page.get_by_role("button", name="Undo")).to_be_visible()

    line.until_link("live")
    assert {"waiting", "succeeded"} <= set(line.seen()["run"])

    assert customer.page.evaluate("window.refused") == []
    assert reports == []
    assert customer.page.evaluate(INLINE) == ["script-src-elem", False]


def test_run_is_followed_where_only_what_has_the_nonce_is_allowed(shop: Shop, enter: Enter) -> None:
    def with_nonce(html: str) -> str:
        # As `flow_assets` does where the request has one.
        return re.sub('<(script type="module"|link rel="stylesheet")', r'<\1 nonce="r4nd0m"', html)

    customer = enter(shop)
    reports = watched(customer)
    rewrite(customer.context, policy=POLICY.format(source="'nonce-r4nd0m'"), edit=with_nonce)
    customer.enter()

    line = customer.order("Wool blanket")
    line.until_done()
    line.until_link("live")

    assert customer.page.evaluate("window.refused") == []
    assert reports == []
    assert customer.page.evaluate(INLINE) == ["script-src-elem", False]


BUTTON = """
<flow-button id="again" socket="/flow/ws/">
  <form method="post" action="/flow/start/restock">
    <input type="hidden" name="csrfmiddlewaretoken" value="{token}">
    <input type="hidden" name="field.product" value="2"><input type="hidden" name="field.pieces" value="5">
    <button>Fill it again</button>
  </form>
</flow-button>
"""


def from_right_to_left(html: str) -> str:
    """The same page for readers of Arabic, with a button."""
    [token] = re.findall('name="flow-csrf" content="([^"]+)"', html) or [""]
    html = html.replace('<html lang="en">', '<html lang="en" dir="rtl">')
    return html.replace("<main>", "<main>" + BUTTON.format(token=token))


def ends(page: Page, bar: Locator) -> list[str]:
    """The colours of a bar at its left and at its right."""
    found: list[str] = page.evaluate(ENDS, b64encode(bar.screenshot()).decode())
    return found


def test_elements_are_right_from_right_to_left_and_in_forced_colours(
    shop: Shop, enter: Enter
) -> None:
    customer = enter(
        shop,
        forced_colors="active",
        reduced_motion="reduce",
        viewport={"width": 360, "height": 800},
    )
    rewrite(customer.context, edit=from_right_to_left)
    page = customer.enter().page
    page.locator("flow-toasts").evaluate("toasts => toasts.setAttribute('duration', 600000)")
    button = page.locator("flow-button")
    with page.expect_response("**/flow/start/restock") as answer:
        button.get_by_role("button").click()
    assert answer.value.status == 201, answer.value.text()
    expect(button.locator("flow-progress")).to_have_attribute("data-link", "live")
    line = customer.fill(ASKED)
    line.until_run("waiting")
    expect(page.locator("flow-toasts ol > li").first).to_be_visible()

    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    for part in (button, line.element, line.headline, page.locator("flow-inbox summary")):
        expect(part).to_be_visible()
    asked = line.element.get_by_role("link", name="Answer")
    expect(asked).to_be_visible()
    assert asked.evaluate(STANDS_OUT), "a text in the colour of the ground is on the ground"
    assert line.element.locator(".flow-place").evaluate(READS_AS_IT_IS)
    page.add_script_tag(path=AXE)
    everywhere = FAULTS.replace('{ include: [["flow-progress"]] }', "document")
    assert page.evaluate(everywhere) + page.evaluate(SPILLS) == []

    page.locator("flow-toasts").evaluate("toasts => toasts.remove()")
    bar = line.element.locator(".flow-bar")
    empty, full = ends(page, bar)
    assert empty != full
    page.evaluate("document.documentElement.dir = 'ltr'")
    assert ends(page, bar) == [full, empty]


def test_no_frame_shows_a_run_as_live_after_its_socket_has_closed(shop: Shop, enter: Enter) -> None:
    sockets: list[WebSocketRoute] = []
    is_down = False

    def open_socket(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        if is_down:
            socket.close(code=1012)
        else:
            socket.connect_to_server()

    customer = enter(shop)
    customer.page.route_web_socket("**/flow/ws/", open_socket)
    customer.page.add_init_script(TURNS)
    line = customer.enter().order("Wool blanket")
    line.until_done()
    line.until_link("live")
    assert customer.page.evaluate("window.closes") == []

    is_down = True
    sockets[0].close(code=1012)
    line.until_link("stale")

    customer.page.wait_for_function("window.closes.length > 0")
    assert_all_stale(customer.page.evaluate("window.closes[0]"))
    is_down = False
    line.until_link("live")


def test_lines_say_as_of_when_in_the_task_in_which_the_page_knows_that_it_is_offline(
    shop: Shop, enter: Enter
) -> None:
    customer = enter(shop)
    customer.page.add_init_script(TURNS)
    line = customer.enter().order("Wool blanket")
    line.until_done()
    expect(customer.page.locator("flow-connection")).to_have_attribute("data-status", "live")
    before = customer.page.evaluate("window.turns.length")

    customer.context.set_offline(offline=True)
    line.until_link("stale")

    status, lines = customer.page.evaluate("before => window.turns[before]", before)
    assert status == "offline"
    assert_all_stale(lines)


def assert_all_stale(lines: list[list[str]]) -> None:
    """Each line says that it is not live, and as of when it was."""
    assert lines
    assert {link for link, _ in lines} == {"stale"}
    assert [text for _, text in lines if not AS_OF.match(text)] == []


SLOTS = "".join(f'<p slot="{name}">{name}</p>' for name in ("done", "failed", "offline"))


def with_slots(html: str) -> str:
    """Each line with all that the tag may bring, where the tag writes it."""
    return html.replace('<p class="flow-foot">', SLOTS + '<p class="flow-foot">')


def slots(line: Line) -> list[str]:
    """Those that are seen now."""
    texts: list[str] = line.element.locator("> [slot]").evaluate_all(
        "all => all.filter(each => each.checkVisibility()).map(each => each.slot)"
    )
    return texts


def test_slot_is_shown_at_its_state_and_no_other(shop: Shop, enter: Enter) -> None:
    customer = enter(shop)
    rewrite(customer.context, edit=with_slots)
    customer.enter()
    asked = customer.fill(ASKED)
    asked.until_run("waiting")
    failed = customer.order("Grand piano")
    failed.until_run("failed")
    done = customer.order("Wool blanket")
    done.until_done()
    for line in (asked, failed, done):
        line.until_link("live")
    assert [slots(line) for line in (asked, failed, done)] == [[], ["failed"], ["done"]]

    customer.context.set_offline(offline=True)
    for line in (asked, failed, done):
        line.until_link("stale")

    assert slots(asked) == ["offline"]
    assert slots(failed) == ["failed", "offline"]
    assert slots(done) == ["done", "offline"]


def test_what_is_to_be_hidden_when_done_is_hidden_then_and_not_when_it_fails(
    shop: Shop, enter: Enter
) -> None:
    customer = enter(shop)
    rewrite(
        customer.context,
        edit=lambda html: html.replace("<flow-progress ", "<flow-progress hide-when-done "),
    )
    customer.enter()

    failed = customer.order("Grand piano")
    failed.until_run("failed")
    done = customer.order("Wool blanket")
    done.until_run("succeeded")

    expect(failed.element).to_be_visible()
    expect(done.element).to_be_hidden()
