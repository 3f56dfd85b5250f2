"""Each way in which a run is shown, at each stage: without a fault for who cannot see or tell colours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Enter, OpenShop
from tests.e2e.customer import Line
from tests.e2e.test_looks import PICTURES, SCHEMES, SPILLS, STILL, WIDTHS

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
VARIANTS = ("line", "steps", "bar", "ring", "compact")
DRESS = """
variant => {
  for (const line of document.querySelectorAll("flow-progress")) {
    line.toggleAttribute("compact", variant === "compact");
    line.setAttribute("variant", variant === "compact" ? "line" : variant);
  }
}
"""
FAULTS = """
async () => (await axe.run({ include: [["flow-progress"]] },
  { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: { region: { enabled: false } } }))
  .violations.map(each => `${each.id}: ${each.nodes.map(node => node.html.slice(0, 120))}`)
"""
"""What axe-core finds in the elements; in which landmark they stand is the page's business."""
SAID = """
run => {
  window.said = [];
  const region = document.querySelector(`flow-progress[run-id="${run}"] .flow-said`);
  new MutationObserver(() => window.said.push(region.textContent))
    .observe(region, { childList: true, characterData: true, subtree: true });
}
"""


def look(page: Page, stage: str) -> None:
    """Take each variant's picture in each scheme and width, and let axe look at it."""
    faults: dict[str, Any] = {}
    for variant in VARIANTS:
        page.evaluate(DRESS, variant)
        for scheme in SCHEMES:
            for width in WIDTHS:
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.set_viewport_size({"width": width, "height": 900})
                which = f"variant-{variant}-{stage}-{scheme}-{width}"
                page.screenshot(path=PICTURES / f"{which}.png", style=STILL)
                if found := page.evaluate(FAULTS) + page.evaluate(SPILLS):
                    faults[which] = found
    page.evaluate(DRESS, "line")
    assert faults == {}


def test_every_variant_is_without_fault_at_every_stage(
    open_embedded: OpenShop, enter: Enter
) -> None:
    shop = open_embedded(pace=6)
    customer = enter(shop)
    page = customer.page
    line = customer.order("Wool blanket")
    line.until_link("live")
    line.until_seen("charge", "running")
    page.add_script_tag(path=AXE)
    look(page, "running")

    customer.context.set_offline(offline=True)
    line.until_link("stale")
    look(page, "offline")
    customer.context.set_offline(offline=False)
    line.until_link("live")

    line.until_done()
    look(page, "done")


def test_failure_is_without_fault_in_every_variant(open_embedded: OpenShop, enter: Enter) -> None:
    shop = open_embedded(pace=0.2)
    customer = enter(shop)
    customer.order("Grand piano").until_run("failed")
    customer.page.add_script_tag(path=AXE)

    look(customer.page, "failed")


def test_end_is_announced_once(open_embedded: OpenShop, enter: Enter) -> None:
    shop = open_embedded(pace=0.5)
    customer = enter(shop)
    line = customer.order("Wool blanket")
    line.until_link("live")
    customer.page.evaluate(SAID, line.run)

    line.until_done()
    customer.context.set_offline(offline=True)
    line.until_link("stale")
    customer.context.set_offline(offline=False)
    line.until_link("live")

    said = customer.page.evaluate("window.said")
    assert [text for text in said if text.startswith("All done.")] == [said[-1]]


def test_variants_show_as_much_as_they_say(open_embedded: OpenShop, enter: Enter) -> None:
    shop = open_embedded(pace=0)
    customer = enter(shop)
    line = customer.order()
    line.until_done()
    page = customer.page
    page.set_viewport_size({"width": 1280, "height": 900})

    for variant, has_steps, has_bar in (
        ("line", True, False),
        ("steps", True, False),
        ("bar", False, True),
        ("ring", False, False),
    ):
        page.evaluate(DRESS, variant)
        expect(line.element.get_by_role("progressbar")).to_have_attribute("value", "100")
        assert is_seen(line, ".flow-line") is has_steps, variant
        assert is_seen(line, ".flow-bar") is has_bar, variant


def is_seen(line: Line, part: str) -> bool:
    """Somebody who looks sees that part: it has a place of more than a dot."""
    box = line.element.locator(f"> {part}").bounding_box()
    return box is not None and box["width"] > 1 and box["height"] > 1
