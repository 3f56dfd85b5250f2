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

SOCKETS_PER_USER = 20
"""As many as the hub lets in."""
SERVE = (
    *("--ws", "websockets", "--ws-per-message-deflate", "false", "--backlog", "4096"),
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

    def forget(self) -> None:
        """Count frames from now on."""
        self._ask(do="forget")

    def seen(self) -> dict[str, Any]:
        """What came since: ``seen`` as (topic, number, instant), ``frames`` and ``bytes`` in number."""
        found: dict[str, Any] = self._ask(do="seen")
        return found

    def stand(self) -> dict[str, Any]:
        """How many are ``open``, how many have come ``back``, and the ``states`` that all show."""
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


def web(line: Line) -> Server:
    """The project's web process, as it is served in production."""
    port = free_port()
    application = "tests.benchmarks.asgi:application"
    return Server(line, "-m", "uvicorn", application, *SERVE, "--port", str(port), port=port)


def bare(line: Line, redis_url: str, channel: str) -> Server:
    """The loop it is measured beside."""
    port = free_port()
    arguments = ("-m", "tests.benchmarks.live.bare", str(port), redis_url, channel)
    return Server(line, *arguments, port=port)


def cookies(sockets: int) -> list[str]:
    """A session for each socket, of as many users as that takes; they may see everything."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password
    from django.test import Client

    found: list[str] = []
    password = make_password("x")
    for n in range(-(-sockets // SOCKETS_PER_USER)):
        user, _ = get_user_model().objects.get_or_create(
            username=f"watcher{n}", defaults={"password": password, "is_superuser": True}
        )
        client = Client()
        client.force_login(user)
        found += [client.cookies["sessionid"].value] * SOCKETS_PER_USER
    return found[:sockets]


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


def finish(begun: Sequence[UUID]) -> None:
    """These runs are cancelled and end; nobody is told of it."""
    from flowengine.engine.messages import Succeeded
    from flowengine.orchestration.advance import Told, Work, advance
    from tests.builders.line import claim, now

    for page in _pages(begun, 200):
        for step in ("one", "two", "three", "four", "five"):
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
