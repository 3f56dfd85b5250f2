"""Play a workflow through in this process: no broker, no database, a clock that jumps.

Tasks do what a file of fakes says (--fake), or what they do (--real). What comes from outside while
the line goes on is given beforehand: --send for events, --approve and --reject for people. Waits and
sleeps take no time.
"""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, Namespace, _ArgumentGroup
from datetime import UTC, datetime
from pathlib import Path

from flowengine.cli import staging
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.terminal import Style, Terminal, clean, styled
from flowengine.conf import settings
from flowengine.definitions.model import Workflow
from flowengine.engine.states import RunState
from flowengine.rehearsal.cues import play
from flowengine.rehearsal.fakes import Unplayed
from flowengine.rehearsal.story import Line, Story, Tone, span
from flowengine.rehearsal.world import World

_MARKS = {
    Tone.PLAIN: ("", ()),
    Tone.GOOD: ("✓ ", (Style.GREEN,)),
    Tone.BAD: ("✗ ", (Style.RED,)),
    Tone.MILD: ("", (Style.YELLOW,)),
    Tone.QUIET: ("", (Style.DIM,)),
}


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``try``."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the workflow's file")
    parser.add_argument(
        "--with",
        dest="others",
        action="append",
        default=[],
        type=Path,
        metavar="PATH",
        help="files of other workflows that take part; those of the project do anyway",
    )
    parser.add_argument("--json", action="store_true", help="each line as a JSON object")
    start = parser.add_argument_group("what starts it")
    start.add_argument("--event", metavar="FILE|TYPE", help="an event: a JSON file, or a type")
    start.add_argument("-d", "--data", metavar="JSON|@FILE|-", help="the data of a TYPE")
    _repeated(start, "--input", "NAME=VALUE", "without an event: a start by hand, or a call")
    tasks = parser.add_argument_group("what tasks do")
    tasks.add_argument("--fake", type=Path, metavar="FILE", help="YAML: what each task returns")
    _repeated(tasks, "--fail", "STEP=CODE[*N]", "its calls fail: all of them, or the first N")
    tasks.add_argument("--real", action="store_true", help="call the tasks that have no fake")
    outside = parser.add_argument_group("what comes from outside")
    _repeated(
        outside,
        "--send",
        "TYPE[=JSON]",
        "an event, when a step waits for it; '+2h TYPE=…' is sent so long after the start",
    )
    _repeated(outside, "--approve", "STEP[=USER]", "somebody says yes")
    _repeated(outside, "--reject", "STEP[=USER]", "somebody says no")
    _repeated(outside, "--form", "STEP=JSON", "what they fill in")


def _repeated(group: _ArgumentGroup, option: str, shown: str, meaning: str) -> None:
    group.add_argument(option, action="append", default=[], metavar=shown, help=meaning)


def needs_project(options: Namespace) -> bool:
    """Only real tasks are a project's."""
    return bool(options.real)


def run(options: Namespace, terminal: Terminal) -> int:
    """Play; 0 where a run was started, and every run succeeded."""
    now = datetime.fromtimestamp(int(time.time()), UTC)
    workflow, catalog = staging.workflows(options.file, options.others)
    first = staging.first_event(options, workflow, now)
    known = [workflow, *catalog.workflows.values()]
    cues = staging.cues(options, known)
    tell = _tell_as_json if options.json else _tell
    story = Story(first.time, lambda line: tell(line, terminal))
    world = World(
        catalog=catalog,
        player=staging.cast(options, known),
        watch=story.watch,
        now=first.time,
        config=settings().CONFIG,
    )
    try:
        play(world, first, cues)
    except Unplayed as error:
        raise _no_fake(error) from error
    for send in cues.sends:
        terminal.say(f"{send.type} was not sent: nothing waited for it")
    return _conclude(world, workflow, terminal)


def _tell(line: Line, terminal: Terminal) -> None:
    mark, styles = _MARKS[line.tone]
    indent = "  " * (line.depth + line.is_step)
    subject = f"{indent}{clean(line.subject)}"
    text = clean(f"{mark}{line.text}")
    after = styled(f"{span(line.after):>10}", Style.DIM)
    terminal.data(f"{after}  {subject:<24}  {styled(text, *styles) if styles else text}")


def _tell_as_json(line: Line, terminal: Terminal) -> None:
    terminal.json(
        {
            "after_s": line.after.total_seconds(),
            "subject": line.subject,
            "text": line.text,
            "tone": line.tone,
            "run_id": None if line.run is None else str(line.run),
        }
    )


def _no_fake(error: Unplayed) -> Stopped:
    given = json.dumps(error.given, ensure_ascii=False)
    return Stopped(
        f"step '{error.step}' calls {error.task} with {given}, and there is no fake for it",
        hint=f"--fake fakes.yaml, with a line `{error.task}: {{…}}` for what it returns; or --real",
        exit_code=Exit.USAGE,
    )


def _conclude(world: World, workflow: Workflow, terminal: Terminal) -> int:
    states = [run.state for run in world.runs.values() if run.state is not None]
    if not any(run.workflow == workflow.name for run in world.runs.values()):
        terminal.say(f"no run of '{workflow.name}' was started")
        return Exit.FAILED
    is_good = all(state is RunState.SUCCEEDED for state in states)
    return Exit.OK if is_good else Exit.FAILED
