"""What the measurements of the live socket stand on: users, runs, a server, a crowd, and changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import psutil

from tests.faults.line import ROOT, Line
from tests.nodes.process import Process, free_port

SERVE = (
    *("--ws", "websockets-sansio", "--ws-per-message-deflate", "false"),
    *("--ws-ping-interval", "300", "--backlog", "4096"),
    *("--no-access-log", "--log-level", "warning", "--host", "127.0.0.1"),
)


class Crowd:
    """The process with the browsers."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.live.crowd"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def connect(self, port: int, cookies: Sequence[str], topics: Sequence[str], path: str) -> float:
        """Open a socket for each topic; the seconds it took."""
        return float(self._ask(do="connect", port=port, cookies=cookies, topics=topics, path=path))

    def cut(self) -> None:
        """The network of all of them goes, and each comes back by itself."""
        self._ask(do="cut")

    def forget(self) -> None:
        """Count frames from now on."""
        self._ask(do="forget")

    def seen(self) -> dict[str, Any]:
        """What came since: ``seen`` as (topic, number, instant), ``frames`` and ``bytes`` in number."""
        found: dict[str, Any] = self._ask(do="seen")
        return found

    def stand(self) -> dict[str, Any]:
        """How many are ``open`` or have come ``back``, all ``states``, and how long each was ``healed``, s."""
        found: dict[str, Any] = self._ask(do="stand")
        return found

    def close(self) -> None:
        """All go away."""
        self._process.kill()
        self._process.wait()

    def _ask(self, **order: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class Server:
    """A server process and what it costs."""

    def __init__(self, line: Line, *arguments: str, port: int) -> None:
        self._line = line
        self._arguments = arguments
        self.port = port
        self.process: Process = line.start(*arguments)

    def again(self) -> None:
        """Start it anew, at the same place."""
        self.process = self._line.start(*self._arguments)

    def rss_mb(self) -> float:
        """Its resident memory."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    def cpu_s(self) -> float:
        """Seconds of processor time it has taken."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)


def web(line: Line, application: str) -> Server:
    """A web process, as it is served in production."""
    port = free_port()
    return Server(line, "-m", "uvicorn", application, *SERVE, "--port", str(port), port=port)


def cookies(sockets: int) -> list[str]:
    """As many sessions, each of a user of its own who may see everything."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password

    model = get_user_model()
    names = [f"watcher{n}" for n in range(sockets)]
    password = make_password("x")
    model.objects.bulk_create(
        [model(username=name, password=password, is_superuser=True) for name in names],
        ignore_conflicts=True,
    )
    return [_session_of(user) for user in model.objects.filter(username__in=names)]


def _session_of(user: Any) -> str:
    """The key of a session in which *user* is logged in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def runs(number: int) -> list[UUID]:
    """Runs of a line of five steps, the first of which is at work."""
    from tests.builders.line import begin, claim

    begun = begin("line", number)
    for page in _pages(begun, 200):
        claim(page, "one")
    return begun


def change(page: Sequence[UUID], fraction: float) -> list[tuple[str, int, float]]:
    """Each of these runs says how far it is: topic, head and the instant of the commit."""
    from flowengine import signals
    from flowengine.orchestration.advance import Work, advance
    from flowengine.orchestration.work import Progress
    from tests.builders.line import now

    said = tuple(
        Progress(run_id=run, step="one", attempt=1, item="", fraction=fraction, note="")
        for run in page
    )
    committed = advance(Work(progress=said), now()).committed
    at = time.time()
    signals.run_changed.send_robust(sender=None, heads=committed.heads)
    return [(f"run:{run}", head, at) for run, head in committed.heads]


STEPS = ("one", "two", "three", "four", "five")


def go_on(run: UUID, number: int) -> None:
    """The step of that number succeeds, the next one begins, and all are told."""
    from flowengine import signals
    from flowengine.engine.messages import Succeeded
    from flowengine.orchestration.advance import Told, Work, advance
    from tests.builders.line import claim, now

    ended = Succeeded(step=STEPS[number], attempt=1, output={})
    for done in (
        advance(Work(told=(Told(run_id=run, message=ended),)), now()),
        claim([run], STEPS[number + 1]),
    ):
        signals.run_changed.send_robust(sender=None, heads=done.committed.heads)


def finish(topics: Sequence[str]) -> None:
    """These runs succeed; nobody is told of it."""
    from flowengine.engine.messages import Succeeded
    from flowengine.orchestration.advance import Told, Work, advance
    from tests.builders.line import claim, now

    begun = [UUID(topic.removeprefix("run:")) for topic in topics]
    for page in _pages(begun, 200):
        for step in STEPS:
            if step != "one":
                claim(page, step)
            ended = Succeeded(step=step, attempt=1, output={})
            advance(Work(told=tuple(Told(run_id=run, message=ended) for run in page)), now())


def prepare(line: Line) -> None:
    """Let this process speak for the project."""
    os.environ.update(line.environment)
    import django

    django.setup()


def _pages(begun: Sequence[UUID], size: int) -> list[list[UUID]]:
    rest = iter(begun)
    return list(iter(lambda: list(islice(rest, size)), []))
