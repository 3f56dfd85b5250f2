"""The page of a dead letter tells each of its tries, with the place in the project's own code."""

from __future__ import annotations

import pytest

from flowengine.engine.run import Failure, Frame, Try
from flowengine.models import DeadLetterRecord
from flowengine.orchestration.bury import letter as letter_of
from tests.builders.dead import NOON, bury
from tests.database.admin.test_admin import VIEWS, a_client, page

pytestmark = pytest.mark.django_db

LIBRARY = Frame(file="httpx/_client.py", line=914, name="Client.send")
TRIES = (
    Try(
        attempt=1,
        code="GatewayDown",
        message="gateway gave <b>503</b>",
        traceback="Traceback 1 …",
        frames=(Frame(file="shop/cards.py", line=88, name="charge", is_own=True), LIBRARY, LIBRARY),
        worker="5b2f0a52-6f5e-4d5e-9f0e-0a6d2a5f7c11",
        version="7.2",
        started_at=NOON,
        ended_at=NOON,
    ),
    Try(attempt=2, code="GatewayDown", message="gateway gave 504"),
)


def test_each_try_is_told_to_who_may_see_payloads() -> None:
    failure = Failure(code="GatewayDown", message="away", tries=TRIES)
    [letter] = bury(letter_of("failed run", "FE421", "away", NOON, failure=failure))

    seen = page(a_client(*VIEWS, "view_payload"), DeadLetterRecord, letter)
    unseen = page(a_client(*VIEWS), DeadLetterRecord, letter)

    assert "<strong>shop/cards.py:88 charge</strong>" in seen
    assert "2 of libraries" in seen
    assert "httpx" not in seen
    assert "1 · GatewayDown: gateway gave &lt;b&gt;503&lt;/b&gt;" in seen
    assert "7c11 · 7.2" in seen
    assert "Traceback 1 …" in seen
    assert "2 · GatewayDown: gateway gave 504" in seen
    assert "shop/cards.py" not in unseen
    assert "gateway gave" not in unseen
