"""Every screen in an empty house and a full one, where the API fails and where there is no network: for
everybody, in both themes and on both widths."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser, Route

from flowengine.web.dashboard import PLACES
from tests.e2e.addresses import LISTS, screens
from tests.e2e.house import fill
from tests.e2e.operator import LOOKS, Operator
from tests.e2e.shop import Parts, Shop, opened

EVENTS = int(os.environ.get("FLOWENGINE_TEST_CROWD", "50000"))
API = "**/flow/api/v1/**"
FAILS = {
    "type": "about:blank",
    "title": "It does not work",
    "status": 500,
    "detail": "The database is away.",
    "code": "FE899",
}
CUT = "() => document.querySelector('.chip-live')?.dataset.standing === 'offline'"


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
        faults |= operator.faults(_name("empty", place))

    assert faults == {}, json.dumps(faults, indent=1)


@pytest.mark.timeout(600 + EVENTS // 500)
def test_full_failing_and_lonely_house_is_for_everybody(operator: Operator, shop: Shop) -> None:
    fill(operator, EVENTS)
    found = screens(shop)
    patterns = {pattern.partition("?")[0] for pattern in found}
    assert {re.sub("<[^>]+>", "{}", place) for place in PLACES} == patterns

    faults = full_and_lonely(operator, found)
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
        # There is little that is new: one look of each, in turn.
        faults |= operator.faults(_name("offline", pattern), [LOOKS[n % len(LOOKS)]])
        operator.context.set_offline(offline=False)
    return faults


def failing(operator: Operator, places: Mapping[str, str]) -> dict[str, list[str]]:
    """The same where no question is answered."""
    faults: dict[str, list[str]] = {}
    for n, (pattern, place) in enumerate(places.items()):
        operator.open(place).settled()
        faults |= operator.faults(_name("failing", pattern), [LOOKS[(n + 1) % len(LOOKS)]])
    return faults


def _name(state: str, pattern: str) -> str:
    return f"{state}-{re.sub(r'[^a-z]+', '-', pattern.replace('{}', 'one')) or 'floor'}"


def _fail(route: Route) -> None:
    route.fulfill(status=500, body=json.dumps(FAILS), content_type="application/problem+json")
