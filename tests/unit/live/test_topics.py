"""Names of topics: what they are about, and what is none."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from flowengine.live.topics import parse

RUN = "run:01930000-0000-5000-8000-00000000000a"


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "run:",
        "run:*",
        "run:01930000000050008000000000000000",
        "run:01930000-0000-5000-8000-00000000000A",
        f"{RUN}\n",
        f"{RUN}\x00",
        f"{RUN},run:x",
        "runs:01930000-0000-5000-8000-00000000000a",
        "flowengine.live.0",
        "run:{01930000-0000-5000-8000-00000000000a}",
        "runs",
        "runs:",
        "runs:mine:7",
        "runs:subject:",
        "runs:workflow:",
        "runs:subject:a\nb",
        "runs:subject:\x1b[2J",
        "runs:subject:\u202eabc",
        "runs:subject:" + "x" * 201,
        "inbox:7",
        "inbox ",
        "floor:",
        "floor:orders,",
        "floor:,",
        "floors",
        "floor:" + "x" * 201,
        "dead:7",
        "workers:w1",
        "runs:query",
        "runs:query:colour:red",
    ],
)
def test_what_is_no_topic_is_about_nothing(topic: str) -> None:
    assert parse(topic) is None


@pytest.mark.parametrize(
    ("topic", "about"),
    [
        (RUN, UUID("01930000-0000-5000-8000-00000000000a")),
        ("runs:mine", ""),
        ("runs:subject:order 17: Zoë", "order 17: Zoë"),
        ("runs:subject:" + "x" * 200, "x" * 200),
        ("runs:workflow:orders", "orders"),
        ("inbox", ""),
        ("floor", ()),
        ("floor:orders", ("orders",)),
        ("floor:orders,refunds", ("orders", "refunds")),
        ("dead", ""),
        ("workers", ""),
        ("runs:query:", ""),
        ("runs:query:state:failed since:2h", "state:failed since:2h"),
    ],
)
def test_topic_is_about_what_it_names(topic: str, about: Any) -> None:
    found = parse(topic)

    assert found is not None
    assert found[1] == about
