"""Show one dead letter: what it was, how each try failed, and where in your code."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from flowengine.cli.arguments import id_of
from flowengine.cli.commands.dead_list import letter_as_json
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.terminal import Style, Terminal, clean, styled
from flowengine.engine.run import Frame, Try
from flowengine.orchestration import dead
from flowengine.orchestration.masked import mask
from flowengine.representations import instant


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``dead show``."""
    parser.add_argument(
        "id", type=id_of("dead letter", "dead list --q state:open"), metavar="ID", help="its id"
    )
    parser.add_argument(
        "--body", type=Path, metavar="FILE", help="write the bytes that arrived there, as they were"
    )
    parser.add_argument("--json", action="store_true", help="all of it as JSON, without the bytes")


def run(options: Namespace, terminal: Terminal) -> int:
    """Show it."""
    found = dead.letter(options.id)
    if found is None:
        raise Stopped(f"there is no dead letter {options.id}")
    if options.body is not None:
        _write(found, options.body)
        terminal.say(f"{len(bytes(found.row.body or b''))} bytes are in {options.body}")
        return Exit.OK
    if options.json:
        failure = None if found.row.failure is None else json.loads(bytes(found.row.failure))
        headers = json.loads(found.row.headers)
        told = {**letter_as_json(found.row), "headers": headers, "failure": failure}
        terminal.json(mask().value(told))
        return Exit.OK
    for line in _lines(found):
        terminal.data(line)
    if found.row.state == "open":
        terminal.next(f"replay --q id:{found.row.id}")
    return Exit.OK


def frames_in_lines(frames: Sequence[Frame]) -> Iterator[str]:
    """Own frames one by one, those of libraries folded."""
    folded = 0
    for frame in [*frames, None]:
        if frame is not None and not frame.is_own:
            folded += 1
            continue
        if folded:
            yield styled(f"{folded} of libraries", Style.DIM)
            folded = 0
        if frame is not None:
            yield clean(f"{frame.file}:{frame.line} {frame.name}")


def _lines(found: dead.Letter) -> Iterator[str]:
    row = found.row
    step = f" at {row.step}{f'[{row.item}]' if row.item else ''}" if row.step else ""
    workflow = f" of {row.workflow} {row.digest[:8]}" if row.workflow else ""
    yield clean(f"{row.kind} {row.id}{workflow}{step}: {row.state}")
    yield f"  {styled(clean(mask().text(f'{row.code} {row.message}')), Style.RED)}"
    for name, value in (
        ("cause", row.group_id),
        ("event", f"{row.event_id or ''} {row.event_type}".strip()),
        ("source", row.source),
        ("run", row.run_id),
        ("written", instant(row.created_at)),
        ("closed", f"{instant(row.closed_at) or ''} {row.closed_by} {row.reason}".strip()),
        ("deleted", instant(found.expires_at)),
        ("bytes", None if row.body is None else len(bytes(row.body))),
    ):
        if value not in {None, ""}:
            yield f"  {name:<8} {clean(str(value))}"
    if found.failure is None:
        return
    for each in found.failure.tries:
        yield from _try(each)
    if not found.failure.tries:
        yield from (f"    {line}" for line in frames_in_lines(found.failure.frames))


def _try(each: Try) -> Iterator[str]:
    where = " ".join(part for part in (each.worker, each.version) if part)
    at = instant(each.ended_at) or ""
    yield clean(f"  try {each.attempt}  {at}  {where}".rstrip())
    yield f"    {styled(clean(mask().text(f'{each.code}: {each.message}')), Style.RED)}"
    yield from (f"    {line}" for line in frames_in_lines(each.frames))
    for line in mask().text(each.log).splitlines():
        yield f"    {styled(clean(line), Style.DIM)}"


def _write(found: dead.Letter, path: Path) -> None:
    if found.row.body is None:
        raise Stopped(f"dead letter {found.row.id} has no bytes: its event or its run has them")
    try:
        path.write_bytes(bytes(found.row.body))
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}"
        raise Stopped(message, exit_code=Exit.USAGE) from error
