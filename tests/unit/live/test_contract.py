"""The golden frames in ``tests/contract``: what the server sends, and what browsers are tested with.

``UPDATE_CONTRACT=1`` writes them anew; the difference is then to be looked at, on both sides.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from flowengine.live.protocol import encode, granted, heartbeat_text, hello, refusal
from flowengine.representations import changes, ended, pending, snapshot
from flowengine.representations.summary import differences, summary
from flowengine.web.glyphs import RUN_GLYPHS, STEP_GLYPHS
from flowengine.web.shown import headline, item_note, place, step_note
from flowengine.web.words import WORDS
from tests.builders.events import an_event
from tests.builders.played import Played
from tests.builders.runs import RUN_ID
from tests.builders.steps import (
    approval,
    child,
    group,
    otherwise,
    parallel,
    rescue,
    retry,
    sleep,
    step,
    switch,
    undo,
    wait,
    when,
)
from tests.builders.workflows import a_workflow
from tests.unit.representations.looks import every

CONTRACT = Path(__file__).parent.parent.parent / "contract"
SECRET = "card 4111 1111"
CHILD = UUID("01930000-0000-5000-8000-00000000000c")
LEFT = {"secret": SECRET}


def succeeds() -> Iterator[Played]:
    """Three steps; the second tells how far it is, the third is skipped."""
    pack = step("pack", weight=2.0)
    played = Played(a_workflow("reserve", pack, step("gift_wrap", if_="false"), "ship"))
    yield played
    played.later().succeed("reserve", LEFT)
    yield played
    played.later().begin("pack")
    played.say("pack", 0.4, "item 2 of 5")
    yield played
    played.say("pack", 0.8, "item 4 of 5")
    yield played
    played.later().succeed("pack", LEFT)
    yield played
    played.later().succeed("ship", LEFT)
    yield played


def is_tried_again() -> Iterator[Played]:
    """The step fails, waits, loses its worker, and succeeds at last."""
    charge = step("charge", retry=retry(attempts=3, delay_s=5, jitter=0.0))
    played = Played(a_workflow(charge, "ship"))
    played.later().fail("charge", message=SECRET, permanent=False)
    yield played
    played.later(5)
    yield played
    played.later().lose("charge")
    yield played
    played.later().succeed("charge", LEFT).succeed("ship", LEFT)
    yield played


def fails() -> Iterator[Played]:
    """The second of three steps fails for good."""
    played = Played(a_workflow("reserve", "charge", "ship"))
    played.later().succeed("reserve", LEFT)
    yield played
    played.later().fail("charge", message=SECRET)
    yield played


def is_cancelled() -> Iterator[Played]:
    """Somebody ends it while the first step runs."""
    played = Played(a_workflow("reserve", "ship"))
    played.later().begin("reserve")
    yield played
    played.later().cancel(by="7", reason=SECRET)
    yield played
    played.later().fail("reserve", message=SECRET)
    yield played


def goes_side_by_side() -> Iterator[Played]:
    """Branches, one of them a loop of 30, another a line; then the clause of a switch."""
    packing = step("pack", title="Packing", each="${{ range(30) }}", weight=3.0)
    papers = group("papers", step("invoice"), step("label", title="Printing the label"))
    way = switch("way", when("false", "swallow"), otherwise(step("post")))
    played = Played(a_workflow(parallel("parallel 1", packing, papers), way))
    yield played
    played.later().begin("pack.0").begin("pack.1").begin("invoice")
    played.say("pack.0", 0.5, "Wrapping")
    yield played
    played.later().succeed("pack.0", LEFT).succeed("pack.1", LEFT).succeed("invoice", LEFT)
    played.driver.begin("label")
    yield played
    for n in range(2, 30):
        played.driver.succeed(f"pack.{n}", LEFT)
    played.later().succeed("label", LEFT)
    yield played
    played.later().succeed("post", LEFT)
    yield played


def waits() -> Iterator[Played]:
    """Two people are asked, then it sleeps, then another run is called."""
    asks = approval("boss", f"Pay {SECRET}?", quorum=2, title="A word from above")
    played = Played(a_workflow(asks, sleep(seconds=60), child("delivery"), "thank"))
    yield played
    played.later().answer("boss", "3", comment=SECRET)
    yield played
    played.later().answer("boss", "4")
    yield played
    played.later(60)
    played.children["delivery", ""] = (CHILD, 40)
    yield played
    played.later().end_child("delivery", output=LEFT)
    yield played


def is_rescued() -> Iterator[Played]:
    """A payment fails, and goes another way: a rescue with a wait of its own."""
    other = wait("other_card", "card.given", match={"n": 1}, title="Waiting for another card")
    charge = step("charge", rescue=rescue("ask_other_card", other))
    played = Played(a_workflow(charge, "ship"))
    yield played
    played.later().fail("charge", message=SECRET)
    yield played
    played.later().succeed("ask_other_card", LEFT)
    yield played
    played.later().arrive(an_event("card.given", {"n": 1, **LEFT}))
    yield played


def is_taken_back() -> Iterator[Played]:
    """The third step fails: the two before are undone, newest first, and a hook runs."""
    steps = (step("reserve", compensate=undo("release")), step("charge", compensate=undo("refund")))
    played = Played(a_workflow(*steps, "ship", on_failure=("inform",)))
    played.later().succeed("reserve", LEFT).succeed("charge", LEFT).begin("ship")
    yield played
    played.later().fail("ship", message=SECRET, details={"user_message": "The parcel was lost."})
    yield played
    played.later().succeed("undo charge")
    yield played
    played.later().succeed("undo reserve")
    yield played
    played.later().succeed("inform")
    yield played


def is_held() -> Iterator[Played]:
    """It fails, is held, and goes on once somebody has repaired what was wrong."""
    played = Played(a_workflow("scan", "book", hold_on_failure_s=3600))
    played.later().begin("scan")
    yield played
    played.later().fail("scan", message=SECRET)
    yield played
    played.later().resume(by="7", reason=SECRET)
    yield played
    played.later().succeed("scan", LEFT).succeed("book", LEFT)
    yield played


SCENARIOS = [
    *(succeeds, is_tried_again, fails, is_cancelled),
    *(goes_side_by_side, waits, is_rescued, is_taken_back, is_held),
]


def scenario(play: Callable[[], Iterator[Played]]) -> dict[str, Any]:
    """The first snapshot, the frames that follow, and the snapshot that a late browser would get.

    With what a page says of it at each moment, times as the instant itself.
    """
    moments = play()
    played = next(moments)
    frames, said = [played.snapshot()], [words_of(played)]
    seen = len(played.driver.transitions)
    for moment in moments:
        frames.append(moment.changes(frames[-1]["o"], seen))
        said.append(words_of(moment))
        seen = len(moment.driver.transitions)
    return {"about": play.__doc__, "frames": frames, "said": said, "after": played.snapshot()}


def words_of(played: Played) -> list[str]:
    """The sentences of a page: the headline, the place, and each note that is not empty."""
    view = played.view()
    steps = list(every([*view["steps"], *view.get("hooks", [])]))
    notes = [step_note(each, str) for each in steps]
    for each in steps:
        notes += [item_note(item, each["tries_max"], str) for item in each.get("items", [])]
    return [headline(view), place(view), *filter(None, notes)]


def single_frames() -> dict[str, Any]:
    topic = f"run:{RUN_ID}"
    heads = f'"{topic}":["7f3",49],"run:other":null'
    return {
        "hello": hello(5.0),
        "heartbeat": json.loads(heartbeat_text(1772452800000, heads)),
        "heartbeat that answers a ping": json.loads(heartbeat_text(1772452800000, heads, 12)),
        "heartbeat without the database": json.loads(heartbeat_text(1772452800000, None)),
        "pending": pending(topic),
        "ended": ended(topic, "no_match"),
        "refused topic": refusal(topic, "forbidden"),
        "newer grant": granted(topic, "eyJ0IjpbXX0.1ttSss.c2lnbmF0dXJl"),
        "refused frame": refusal(None, "bad_frame"),
    }


def list_of_runs() -> dict[str, Any]:
    """A list of one, then of two; then the older leaves it; and what a late browser would get."""
    older, newer = succeeds(), is_tried_again()
    first, second = summary(next(older).view()), summary(next(newer).view())
    second |= {"id": str(CHILD), "title": "newer"}
    moved = summary([*older][2].view())
    lists = [[first], [second, first], [second, moved], [second]]
    name, frames = "runs:mine", [snapshot("runs:mine", ("9aa", 1), {"runs": lists[0]})]
    for number, (before, after) in enumerate(itertools.pairwise(lists), start=1):
        entries = differences({line["id"]: line for line in before}, after)
        frames.append(changes(name, ("9aa", number + 1), number, entries))
    after_all = snapshot(name, ("9aa", len(lists)), {"runs": lists[-1]})
    return {"about": list_of_runs.__doc__, "frames": frames, "after": after_all}


def words_and_signs() -> dict[str, Any]:
    return {
        "words": {key: str(value) for key, value in WORDS.items()},
        "run_glyphs": RUN_GLYPHS,
        "step_glyphs": STEP_GLYPHS,
    }


def compare(name: str, made: dict[str, Any]) -> None:
    path = CONTRACT / f"{name}.json"
    wire = json.loads(encode(made))
    if os.environ.get("UPDATE_CONTRACT"):
        path.write_text(json.dumps(wire, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert wire == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("play", SCENARIOS)
def test_frames_of_a_run_are_the_golden_ones(play: Callable[[], Iterator[Played]]) -> None:
    made = scenario(play)

    compare(f"run_{play.__name__}", made)
    assert SECRET not in encode(made)


def test_single_frames_are_the_golden_ones() -> None:
    compare("frames", single_frames())


def test_frames_of_a_list_are_the_golden_ones() -> None:
    made = list_of_runs()

    compare("runs", made)
    assert SECRET not in encode(made)


def test_words_and_signs_of_the_page_are_the_golden_ones() -> None:
    compare("words", words_and_signs())


def test_every_sentence_for_an_event_without_a_run_is_the_same_in_frame_and_page() -> None:
    ends = {name.removeprefix("end."): str(text) for name, text in WORDS.items() if "end." in name}

    assert {name: ended("run:x", name)["message"] for name in ends} == ends
