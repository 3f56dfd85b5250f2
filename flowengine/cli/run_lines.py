"""One run as lines of text: a bar, and its steps with what is inside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from flowengine.cli.terminal import Style, clean, styled
from flowengine.engine.states import RunState, StepState
from flowengine.representations import Json

BAR = 28
_TITLE = 28
_MARKS = {
    StepState.SUCCEEDED: ("✓", Style.GREEN),
    StepState.RESCUED: ("✓", Style.YELLOW),
    StepState.RUNNING: ("●", Style.CYAN),
    StepState.READY: ("◌", Style.CYAN),
    StepState.WAITING: ("◷", Style.YELLOW),
    StepState.RETRYING: ("↻", Style.YELLOW),
    StepState.RESCUING: ("✚", Style.YELLOW),
    StepState.FAILED: ("✗", Style.RED),
    StepState.UNDO_FAILED: ("✗", Style.RED),
    StepState.CANCELLED: ("⊘", Style.DIM),
    StepState.SKIPPED: ("-", Style.DIM),
    StepState.UNDOING: ("↶", Style.YELLOW),
    StepState.UNDONE: ("↶", Style.DIM),
}
_STYLES = {
    RunState.SUCCEEDED: Style.GREEN,
    RunState.FAILED: Style.RED,
    RunState.HELD: Style.RED,
    RunState.EXPIRED: Style.RED,
}


def lines(view: Json, now: datetime) -> list[str]:
    """One run as it is drawn; *view* is a snapshot's."""
    style = _STYLES.get(view["state"], Style.CYAN)
    done = view["percent"] * BAR // 100
    bar = styled("━" * done, style) + styled("━" * (BAR - done), Style.DIM)
    title = clean(view["title"])
    head = f" {styled(title, Style.BOLD)}  {bar}  {view['percent']:>3} %  {view['state']}"
    text = [head, *_steps(view["steps"], now, 0)]
    if view.get("hooks"):
        text += ["  afterwards:", *_steps(view["hooks"], now, 1)]
    undo = view.get("undo")
    if undo:
        failed = f", {undo['failed']} failed" if undo["failed"] else ""
        text.append(f"  undone: {undo['done']} of {undo['total']}{failed}")
    if "failure" in view:
        text.append(f"  {styled(clean(view['failure']['message']), Style.RED)}")
    return text


def all_steps(view: Json) -> Iterator[Json]:
    """Every step of a view, those inside others too, in the order of the file; hooks last."""
    yield from _walk(view["steps"])
    yield from _walk(view.get("hooks", []))


def _walk(steps: Sequence[Json]) -> Iterator[Json]:
    for step in steps:
        yield step
        for line in step.get("lines", []):
            yield from _walk(line["steps"])


def _steps(steps: Sequence[Json], now: datetime, depth: int) -> Iterator[str]:
    for step in steps:
        yield _step(step, now, depth)
        for item in step.get("items", []):
            name = clean(item["title"]) if item["title"] else ""
            told = f"[{item['index']}] {name} {clean(item['note'])}".rstrip()
            yield f"{'  ' * (depth + 2)}{_mark(item['state'])} {told}"
        for line in step.get("lines", []):
            yield from _steps(line["steps"], now, depth + 1)


def _step(step: Json, now: datetime, depth: int) -> str:
    indent = "  " * (depth + 1)
    width = max(_TITLE - 2 * depth, 8)
    told = " ".join(_told(step, now))
    return f"{indent}{_mark(step['state'])} {clean(step['title']):<{width}} {told}".rstrip()


def _told(step: Json, now: datetime) -> Iterator[str]:
    counts = step.get("counts")
    if counts:
        yield f"{counts['done']} of {counts['total']}"
        if counts["failed"]:
            yield f"({counts['failed']} failed)"
    match StepState(step["state"]):
        case StepState.SUCCEEDED | StepState.FAILED | StepState.RESCUED:
            yield _took(step)
        case StepState.RUNNING | StepState.UNDOING if step["progress"] is not None:
            yield f"{100 * step['progress']:3.0f} %  {clean(step['note'])}"
        case StepState.RETRYING:
            yield f"try {step['tries'] + 1} of {step['tries_max']} in {_left(step, now)}"
        case StepState.WAITING:
            yield _waiting(step, now)
        case _:
            pass


def _waiting(step: Json, now: datetime) -> str:
    answers = step.get("answers")
    asked = f"{len(answers['given'])} of {answers['wanted']} answers, " if answers else ""
    limit = f"at most {_left(step, now)}" if step["due_at"] else ""
    if step["kind"] == "sleep":
        limit = limit.replace("at most", "for")
    if step.get("child"):
        limit = f"run {step['child']} {limit}".rstrip()
    return f"{asked}{limit}".removesuffix(", ")


def _left(step: Json, now: datetime) -> str:
    seconds = max((datetime.fromisoformat(step["due_at"]) - now).total_seconds(), 0)
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s"


def _mark(state: str) -> str:
    mark, style = _MARKS.get(StepState(state), ("○", Style.DIM))
    return styled(mark, style)


def _took(step: Json) -> str:
    if not step["started_at"] or not step["finished_at"]:
        return ""
    span = datetime.fromisoformat(step["finished_at"]) - datetime.fromisoformat(step["started_at"])
    return f"{span.total_seconds():.1f} s"
