"""RabbitMQ, PostgreSQL, Redis and Chromium for the tests, from wherever this machine has them.

    python3 -m tests.services start [NAME ...]     also: stop, status

For each service the first that works is taken: the URL in the environment
(``FLOWENGINE_TEST_RABBITMQ_URL``, ``..._POSTGRES_URL``, ``..._REDIS_URL``, ``..._CHROMIUM``); what
an earlier call started; what listens on the default port and gives tests a place of their own;
``docker compose``; a private node of the programs installed here, after ``apt-get install`` as
root where they are missing. The choice is printed and written to ``.services.env``, where pytest
reads it. ``stop`` ends what ``start`` started, and nothing else.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from tests.nodes import found, installed, postgres, rabbitmq, redis
from tests.nodes.node import STATE_FILE, Node
from tests.nodes.process import NodeError

ROOT = Path(__file__).resolve().parent.parent
CHOICE_FILE = ROOT / ".services.env"
BROWSER_VARIABLE = "FLOWENGINE_TEST_CHROMIUM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One kind of service and the ways to have it."""

    name: str
    """As in compose.yaml."""
    node: Callable[[Path], Node]
    program: Callable[[], Path]
    """Raises NodeError when the program is not installed."""
    found: Callable[[], str]
    """The URL of one that listens on the default port; NodeError with why not."""
    package: str
    """Debian's name."""

    @property
    def variable(self) -> str:
        """The environment variable with its URL."""
        return f"FLOWENGINE_TEST_{self.name.upper()}_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Where a service comes from."""

    variable: str
    value: str
    how: str


SERVICES = (
    Service(
        name="rabbitmq",
        node=rabbitmq.RabbitMQNode,
        program=rabbitmq.program,
        found=found.rabbitmq,
        package="rabbitmq-server",
    ),
    Service(
        name="postgres",
        node=postgres.PostgresNode,
        program=postgres.programs,
        found=found.postgres,
        package="postgresql",
    ),
    Service(
        name="redis",
        node=redis.RedisNode,
        program=redis.program,
        found=found.redis,
        package="redis-server",
    ),
)
NAMES = (*(service.name for service in SERVICES), "chromium")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 when all asked for is there."""
    parser = argparse.ArgumentParser(prog="tests.services", description=__doc__.partition("\n")[0])
    parser.add_argument("action", choices=["start", "stop", "status"])
    parser.add_argument("name", nargs="*", choices=[*NAMES, []], help="default: all")
    given = parser.parse_args(arguments)
    try:
        with _only_one_of_us():
            if given.action == "start":
                start(given.name or NAMES)
            elif given.action == "stop":
                stop()
            else:
                status()
    except NodeError as error:
        print(f"services: {error}", file=sys.stderr)
        return 1
    return 0


def start(names: Sequence[str]) -> list[Choice]:
    """Have every service of *names* running and written down."""
    wanted = [service for service in SERVICES if service.name in names]
    choices: dict[str, Choice] = {}
    refusals: dict[str, str] = {}
    for service in wanted:
        if choice := _given(service) or _started(service) or _listening(service, refusals):
            choices[service.name] = choice
    missing = [service for service in wanted if service.name not in choices]
    if missing:
        choices |= _by_compose(missing)
    private = [service for service in missing if service.name not in choices]
    _install(private, with_browser="chromium" in names, refusals=refusals)
    for service in private:
        choices[service.name] = _private(service)
    chosen = [choices[service.name] for service in wanted]
    if "chromium" in names:
        chosen.append(_browser())
    _write(chosen)
    for choice in chosen:
        print(f"{choice.variable}={choice.value}  ({choice.how})", flush=True)
    return chosen


def stop() -> None:
    """End what ``start`` started: private nodes and compose services."""
    for service in SERVICES:
        if (_home() / service.name / STATE_FILE).exists():
            service.node(_home() / service.name).close()
            print(f"{service.name}: private node stopped, its data removed")
    if installed.compose_ports(_home()):
        installed.compose_down(directory=_home(), root=ROOT)
        print("compose services removed")
    CHOICE_FILE.unlink(missing_ok=True)


def status() -> None:
    """Print what runs."""
    for service in SERVICES:
        choice = _given(service) or _started(service)
        print(f"{service.name}: {f'{choice.value} ({choice.how})' if choice else 'not started'}")


def _given(service: Service) -> Choice | None:
    url = os.environ.get(service.variable)
    if not url:
        return None
    parts = urlsplit(url)
    default = {"amqp": 5672, "amqps": 5671, "postgresql": 5432, "redis": 6379, "rediss": 6379}
    port = parts.port or default.get(parts.scheme, 0)
    if not found.listens(parts.hostname or "127.0.0.1", port):
        raise NodeError(
            f"nobody listens at {parts.hostname}:{port}, which {service.variable} names: "
            "start that service, or unset the variable"
        )
    return Choice(variable=service.variable, value=url, how="from the environment")


def _started(service: Service) -> Choice | None:
    directory = _home() / service.name
    if not (directory / STATE_FILE).exists():
        return None
    node = service.node(directory)
    if not (node.is_running and node.answers()):
        return None
    return _private_choice(service, node, "runs already")


def _listening(service: Service, refusals: dict[str, str]) -> Choice | None:
    try:
        url = service.found()
    except NodeError as error:
        refusals[service.name] = str(error)
        return None
    return Choice(variable=service.variable, value=url, how="listens on the default port")


def _by_compose(missing: Sequence[Service]) -> dict[str, Choice]:
    if not installed.docker_answers():
        return {}
    names = [service.name for service in missing]
    try:
        urls = installed.compose_up(names, directory=_home(), root=ROOT)
    except NodeError as error:
        print(f"docker compose does not do it, going on with private nodes: {error}")
        return {}
    return {
        service.name: Choice(
            variable=service.variable, value=urls[service.name], how="docker compose"
        )
        for service in missing
    }


def _install(private: Sequence[Service], *, with_browser: bool, refusals: dict[str, str]) -> None:
    packages = [service.package for service in private if not _is_installed(service)]
    browser = os.environ.get(BROWSER_VARIABLE)
    if with_browser and not browser and installed.browser() is None:
        packages.append("chromium")
    if not packages:
        return
    try:
        installed.apt_install(packages, log=_home() / "apt.log")
    except NodeError as error:
        tried = "".join(f"\n  {name}: {why}" for name, why in refusals.items())
        raise NodeError(
            f"missing: {', '.join(packages)}. Tried:{tried}\n  docker: no engine answers"
            f"\n  apt: {error}\nWays out: start Docker; or install these packages; or set "
            "FLOWENGINE_TEST_RABBITMQ_URL, FLOWENGINE_TEST_POSTGRES_URL, "
            f"FLOWENGINE_TEST_REDIS_URL, {BROWSER_VARIABLE}"
        ) from error


def _is_installed(service: Service) -> bool:
    try:
        service.program()
    except NodeError:
        return False
    return True


def _private(service: Service) -> Choice:
    node = service.node(_home() / service.name)
    node.wipe()  # a node that stopped answering is not worth mending
    node.start()
    return _private_choice(service, node, "started")


def _private_choice(service: Service, node: Node, verb: str) -> Choice:
    pid = node.process.pid if node.process else 0
    how = f"private node, {verb}, pid {pid}, in {node.directory}"
    return Choice(variable=service.variable, value=node.url, how=how)


def _browser() -> Choice:
    given = os.environ.get(BROWSER_VARIABLE)
    if given and shutil.which(given) is None:
        raise NodeError(f"{BROWSER_VARIABLE} names {given}, which is no program")
    path = given or installed.browser()
    if path is None:
        raise NodeError(f"no Chromium: install one and set {BROWSER_VARIABLE} to its path")
    how = "from the environment" if given else "installed"
    return Choice(variable=BROWSER_VARIABLE, value=str(path), how=how)


def _write(chosen: Sequence[Choice]) -> None:
    lines = CHOICE_FILE.read_text(encoding="utf-8").splitlines() if CHOICE_FILE.exists() else []
    known = dict(line.split("=", 1) for line in lines)
    for choice in chosen:
        known |= {choice.variable: choice.value, f"{choice.variable}_IS": choice.how}
    text = "".join(f"{variable}={value}\n" for variable, value in known.items())
    CHOICE_FILE.write_text(text, encoding="utf-8")


def _home() -> Path:
    """The folder of this checkout's nodes.

    Outside the checkout: PostgreSQL's user may not be let into it, and a fresh clone at the same
    place finds what an earlier one left running.
    """
    checkout = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    home = Path(tempfile.gettempdir()) / f"flowengine-services-{os.geteuid()}-{checkout}"
    home.mkdir(exist_ok=True)
    return home


@contextmanager
def _only_one_of_us() -> Iterator[TextIO]:
    with (_home() / "lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


if __name__ == "__main__":
    sys.exit(main())
