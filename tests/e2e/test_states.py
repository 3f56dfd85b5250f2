"""Every screen in an empty house and a full one, where the API fails and where there is no network: for
everybody, in both themes and on both widths."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence

import pytest
from playwright.sync_api import Browser, Route, expect

from flowengine.web.dashboard import PLACES
from tests.e2e.addresses import LISTS, screens
from tests.e2e.house import fill
from tests.e2e.operator import IS_PATIENT, LOOKS, Operator
from tests.e2e.shop import Parts, Shop, opened

EVENTS = int(os.environ.get("FLOWENGINE_TEST_CROWD", "50000"))
API = "**/flow/api/v1/**"
WHY = "The database is away."
FAILS = {
    "type": "about:blank",
    "title": "It does not work",
    "status": 500,
    "detail": WHY,
    "code": "FE899",
}
CUT = "() => document.querySelector('.chip-live')?.dataset.standing === 'offline'"
TEACHING = {
    "": "Nothing needs you. Nothing has failed yet.",
    "runs": "Nothing has run yet.",
    "events": "No event has come yet.",
    "dead": "Nothing is dead.",
    "dead?show=letters": "No dead letter matches.",
    "replays": "Nothing was replayed yet.",
    "approvals": "Nothing waits for an answer.",
    "audit": "Nobody has done anything yet.",
    "notifications": "There is no rule yet.",
}
"""What lists say that have nothing in them; the others have something from the beginning."""
TOLD_BY_TOPICS = frozenset({"", "runs", "runs?q=", "stations", "workers"})
"""Screens that show what their topic tells, whatever the API says."""
SILENT = """
(unchanging) => {
  const main = document.querySelector("main");
  const isSilent = (part) => part.querySelector(".as-of") === null;
  const panels = [...main.querySelectorAll(".panel-head")].filter(isSilent)
    .map((head) => head.querySelector("h2").textContent);
  const parts = [...main.querySelectorAll(".group-letters, .waits")].filter(isSilent)
    .map((part) => part.getAttribute("aria-label"));
  const found = panels.filter((title) => !unchanging.includes(title)).concat(parts);
  return isSilent(main) ? ["all of it", ...found] : found;
}
"""
"""What does not say as of when it is shown, of a screen that is not live."""
UNCHANGING = (
    *("Data", "What was delivered", "What its data must be", "Version"),
    *("1 · What", "2 · How", "4 · Pace", "5 · Go"),
)
"""Panels of what stays as it is: payloads, texts, and what somebody is writing."""


@pytest.fixture(scope="module")
def shop(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop in which nothing has happened."""
    folder = tmp_path_factory.mktemp("shop")
    with opened(folder, Parts(database=database), pace=0.1) as shop:
        yield shop


@pytest.fixture(scope="module")
def operator(chrome: Browser, shop: Shop) -> Iterator[Operator]:
    """One operator for all of them."""
    operator = Operator(chrome, shop)
    yield operator
    operator.close()


def test_empty_house_is_for_everybody(operator: Operator) -> None:
    faults: dict[str, list[str]] = {}
    for place in LISTS:
        operator.open(place).settled()
        expect(operator.page.locator("main")).to_contain_text(TEACHING.get(place, ""))
        faults |= operator.faults(_name("empty", place))

    assert faults == {}, json.dumps(faults, indent=1)


@pytest.mark.timeout(600 + EVENTS // 500)
def test_full_failing_and_lonely_house_is_for_everybody(operator: Operator, shop: Shop) -> None:
    fill(operator, EVENTS)
    found = screens(shop)
    patterns = {pattern.partition("?")[0] for pattern in found}
    assert {re.sub("<[^>]+>", "{}", place) for place in PLACES} == patterns

    faults = full_and_lonely(operator, found)
    operator.page.emulate_media(contrast="more")
    faults |= legible(operator, found, "contrast")
    operator.page.emulate_media(contrast="no-preference", forced_colors="active")
    faults |= legible(operator, found, "forced")
    operator.page.emulate_media(forced_colors="none")
    operator.page.route(API, _fail)
    faults |= failing(operator, found)
    operator.page.unroute(API)

    # That each answer was a 500 the browser writes down.
    operator.problems[:] = [each for each in operator.problems if "status of 500" not in each]
    assert faults == {}, json.dumps(faults, indent=1)


def full_and_lonely(operator: Operator, places: Mapping[str, str]) -> dict[str, list[str]]:
    """What there is to say against the screens as they are, and when the network goes."""
    faults: dict[str, list[str]] = {}
    for n, (pattern, place) in enumerate(places.items()):
        operator.open(place).settled()
        operator.until_live()
        faults |= operator.faults(_name("full", pattern))
        operator.context.set_offline(offline=True)
        operator.page.wait_for_function(CUT)
        silent = operator.page.evaluate(SILENT, list(UNCHANGING))
        if silent and pattern != "sandbox":  # where all is what somebody is writing
            faults[f"{pattern} does not say as of when"] = silent
        faults |= operator.faults(_name("offline", pattern), _looks(n))
        operator.context.set_offline(offline=False)
    return faults


def legible(operator: Operator, places: Mapping[str, str], state: str) -> dict[str, list[str]]:
    """The same with the colours that the reader's system wants: a look of each, in turn."""
    faults: dict[str, list[str]] = {}
    for n, (pattern, place) in enumerate(places.items()):
        operator.open(place).settled()
        faults |= operator.faults(_name(state, pattern), _looks(n))
    return faults


def failing(operator: Operator, places: Mapping[str, str]) -> dict[str, list[str]]:
    """The same where no question is answered."""
    faults: dict[str, list[str]] = {}
    for n, (pattern, place) in enumerate(places.items()):
        operator.open(place).settled()
        if pattern not in TOLD_BY_TOPICS:
            expect(operator.page.get_by_text(WHY).first, pattern).to_be_visible()
        faults |= operator.faults(_name("failing", pattern), _looks(n + 1))
    return faults


def _looks(n: int) -> Sequence[tuple[str, int]]:
    """There is little that is new: one of them, in turn."""
    return LOOKS if IS_PATIENT else [LOOKS[n % len(LOOKS)]]


def _name(state: str, pattern: str) -> str:
    return f"{state}-{re.sub(r'[^a-z]+', '-', pattern.replace('{}', 'one')) or 'floor'}"


def _fail(route: Route) -> None:
    route.fulfill(status=500, body=json.dumps(FAILS), content_type="application/problem+json")
