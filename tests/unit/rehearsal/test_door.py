"""Starts that pass the gates of their workflow, wait, and take places, in memory."""

from __future__ import annotations

from datetime import timedelta

from flowengine.rehearsal.cues import Cues, Send
from tests.unit.rehearsal.stage import Stage, file


def caller(each: str, **keys: str) -> list[str]:
    """A workflow that calls ``child`` for each of three keys at once, and the child."""
    parent = file(
        f"[{{id: c, for_each: {each}, workflow: child, max_failures: 3, with: {{k: '${{{{ item }}}}'}}}}]"
    )
    child = file("[x.b]", workflow="child", on="[{call: true}]", inputs="{k: string}", **keys)
    return [parent, child]


def starts(stage: Stage) -> list[str]:
    return [told for told in stage.told("child") if "starts" in told]


def test_runs_of_one_key_go_one_after_another() -> None:
    stage = Stage(
        *caller("[a, a, b]", concurrency="{key: inputs.k}"),
        fakes="x.b: {returns: 1, takes: 10s}",
    ).play()

    assert starts(stage) == ["+0s starts", "+0s starts", "+10s starts"]
    assert stage.states == ["succeeded"] * 4


def test_start_that_is_skipped_is_told_to_its_caller() -> None:
    stage = Stage(
        *caller("[a, a]", concurrency="{key: inputs.k, on_conflict: skip}"),
        fakes="x.b: {returns: 1, takes: 10s}",
    ).play()

    assert "skipped; 1 open already" in " ".join(stage.told("child"))
    assert stage.told("c[1]")[-1].startswith("+0s ChildFailed: child: NotStarted")


def test_older_run_is_cancelled_for_a_newer_one() -> None:
    stage = Stage(
        *caller("[a, a]", concurrency="{key: inputs.k, on_conflict: replace}"),
        fakes="x.b: {returns: 1, takes: 10s}",
    ).play()

    assert sorted(stage.states) == ["cancelled", "succeeded", "succeeded"]


def test_queued_run_is_replaced_before_it_has_begun() -> None:
    stage = Stage(
        *caller("[a, a, a]", concurrency="{key: inputs.k, on_conflict: replace}"),
        fakes="x.b: {returns: 1, takes: 10s}",
    ).play()

    assert sorted(stage.states)[:2] == ["cancelled", "cancelled"]
    assert stage.states.count("succeeded") == 2


def test_throttled_starts_wait_for_their_slots() -> None:
    stage = Stage(*caller("[a, b, c]", throttle="{limit: 1, per: 1m}"), fakes="x.b: 1").play()

    assert starts(stage) == ["+0s starts", "+1m starts", "+2m starts"]


def test_start_that_comes_too_late_expires() -> None:
    stage = Stage(
        *caller("[a, a]", concurrency="{key: inputs.k}", start_within="5s"),
        fakes="x.b: {returns: 1, takes: 10s}",
    ).play()

    assert "expired" in stage.states
    assert "+5s expired: it could not start in time" in stage.told("child")


def test_burst_starts_one_run_with_its_last_event() -> None:
    workflow = file("[x.a]", debounce="{period: 10s}", output="${{ event.data.n }}")
    later = Send(type="a.b", data={"n": 2}, after=timedelta(seconds=6))

    stage = Stage(
        workflow, file("[{sleep: 7s}]", workflow="other"), fakes="x.a: 1", cues=Cues(sends=[later])
    ).play(n=1)

    assert stage.told("w")[-1] == "+16s succeeded 2"
    assert len([told for told in stage.told("w") if "starts" in told]) == 1
