"""How a customer says how he wants to be told: e-mails, pushes, quiet hours; kept, or told what does not fit."""

from __future__ import annotations

import re
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import copied
from tests.e2e.shop import ROOT
from tests.e2e.test_looks import PICTURES, SCHEMES, SPILLS, WIDTHS
from tests.e2e.test_variants import AXE, FAULTS
from tests.nodes.process import end, free_port, spawn, tail, wait_until

NO_END = re.compile("^Quiet hours need a begin and an end")
NO_HOURS = re.compile("^Quiet hours cannot end when they begin")
EVERYWHERE = FAULTS.replace('{ include: [["flow-progress"]] }', "document")
SUBSCRIBES = """
() => { PushManager.prototype.subscribe = async (options) => {
  window.asked = options;
  return { toJSON: () => ({ endpoint: "https://fcm.googleapis.com/fcm/send/abc",
                            keys: { p256dh: "p", auth: "a" } }) };
}; }
"""
"""In place of the browser maker's server, which is not there."""
REFUSES = """
() => { PushManager.prototype.subscribe =
  async () => { throw new DOMException("", "NotAllowedError"); }; }
"""


@pytest.fixture
def folder(seeded: Path, tmp_path: Path) -> Path:
    """Where the shop has its file."""
    return copied(seeded, tmp_path)


@pytest.fixture
def page(folder: Path, chrome: Browser) -> Iterator[Page]:
    """The page of a customer who is signed in, of a shop that writes to its customers."""
    port, log = free_port(), folder / "web.log"
    place = ("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning")
    server = spawn(
        [sys.executable, "-m", "uvicorn", "flowengine.demo.asgi:application", *place],
        directory=ROOT,
        log=log,
        environment={
            "DJANGO_SETTINGS_MODULE": "tests.e2e.settings_that_write",
            "FLOWENGINE_DEMO_DIR": str(folder),
            "FLOWENGINE_BROKER_URL": "inproc://",
            "DATABASE_URL": "",
            "REDIS_URL": "",
        },
    )
    context = chrome.new_context(locale="en-GB", base_url=f"http://127.0.0.1:{port}")
    try:
        wait_until(
            lambda: listens(port), what="the shop answers", limit_s=60, process=server, log=log
        )
        page = context.new_page()
        page.goto("/")
        page.goto("/flow/inbox/preferences/")
        yield page
    finally:
        context.close()
        end([server], gently_s=5, first=signal.SIGTERM)
        print(tail(log, lines=40))  # noqa: T201 - pytest shows it where it is wanted


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def rows(folder: Path, question: str) -> list[tuple[Any, ...]]:
    """What the shop's database answers."""
    file = f"file:{folder / 'demo.sqlite3'}?mode=ro"
    with closing(sqlite3.connect(file, uri=True, timeout=10)) as connection:
        return connection.execute(question).fetchall()


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()


def test_what_is_chosen_is_kept_and_shown_again(page: Page) -> None:
    chosen = {"E-mails come": "daily", "Time zone": "UTC", "Language of e-mails": "de"}
    expect(field(page, "Time zone")).to_have_value("Europe/Berlin")
    expect(field(page, "By e-mail")).to_be_checked()

    for label, value in chosen.items():
        field(page, label).select_option(value)
    field(page, "From").fill("22:00")
    field(page, "To").fill("07:30")
    field(page, "By e-mail").uncheck()
    field(page, "By this browser, where you allow it").uncheck()
    save(page)
    expect(page.get_by_role("status").first).to_have_text("Saved.")
    page.goto("/flow/inbox/preferences/")

    for label, value in {**chosen, "From": "22:00", "To": "07:30"}.items():
        expect(field(page, label)).to_have_value(value)
    expect(field(page, "By e-mail")).not_to_be_checked()
    expect(field(page, "By this browser, where you allow it")).not_to_be_checked()


def test_hours_that_do_not_fit_are_told_beside_them_and_nothing_is_kept(page: Page) -> None:
    begin, end_ = field(page, "From"), field(page, "To")
    begin.fill("22:00")
    field(page, "E-mails come").select_option("hourly")

    save(page)

    expect(page.get_by_role("alert")).to_have_text("Nothing was saved yet.")
    for each in (begin, end_):
        expect(each).to_have_attribute("aria-invalid", "true")
        expect(each).to_have_accessible_description(NO_END)
    expect(begin).to_have_value("22:00")
    expect(field(page, "E-mails come")).to_have_value("hourly")
    page.add_script_tag(path=AXE)
    for scheme in SCHEMES:
        for width in WIDTHS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            which = f"inbox-preferences-problem-{scheme}-{width}"
            page.screenshot(path=PICTURES / f"{which}.png", full_page=True)
            assert page.evaluate(SPILLS) + page.evaluate(EVERYWHERE) == [], which

    end_.fill("22:00")
    save(page)
    expect(begin).to_have_accessible_description(NO_HOURS)

    end_.fill("06:00")
    save(page)
    expect(page.get_by_role("status").first).to_have_text("Saved.")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(end_).to_have_value("06:00")


def test_browser_that_is_allowed_is_told_and_one_that_is_not_says_so(
    page: Page, folder: Path
) -> None:
    allow = page.get_by_role("button", name="Allow it in this browser")
    said = page.locator("flow-push [role=status]")
    page.evaluate(REFUSES)
    allow.click()
    expect(said).to_have_text("The browser does not allow it.")
    question = "SELECT endpoint FROM flowengine_push_subscription"
    assert rows(folder, question) == []

    page.evaluate(SUBSCRIBES)
    allow.click()

    expect(said).to_have_text("This browser is told.")
    expect(allow).to_be_focused()
    assert page.evaluate("window.asked.userVisibleOnly") is True
    assert rows(folder, question) == [("https://fcm.googleapis.com/fcm/send/abc",)]
