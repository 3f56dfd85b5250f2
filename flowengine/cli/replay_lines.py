"""Plans and replays as lines of text, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from flowengine.cli.terminal import Style, clean, styled
from flowengine.orchestration.masked import mask
from flowengine.orchestration.replay import BULK, Plan, Replay, ReplayState, expires_at
from flowengine.representations import instant

BAR = 28
_WORDS = {
    "eligible": ("✓", Style.GREEN, "will be replayed"),
    "succeeded_since": ("-", Style.DIM, "succeeded since, are left alone"),
    "invalid_edit": ("✗", Style.RED, "do not fit after the edit, or are not admitted"),
    "undone": ("✗", Style.RED, "had steps undone: restart them"),
    "definition_gone": ("✗", Style.RED, "have no definition any more"),
    "not_open": ("-", Style.DIM, "are not open"),
    "on_its_way": ("-", Style.DIM, "are on their way"),
}
_DOING = {
    "discard": "discarding",
    "cancel": "cancelling",
    "hold": "holding",
    "release": "releasing",
}
_EFFECTS = (
    ("tasks", "run again, not idempotent"),
    ("unknown_tasks", "run again, unknown here"),
    ("emits", "events published again"),
    ("calls", "workflows called again"),
    ("notifies", "shown again to whom they notify"),
)


def plan_in_lines(plan: Plan) -> Iterator[str]:
    """How many of each, why, and what would take effect once more."""
    for word, (mark, style, said) in _WORDS.items():
        if plan.counts.get(word):
            yield f"  {styled(mark, style)} {plan.counts[word]:,} {said}"
    for item in plan.items:
        if item.word != "eligible" and item.why:
            yield clean(f"      {item.n}. {item.object_id}: {mask().text(item.why)}")
    if plan.looked_at < plan.total:
        yield f"  only {plan.looked_at:,} of {plan.total:,} were looked at"
    for name, said in _EFFECTS:
        values = getattr(plan.effects, name)
        if values:
            yield clean(f"  {said}: {', '.join(values)}")


def plan_as_json(plan: Plan, selection_id: str) -> dict[str, Any]:
    """A plan; these members stay."""
    return {
        "selection_id": selection_id,
        "total": plan.total,
        "looked_at": plan.looked_at,
        "counts": dict(plan.counts),
        "effects": asdict(plan.effects),
        "items": mask().value([asdict(item) for item in plan.items]),
    }


def as_json(replay: Replay) -> dict[str, Any]:
    """A replay; these members stay."""
    names = (
        *("kind", "mode", "state", "by", "reason", "door", "approver", "total", "sent"),
        *("succeeded", "failed", "skipped"),
    )
    return {
        "id": str(replay.id),
        "selection_id": str(replay.selection_id),
        **{name: getattr(replay, name) for name in names},
        "options": mask().value(json.loads(replay.options)),
        "pace": json.loads(replay.pace),
        "verdict": replay.verdict.get("words", ""),
        "created_at": instant(replay.created_at),
        "ended_at": instant(replay.ended_at),
        "expires_at": instant(expires_at(replay.state, replay.created_at, replay.verdict)),
    }


def ended(replay: Replay) -> int:
    """Items that need nothing any more."""
    return replay.succeeded + replay.failed + replay.skipped


def in_a_line(replay: Replay, *, rate: float = 0.0) -> str:
    """How it stands: a bar, counts, and, at that many per second, when it will be over."""
    total = max(replay.total, 1)
    done = ended(replay) * BAR // total
    style = Style.RED if replay.failed else Style.GREEN
    bar = styled("━" * done, style) + styled("━" * (BAR - done), Style.DIM)
    counts = f"{ended(replay):,}/{replay.total:,}  ✓ {replay.succeeded:,}  ✗ {replay.failed:,}"
    skipped = f"  - {replay.skipped:,}" if replay.skipped else ""
    left = ""
    if rate > 0 and replay.state not in {ReplayState.DONE, ReplayState.STOPPED}:
        left = f"  {rate:.1f}/s, {_span((replay.total - ended(replay)) / rate)} left"
    return f"{bar}  {replay.state:<8} {counts}{skipped}{left}"


def in_lines(replay: Replay) -> Iterator[str]:
    """One replay."""
    what = _DOING.get(replay.mode, f"by {replay.mode}")
    yield clean(f"replay {replay.id} of {replay.kind.replace('_', ' ')}s {what}")
    yield f"  {in_a_line(replay)}"
    yield clean(f"  {instant(replay.created_at)} {replay.by} ({replay.door}): {replay.reason}")
    if replay.approver:
        yield clean(f"  approved by {replay.approver}")
    end = expires_at(replay.state, replay.created_at, replay.verdict)
    if end is not None:
        what = "approved" if replay.state == ReplayState.PROPOSED else "resumed"
        yield f"  to be {what} until {instant(end)}; nobody else gets what it has until then"
    pace = {} if replay.mode in BULK else json.loads(replay.pace)
    if pace:
        yield "  " + ", ".join(
            f"{name.replace('_', ' ')} {value:g}" for name, value in pace.items()
        )
    if replay.verdict.get("words"):
        yield clean(f"  {replay.verdict['words']}")


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.0f} h"
