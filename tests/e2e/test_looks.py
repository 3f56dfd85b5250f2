"""How the page looks: pictures for people, and what can be measured of them.

The pictures go to ``screenshots/`` beside this file, and not into git.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Enter, OpenShop

PICTURES = Path(__file__).parent / "screenshots"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (360, 1280)
CONTRAST_MIN = 4.5
"""WCAG 2.2 AA for text of any size."""

STILL = (
    "*, ::before, ::after { animation-play-state: paused !important; transition: none !important }"
)
SPILLS = """
() => [...document.querySelectorAll("body *")]
  .filter(e => e.checkVisibility() && !e.closest("[aria-hidden]") && e.clientWidth > 2
               && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline")
  .map(e => `${e.tagName}.${e.className} ${e.scrollWidth} > ${e.clientWidth}`)
  .concat(document.documentElement.scrollWidth > innerWidth ? ["the page"] : [])
"""
"""What is wider than the place it has."""
FAINT = """
least => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255);
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const ground = (element) => {
    if (element === null) return rgba("Canvas").slice(0, 3);
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, ground(element.parentElement));
  };
  const light = (rgb) => rgb
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const faint = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility({ opacityProperty: true })) continue;
    if (element.closest("script, option, progress, :disabled") || element.clientWidth === 1) continue;
    const below = ground(element);
    const text = over(rgba(getComputedStyle(element).color), below);
    const [low, high] = [light(text), light(below)].sort((a, b) => a - b);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < least) faint.add(`${element.className || element.tagName} ${contrast.toFixed(2)}`);
  }
  return [...faint];
}
"""
"""Texts that stand out too little from what they stand on."""
COLOURS = """
() => [".flow-bar", ".flow-chip"].map(each => getComputedStyle(document.querySelector(each)).color)
"""
"""Of the bar of a run, and of the word for its state."""


def look(page: Page, name: str) -> None:
    """Take the page's picture in each scheme and width, and measure it."""
    faults: dict[str, Any] = {}
    for scheme in SCHEMES:
        for width in WIDTHS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            which = f"{name}-{scheme}-{width}"
            page.screenshot(path=PICTURES / f"{which}.png", style=STILL)
            if found := page.evaluate(SPILLS) + page.evaluate(FAINT, CONTRAST_MIN):
                faults[which] = found
    assert faults == {}


def test_page_is_legible_at_every_stage_of_an_order(open_embedded: OpenShop, enter: Enter) -> None:
    shop = open_embedded(pace=2.5)
    customer = enter(shop)
    page = customer.page
    look(page, "empty")

    line = customer.order("Wool blanket")
    line.until_link("live")
    line.until_step("pack", "running")
    expect(line.station("pack").locator(".flow-note")).not_to_be_empty()
    look(page, "running")

    customer.context.set_offline(offline=True)
    line.until_link("stale")
    look(page, "offline")

    customer.context.set_offline(offline=False)
    line.until_done()
    look(page, "done")

    failed = customer.order("Grand piano")
    failed.until_run("failed")
    look(page, "failed")


def test_basket_is_legible_at_every_stage(open_embedded: OpenShop, enter: Enter) -> None:
    shop = open_embedded(pace=2)
    customer = enter(shop)
    page = customer.page
    line = customer.fill("With a grand piano")
    line.until_step("manager", "waiting")
    expect(page.get_by_role("link", name="Answer")).to_be_visible()
    look(page, "asked")

    line.answer()
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    look(page, "approval")
    page.get_by_role("button", name="Approve").click()
    customer.enter()
    line.until_step("packing", "running")
    expect(line.inside("packing").first).to_be_visible()
    look(page, "branches")

    line.until_run("compensating")
    look(page, "taken-back")
    line.until_run("failed")
    bar, word = page.evaluate(COLOURS)
    assert bar == word
    look(page, "not-paid")

    page.get_by_role("link", name="Start by hand").click()
    look(page, "starts")
    page.get_by_role("link", name="Restock").click()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("What is missing.")).to_be_visible()
    look(page, "start")


def test_page_is_legible_with_a_hundred_orders(open_embedded: OpenShop, enter: Enter) -> None:
    shop = open_embedded(pace=0.2)
    customer = enter(shop)
    customer.press("Place a hundred")

    customer.page.locator("[data-state=retrying]").first.wait_for()

    look(customer.page, "hundred")


@pytest.mark.parametrize("width", WIDTHS)
def test_page_without_javascript_is_legible(
    open_embedded: OpenShop, enter: Enter, width: int
) -> None:
    shop = open_embedded(pace=0)
    enter(shop).order().until_done()
    viewport = {"width": width, "height": 900}

    plain = enter(shop, java_script_enabled=False, viewport=viewport)

    plain.lines()[0].until_done()
    plain.page.screenshot(path=PICTURES / f"plain-light-{width}.png")
