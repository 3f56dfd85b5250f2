"""Files that are meant to hurt are refused at once, in little room, with a place and a code."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time

import pytest

from flowengine.definitions.load import C_PARSER, PURE_PARSER, load
from flowengine.definitions.parse import read
from flowengine.errors import DefinitionError, Problem
from tests.unit.definitions.hostile_files import HOSTILE, UNUSUAL, WHOLE

ROOM_BYTES = 50_000_000
PROBLEMS_MAX = 50


def problems_of(text: str | bytes) -> tuple[Problem, ...]:
    """What refuses the file; any other exception is the failure that is looked for."""
    with pytest.raises(DefinitionError) as caught:
        read(text)
    return caught.value.problems


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_at_once_with_its_code(name: str) -> None:
    code, make = HOSTILE[name]
    text = make()

    started = time.process_time()
    problems = problems_of(text)
    taken_s = time.process_time() - started

    assert code in {problem.code for problem in problems}
    assert len(problems) <= PROBLEMS_MAX
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)
    assert sum(len(f"{problem}") for problem in problems) < 50_000
    # Loose, for a machine that does other things too: the figure is in the benchmarks.
    assert taken_s < (5 if sys.gettrace() else 0.5)


READER = """
import base64, json, resource, sys
from flowengine.definitions.parse import read
from flowengine.errors import DefinitionError

files = json.load(sys.stdin)
try:
    read("a: [1")
except DefinitionError:
    pass
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + int(sys.argv[1]),) * 2)
for name, content in files.items():
    try:
        read(base64.b64decode(content))
    except DefinitionError as error:
        print(json.dumps([name, [problem.code for problem in error.problems]]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for its size")
def test_all_hostile_files_are_refused_by_a_process_that_can_get_no_more_room() -> None:
    contents = {name: _bytes(make()) for name, (_, make) in HOSTILE.items()}

    done = subprocess.run(
        [sys.executable, "-c", READER, str(ROOM_BYTES)],
        input=json.dumps({n: base64.b64encode(c).decode() for n, c in contents.items()}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    said = dict(map(json.loads, done.stdout.splitlines()))
    assert {name: code in said[name] for name, (code, _) in HOSTILE.items()} == dict.fromkeys(
        HOSTILE, True
    )


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode(errors="surrogatepass")


@pytest.mark.parametrize("name", UNUSUAL)
def test_file_that_only_looks_odd_is_the_same_workflow(name: str) -> None:
    document = read(UNUSUAL[name])

    assert document.workflow.digest == read(WHOLE).workflow.digest


# The parser without C takes no tab behind a colon, and says so.
@pytest.mark.parametrize("name", sorted(UNUSUAL.keys() - {"tabs between"}))
def test_file_that_only_looks_odd_is_the_same_without_libyaml(name: str) -> None:
    with_c = load(UNUSUAL[name], path="x", parser=C_PARSER)

    assert load(UNUSUAL[name], path="x", parser=PURE_PARSER) == with_c
