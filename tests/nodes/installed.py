"""Programs of this machine: Debian's packages, and a Docker engine with Compose."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.nodes import found
from tests.nodes.process import NodeError, free_port, tail

COMPOSE_PROJECT = "flowengine-test"
COMPOSE_LIMIT_S = 600
APT_LIMIT_S = 900
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC_CHROME = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def browser() -> Path | None:
    """A Chromium or Chrome of this machine."""
    for name in _BROWSERS:
        if path := shutil.which(name):
            return Path(path)
    return _MAC_CHROME if _MAC_CHROME.exists() else None


def apt_install(packages: Sequence[str], *, log: Path) -> None:
    """Install Debian packages.

    Raises:
        NodeError: not Debian, not root, or apt failed.
    """
    wanted = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise NodeError(f"no apt-get here to install {wanted}")
    if os.geteuid() != 0:
        raise NodeError(f"not root, so not installed; as root: apt-get install {wanted}")
    print(f"apt-get installs {wanted}; its output goes to {log}", flush=True)
    for command in (
        ["apt-get", "-q", "update"],
        ["apt-get", "-q", "install", "-y", "--no-install-recommends", *packages],
    ):
        _run(
            [*command, "-o", "DPkg::Lock::Timeout=120"],
            limit_s=APT_LIMIT_S,
            log=log,
            environment={"DEBIAN_FRONTEND": "noninteractive"},
        )


def docker_answers() -> bool:
    """Whether a Docker engine with Compose can be used; the client alone is not enough."""
    if shutil.which("docker") is None:
        return False
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            asked = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=15, check=False
            )
        except subprocess.TimeoutExpired:
            return False
        if asked.returncode:
            return False
    return True


def compose_up(services: Sequence[str], *, directory: Path, root: Path) -> dict[str, str]:
    """Start *services* of compose.yaml on free ports; their URLs by name.

    Raises:
        NodeError: Docker could not start them in time.
    """
    ports = compose_ports(directory) or {
        name: free_port() for name in ("rabbitmq", "management", "postgres", "redis")
    }
    (directory / "compose.json").write_text(json.dumps(ports), encoding="utf-8")
    print(f"docker compose starts {', '.join(services)}", flush=True)
    _run(
        [*_compose(root), "up", "-d", "--wait", *services],
        limit_s=COMPOSE_LIMIT_S,
        log=directory / "compose.log",
        environment={f"FLOWENGINE_{name.upper()}_PORT": str(ports[name]) for name in ports},
    )
    urls = {
        "rabbitmq": f"amqp://flowengine:flowengine@127.0.0.1:{ports['rabbitmq']}/flowengine",
        "postgres": f"postgresql://flowengine:flowengine@127.0.0.1:{ports['postgres']}/flowengine",
        "redis": f"redis://127.0.0.1:{ports['redis']}/0",
    }
    for name in services:
        if not found.listens("127.0.0.1", ports[name]):
            raise NodeError(f"compose says {name} is up, but nobody listens on {ports[name]}")
    return {name: urls[name] for name in services}


def compose_ports(directory: Path) -> dict[str, int]:
    """The ports of an earlier ``compose_up``; none when there was none."""
    try:
        ports = json.loads((directory / "compose.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): int(port) for name, port in ports.items()}


def compose_down(*, directory: Path, root: Path) -> None:
    """Remove what ``compose_up`` started, with its volumes."""
    log = directory / "compose.log"
    _run([*_compose(root), "down", "-v", "--timeout", "10"], limit_s=120, log=log)
    (directory / "compose.json").unlink(missing_ok=True)


def _compose(root: Path) -> list[str]:
    return ["docker", "compose", "-p", COMPOSE_PROJECT, "-f", str(root / "compose.yaml")]


def _run(
    command: Sequence[str],
    *,
    limit_s: float,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> None:
    with log.open("ab") as output:
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise NodeError(f"{' '.join(command)} took over {limit_s:.0f} s; see {log}") from error
    if done.returncode:
        raise NodeError(f"{' '.join(command)} failed; the end of {log}:\n{tail(log)}")
