"""A view as a page shows it before its script is awake: the same words, marks and order.

What is said here is said by the script too (``frontend/src/model/run.ts``); the golden files in
``tests/contract`` hold both to the same sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone

from flowengine.engine.states import ACTIVE_STEP_STATES, FINAL_RUN_STATES, RunState, StepState
from flowengine.representations import Json
from flowengine.representations.percent import part
from flowengine.store.clock import system_now
from flowengine.web.glyphs import RUN_GLYPHS, STEP_GLYPHS
from flowengine.web.outlook import lasting, outlook
from flowengine.web.words import WORDS, say

LONG_LINE = 6
"""A line of more stations stands upright."""
BLOCKS = frozenset({"parallel", "switch", "steps", "for_each"})
"""Kinds of steps that have steps inside them."""

Clock = Callable[[str], str]
"""Tells an instant in the reader's own zone."""
Links = Callable[[Json], str]
"""Where the link of a step leads; empty = it has none."""


def run_shown(view: Json, label: str, links: Links) -> dict[str, Any]:
    """The values of the page for a run."""
    at = place_of(view["steps"])
    is_over = view["state"] in FINAL_RUN_STATES
    tree = is_tree(view["steps"])
    current = view["steps"][at] if view["steps"] else None
    is_running = current is not None and current["state"] == StepState.RUNNING and not is_over
    return {
        **_state(view["state"]),
        "title": label or view["title"],
        "headline": headline(view),
        "percent": view["percent"],
        "place": _spaced(
            place(view),
            current["note"] if current and is_running else "",
            outlook(view, system_now(), partial(local_time, is_exact=False)),
        ),
        **_undo(view),
        "is_tree": tree,
        "is_long": tree or len(view["steps"]) > LONG_LINE,
        "steps": list(_stations(view["steps"], links, at=-1 if is_over else at)),
        "hooks": list(_stations(view.get("hooks", []), links)),
        "afterwards": say("afterwards"),
    }


def expected_shown(label: str) -> dict[str, Any]:
    """The values of the page for a run that is not there yet."""
    return {**_state("pending"), "title": label, "headline": say("say.pending")}


def ended_shown(frame: Json, label: str) -> dict[str, Any]:
    """The values of the page where an event started no run."""
    word = f"end.{frame['outcome']}"
    message = say(word) if word in WORDS else frame["message"]
    return {**_state("ended"), "title": label, "headline": message}


def _undo(view: Json) -> dict[str, Any]:
    """The bar of what is undone, while that lasts."""
    if "undo" not in view or view["state"] != RunState.COMPENSATING:
        return {}
    undo = view["undo"]
    return {
        "undo": undo,
        "undone": undo["done"] + undo["failed"],
        "undo_label": say("place.undone", **undo),
    }


def every_step(steps: Iterable[Json]) -> Iterator[Json]:
    """Every step that is shown, at any depth."""
    for step in steps:
        yield step
        for line in step.get("lines", []):
            yield from every_step(line["steps"])


def is_waiting_approval(step: Json) -> bool:
    """People are asked, and it waits for them."""
    return bool(step["kind"] == "approval" and step["state"] == StepState.WAITING)


def _state(state: str) -> dict[str, str]:
    return {"state": state, "word": say(f"run.{state}"), "glyph": RUN_GLYPHS[state]}


def place_of(steps: Sequence[Json]) -> int:
    """Where the piece is: the step at work, else the first that is not over; the last at the end."""
    here = ACTIVE_STEP_STATES | {StepState.FAILED, StepState.CANCELLED}
    at_work = [index for index, step in enumerate(steps) if step["state"] in here]
    to_come = [index for index, step in enumerate(steps) if step["state"] == StepState.PENDING]
    return next(iter([*at_work[-1:], *to_come[:1]]), len(steps) - 1)


def is_tree(steps: Sequence[Json]) -> bool:
    """Some step of the line has, or may have, something inside it."""
    return any(step["kind"] in BLOCKS or step.get("lines") for step in steps)


def headline(view: Json) -> str:
    """The one sentence that says where the run stands."""
    match view["state"]:
        case RunState.FAILED:
            return _reason(view["failure"])
        case RunState.RUNNING | RunState.WAITING:
            if not view["steps"]:
                return say("say.under_way")
            return _several(_names_at_work(view["steps"][place_of(view["steps"])]))
        case state:
            return say(f"say.{state}")


def _reason(failure: Mapping[str, str]) -> str:
    """Why it failed, in the page's language where the sentence is ours."""
    if failure["kind"] == "said":
        return failure["message"]
    return say(f"why.{failure['kind']}", step=failure.get("title", ""))


def _names_at_work(step: Json) -> list[str]:
    """What is at work: the step, or, where it is a block without a name, what is inside it."""
    inside = [
        name
        for line in step.get("lines", [])
        for each in line["steps"]
        if each["state"] in ACTIVE_STEP_STATES
        for name in _names_at_work(each)
    ]
    is_nameless = " " in step["id"] and step["kind"] in BLOCKS
    return inside if inside and (is_nameless or step["state"] == "rescuing") else [step["title"]]


def _several(names: Sequence[str]) -> str:
    if len(names) <= 2:
        return ", ".join(names)
    return say("and_more", first=names[0], count=len(names) - 1)


def place(view: Json) -> str:
    """What is said below the headline: which step of how many, or how long it took."""
    match view["state"]:
        case RunState.SUCCEEDED:
            took = duration(view["started_at"], view["finished_at"])
            return took and say("place.took", time=took)
        case RunState.COMPENSATING:
            return _spaced(
                _reason(view["failure"]) if "failure" in view else "",
                say("place.undone", **view["undo"]) if "undo" in view else "",
            )
        case RunState.QUEUED | RunState.EXPIRED:
            return ""
        case _ if view["steps"]:
            return say("place.step", at=place_of(view["steps"]) + 1, count=len(view["steps"]))
        case _:
            return ""


def _stations(steps: Sequence[Json], links: Links, *, at: int = -1) -> Iterator[dict[str, Any]]:
    """The values of the page for the steps of a line; *at* is where the piece is."""
    for index, step in enumerate(steps):
        is_wide = step["kind"] == "for_each" or "child" in step
        is_at_work = step["state"] in ACTIVE_STEP_STATES
        yield {
            "id": step["id"],
            "kind": step["kind"],
            "is_block": step["kind"] in BLOCKS,
            "state": step["state"],
            "title": step["title"],
            "word": say(f"step.{step['state']}"),
            "glyph": STEP_GLYPHS[step["state"]],
            "note": step_note(step, local_time),
            "is_current": index == at,
            "part": part(step) if is_wide and is_at_work else None,
            "url": links(step),
            "go": say("link.answer" if step["kind"] == "approval" else "link.child"),
            "items": [_item(step, item) for item in step.get("items", [])],
            "inside": list(_inside(step, links)),
        }


def _item(step: Json, item: Json) -> dict[str, Any]:
    is_at_work = item["state"] in ACTIVE_STEP_STATES
    said = item["progress"]
    return {
        "index": item["index"],
        "state": item["state"],
        "title": item["title"] or say("item", number=item["index"] + 1),
        "word": say(f"step.{item['state']}"),
        "glyph": STEP_GLYPHS[item["state"]],
        "note": item_note(item, step["tries_max"], local_time),
        "part": min(1.0, max(0.0, said)) if is_at_work and said is not None else None,
    }


def _inside(step: Json, links: Links) -> Iterator[dict[str, Any]]:
    """The lists inside a step: branches stand side by side, each other line has one of its own."""
    lines = step.get("lines", [])
    branches = [each for line in lines if line["role"] == "branch" for each in line["steps"]]
    if branches:
        yield {"line": "branch", "steps": list(_stations(branches, links))}
    for line in lines:
        if line["role"] != "branch":
            key = f"{line['role']} {line['index']}"
            yield {"line": key, "steps": list(_stations(line["steps"], links))}


def step_note(step: Json, clock: Clock) -> str:
    """The small line below a step: what it says of itself, how far it is, or what it waits for."""
    match step["state"]:
        case StepState.RETRYING:
            return _again(step["tries"], step["tries_max"], step["due_at"], clock)
        case StepState.RUNNING | StepState.RESCUING | StepState.UNDOING:
            return _spaced(_items_note(step), step["note"])
        case StepState.WAITING:
            return _spaced(_answers_note(step), _child_note(step), _until(step["due_at"], clock))
        case StepState.SUCCEEDED:
            has_failed = "counts" in step and step["counts"]["failed"] > 0
            took = duration(step["started_at"], step["finished_at"])
            return _spaced(_items_note(step) if has_failed else "", took)
        case StepState.FAILED:
            return _items_note(step)
        case _:
            return ""


def item_note(item: Json, tries_max: int, clock: Clock) -> str:
    """The small line of one item of a loop."""
    match item["state"]:
        case StepState.RETRYING:
            return _again(item["tries"], tries_max, item["due_at"], clock)
        case StepState.WAITING:
            return _spaced(item["note"], _until(item["due_at"], clock))
        case StepState.FAILED:
            return say("step.failed")
        case _:
            return str(item["note"])


def _again(tries: int, count: int, due_at: str | None, clock: Clock) -> str:
    if due_at is None:
        return say("again", at=tries + 1, count=count)
    return say("again.at", at=tries + 1, count=count, time=clock(due_at))


def _items_note(step: Json) -> str:
    if "counts" not in step:
        return ""
    counts = step["counts"]
    return _spaced(
        say("items", done=_grouped(counts["done"]), total=_grouped(counts["total"])),
        say("items.failed", count=_grouped(counts["failed"])) if counts["failed"] else "",
    )


def _answers_note(step: Json) -> str:
    answers = step.get("answers")
    return say("answers", **answers) if answers is not None and answers["wanted"] > 1 else ""


def _child_note(step: Json) -> str:
    has_said = "child" in step and step["progress"] is not None
    return f"{int(100 * step['progress'] + 1e-9)} %" if has_said else ""


def _until(due_at: str | None, clock: Clock) -> str:
    return "" if due_at is None else say("until", time=clock(due_at))


def _spaced(*parts: str) -> str:
    """Pieces of text beside one another."""
    return " · ".join(part for part in parts if part)


def _grouped(number: int) -> str:
    """A number with a thin space between thousands."""
    return f"{number:,}".replace(",", "\u202f")


def local_time(text: str, *, is_exact: bool = True) -> str:
    """An instant in the zone of the request, as the script writes it; with the day where not today's."""
    at = timezone.localtime(datetime.fromisoformat(text))
    is_today = at.date() == timezone.localtime(system_now()).date()
    if not is_today:
        return f"{at:%Y-%m-%d %H:%M}"
    return f"{at:%H:%M:%S}" if is_exact else f"{at:%H:%M}"


def duration(start: str | None, end: str | None) -> str:
    """The time between two instants in human units; empty where one is not known."""
    if start is None or end is None:
        return ""
    between = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return lasting(max(0.0, between.total_seconds()))
