"""The golden frames in ``tests/contract``: what the server sends, and what browsers are tested with.

``UPDATE_CONTRACT=1`` writes them anew; the difference is then to be looked at, on both sides.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flowengine.engine.messages import Cancel, Due, Failed, Lost, Succeeded
from flowengine.engine.run import Failure
from flowengine.live.protocol import encode, heartbeat, hello, refusal
from flowengine.representations import ended, pending
from flowengine.templatetags.flowengine import RUN_GLYPHS, RUN_WORDS, STEP_GLYPHS, STEP_WORDS
from tests.builders.played import Played
from tests.builders.runs import RUN_ID
from tests.builders.workflows import a_workflow, retry, step

CONTRACT = Path(__file__).parent.parent.parent / "contract"
SECRET = "card 4111 1111"


def finish(played: Played, name: str) -> None:
    attempt = played.begin(name)
    played.tell(Succeeded(step=name, attempt=attempt, output={"secret": SECRET}))


def fail(played: Played, name: str, *, permanent: bool = False) -> None:
    failure = Failure(code="CardDeclined", message=SECRET, permanent=permanent)
    played.tell(Failed(step=name, attempt=played.begin(name), failure=failure))


def succeeds() -> Iterator[Played]:
    """Three steps; the second tells how far it is, the third is skipped."""
    pack = step("pack", weight=2.0)
    played = Played(a_workflow("reserve", pack, step("gift_wrap", if_="false"), "ship"))
    yield played
    finish(played, "reserve")
    yield played
    attempt = played.begin("pack")
    played.say("pack", 0.4, "item 2 of 5")
    yield played
    played.say("pack", 0.8, "item 4 of 5")
    yield played
    played.tell(Succeeded(step="pack", attempt=attempt, output=None))
    yield played
    finish(played, "ship")
    yield played


def is_tried_again() -> Iterator[Played]:
    """The step fails, waits, loses its worker, and succeeds at last."""
    charge = step("charge", retry=retry(attempts=3, delay_s=5, jitter=0.0))
    played = Played(a_workflow(charge, "ship"))
    fail(played, "charge")
    yield played
    due_at = played.run.steps["charge"].due_at
    assert due_at is not None
    played.at = due_at
    played.tell(Due())
    yield played
    played.tell(Lost(step="charge", attempt=played.begin("charge")))
    yield played
    finish(played, "charge")
    finish(played, "ship")
    yield played


def fails() -> Iterator[Played]:
    """The second of three steps fails for good; the failure itself is told by a snapshot."""
    played = Played(a_workflow("reserve", "charge", "ship"))
    finish(played, "reserve")
    yield played
    fail(played, "charge", permanent=True)


def is_cancelled() -> Iterator[Played]:
    """Somebody ends it while the first step runs."""
    played = Played(a_workflow("reserve", "ship"))
    attempt = played.begin("reserve")
    yield played
    played.tell(Cancel(by="7", reason=SECRET))
    yield played
    played.tell(Failed(step="reserve", attempt=attempt, failure=Failure(code="X", message="x")))
    yield played


def scenario(play: Callable[[], Iterator[Played]]) -> dict[str, Any]:
    """The first snapshot, the frames that follow, and the snapshot that a late browser would get."""
    moments = play()
    played = next(moments)
    frames = [played.snapshot()]
    for moment in moments:
        frames.append(moment.changes(frames[-1]["o"]))
    return {"about": play.__doc__, "frames": frames, "after": played.snapshot()}


def single_frames() -> dict[str, Any]:
    topic = f"run:{RUN_ID}"
    return {
        "hello": hello(5.0),
        "heartbeat": heartbeat(1772452800000, {topic: ("7f3", 49), "run:other": None}),
        "heartbeat without the database": heartbeat(1772452800000, None),
        "pending": pending(RUN_ID),
        "ended": ended(RUN_ID, "no_match"),
        "refused topic": refusal(topic, "forbidden"),
        "refused frame": refusal(None, "bad_frame"),
    }


def words_and_signs() -> dict[str, Any]:
    return {
        "run_words": {key: str(value) for key, value in RUN_WORDS.items()},
        "step_words": {key: str(value) for key, value in STEP_WORDS.items()},
        "run_glyphs": RUN_GLYPHS,
        "step_glyphs": STEP_GLYPHS,
    }


def compare(name: str, made: dict[str, Any]) -> None:
    path = CONTRACT / f"{name}.json"
    wire = json.loads(encode(made))
    if os.environ.get("UPDATE_CONTRACT"):
        path.write_text(json.dumps(wire, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert wire == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("play", [succeeds, is_tried_again, fails, is_cancelled])
def test_frames_of_a_run_are_the_golden_ones(
    play: Callable[[], Iterator[Played]],
) -> None:
    made = scenario(play)

    compare(f"run_{play.__name__}", made)
    assert SECRET not in encode(made)


def test_single_frames_are_the_golden_ones() -> None:
    compare("frames", single_frames())


def test_words_and_signs_of_the_page_are_the_golden_ones() -> None:
    compare("words", words_and_signs())
