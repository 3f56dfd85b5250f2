"""Pictures of the dashboard for its tour, taken in a shop that is at work: ``make tour``.

What is shown is what the pages of today show; only times and ids differ from one making to the next.
"""

from __future__ import annotations

import base64
import os
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.addresses import screens
from tests.e2e.house import fill
from tests.e2e.operator import Operator
from tests.e2e.shop import ROOT, Parts, Shop

PICTURES = ROOT / "docs" / "_static" / "tour"
SIZE_MAX = 100_000
"""Bytes of one picture."""
EVENTS = 3_000
ROWS = "[role=row][data-id]"
WIDE, LOW, NARROW = (1280, 800), (1280, 520), (360, 720)
"""Of a window, in pixels."""
_NEWEST_EVENT = """
SELECT id FROM flowengine_event WHERE type = 'order.placed' AND state = 'routed'
ORDER BY created_at DESC LIMIT 1"""
_CONVERT = """
async (png) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").drawImage(image, 0, 0);
  const bytes = new Uint8Array(
    await (await canvas.convertToBlob({ type: "image/webp", quality: 0.86 })).arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
"""


def main() -> None:
    """Open a shop, make it busy, walk through it and take the pictures."""
    chromium = os.environ["FLOWENGINE_TEST_CHROMIUM"]
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        shop = Shop(Path(folder), Parts(), pace=1)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            shop.start()
            operator = Operator(browser, shop)
            expect.set_options(timeout=30_000)
            fill(operator, EVENTS)
            _close_the_till(operator)
            blank = browser.new_page()
            for name, arrange in _scenes(operator, screens(shop)).items():
                arrange(operator.page)
                _take(operator.page, blank, name)
        finally:
            browser.close()
            shop.close()


def _close_the_till(operator: Operator) -> None:
    """Orders wait at a station that somebody has closed: something to see on the floor."""
    page = operator.open("stations").page
    heading = page.get_by_role("heading", name="payment", exact=True)
    till = page.locator(".station").filter(has=heading)
    till.get_by_role("button", name="Pause…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("The bank does not answer.")
    dialog.locator("button[type=submit]").click()
    expect(dialog).to_be_hidden()
    for _ in range(6):
        operator.order()


def _scenes(operator: Operator, places: Mapping[str, str]) -> Mapping[str, Callable[[Page], None]]:
    """What is arranged for each picture, by its name."""

    def at(
        place: str, shown: str, size: tuple[int, int] = WIDE, *, is_dark: bool = False
    ) -> Callable[[Page], None]:
        def arrange(page: Page) -> None:
            page.emulate_media(color_scheme="dark" if is_dark else "light")
            page.set_viewport_size({"width": size[0], "height": size[1]})
            operator.open(place).settled()
            operator.until_live()
            expect(page.locator(shown).first).to_be_visible()
            page.wait_for_load_state("networkidle")

        return arrange

    def event(page: Page) -> None:
        [(event_id,)] = operator.shop.rows(_NEWEST_EVENT)
        at(f"events/{uuid.UUID(event_id)}", ".panel", LOW)(page)
        page.get_by_role("button", name="Show data").click()
        expect(page.locator(".payload pre")).to_be_visible()

    def palette(page: Page) -> None:
        at("runs", ROWS)(page)
        page.keyboard.press("Control+k")
        page.get_by_role("dialog").get_by_role("combobox").fill("de")

    return {
        "floor": at("?workflow=order", ".need"),
        "runs": at("runs?q=state:failed", ROWS),
        "run": at(places["runs/{}"], ".journal .fact"),
        "event": event,
        "causes": at("dead", ".cause-link", LOW),
        "cause": at(places["dead/{}"], ROWS),
        "replay": at(places["replays/new?q=group:{}"], ".dry-counts"),
        "definition": at("definitions/basket", ".drawing svg"),
        "stations": at("stations", ".station", LOW),
        "palette": palette,
        "telephone": at("runs?q=state:failed", ROWS, NARROW, is_dark=True),
    }


def _take(page: Page, blank: Page, name: str) -> None:
    """One picture, as small as it can be without being seen to be."""
    png = base64.b64encode(page.screenshot(animations="disabled")).decode()
    webp = base64.b64decode(blank.evaluate(_CONVERT, png))
    assert len(webp) <= SIZE_MAX, f"{name} has {len(webp):,} bytes"
    (PICTURES / f"{name}.webp").write_bytes(webp)
    print(f"{name}.webp {len(webp) / 1000:.0f} kB")  # noqa: T201 - for who makes them


if __name__ == "__main__":
    main()
