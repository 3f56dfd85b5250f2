"""An inbox as a page shows it before its script is awake: the same words and order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowengine.representations import Json, snapshot
from flowengine.store import inbox
from flowengine.web.shown import local_time
from flowengine.web.words import say

GLYPHS = {
    "info": "M12 11v6M12 7h.01",
    "success": "M5 12l5 5 9-9",
    "warning": "M12 7v6M12 17h.01",
    "failure": "M7 7l10 10M17 7L7 17",
}
"""The sign of each tone: the path of a stroked drawing of 24 by 24; the browser's are the same."""
BADGE_MAX = 99
BLANK = {"id": "", "tone": "info", "title": "", "text": "", "url": "", "at": "", "glyph": ""}
"""What the script fills in for an item that comes later."""


def inbox_shown(view: Json) -> dict[str, Any]:
    """The values of the page for a whole inbox."""
    return {
        "items": [shown(item) for item in view["items"]],
        "unread": view["unread"],
        "unseen": view["unseen"],
        "badge": badge(view["unread"]),
        "bell": bell(view["unread"]),
    }


def shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the page for one item."""
    return {
        **item,
        "text": sentence(item),
        "time": local_time(item["at"]),
        "glyph": GLYPHS[item["tone"]],
        "word": say(f"tone.{item['tone']}"),
    }


def sentence(item: Mapping[str, Any]) -> str:
    """What is said of it, in the language of the request where the sentence is ours."""
    said = item["say"]
    return say(said["name"], step=said.get("step", "")) if said else str(item["text"])


def badge(unread: int) -> str:
    """The number on the bell; empty where there is none."""
    return f"{BADGE_MAX}+" if unread > BADGE_MAX else str(unread or "")


def bell(unread: int) -> str:
    """What the bell is called."""
    return say("inbox.unread", count=unread) if unread else say("inbox.bell")


def inbox_part(user: str, count: int) -> dict[str, Any]:
    """The values of the element for the inbox of the user of that key, with *count* items at most.

    The frame that it goes on from has all of them: the script shows as many.
    """
    mine = inbox.look([user])[user]
    frame = snapshot("inbox", mine.position, mine.view)
    part = inbox_shown(mine.view)
    return {**part, "items": part["items"][:count], "frame": frame, "blank": BLANK}
