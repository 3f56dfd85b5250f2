"""``flowengine demo``: everything in this one process, or the same on real parts."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flowengine.cli.arguments import PORT_MAX, whole

if TYPE_CHECKING:
    import uvicorn

HOST = "127.0.0.1"
TRIES = 20
"""Ports tried, from the one asked for upwards."""
PRODUCTS = (
    ("Fountain pen", 4900),
    ("Desk lamp", 7900),
    ("Tea tin", 1450),
    ("Wool blanket", 11900),
    ("Alarm clock", 3200),
    ("Grand piano", 1_290_000),  # beyond what the demo's card may pay
)
IN_STOCK = 10_000


def parser() -> argparse.ArgumentParser:
    """The command line of the demo."""
    parser = argparse.ArgumentParser(prog="flowengine demo", description=__doc__)
    parser.add_argument(
        "--port",
        type=whole(1, PORT_MAX),
        default=8765,
        metavar="N",
        help="the next free one is taken",
    )
    known = os.environ.get
    parser.add_argument(
        "--broker",
        default=known("FLOWENGINE_BROKER_URL", "inproc://"),
        metavar="URL",
        help="amqp://… or redis://…",
    )
    parser.add_argument(
        "--database", default=known("DATABASE_URL", ""), metavar="URL", help="postgres://…"
    )
    parser.add_argument(
        "--redis", default=known("REDIS_URL", ""), metavar="URL", help="for several web processes"
    )
    parser.add_argument("--data", default="", metavar="DIR", help="where the SQLite file is kept")
    parser.add_argument("--fresh", action="store_true", help="forget former orders (SQLite only)")
    parser.add_argument("--setup", action="store_true", help="only prepare the database, then end")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted; the exit code."""
    options = parser().parse_args(argv)
    began = time.monotonic()
    _prepare_environment(options)
    try:
        import uvicorn
    except ImportError:
        print(
            "The demo needs a web server: pip install 'django-flowengine[server]'", file=sys.stderr
        )
        return 2
    import django

    django.setup()
    _seed(fresh=options.fresh)
    _say("✓ database", _database_in_words(), began)
    if options.setup:
        return 0
    from flowengine.cli.embedded import Embedded
    from flowengine.worker.program import WorkerOptions

    worker = Embedded(WorkerOptions(), name="flowengine demo")
    _say("✓ broker, relay, router, beat, stations", options.broker, began)
    listener = _listen(options.port)
    server = uvicorn.Server(
        uvicorn.Config(
            "flowengine.demo.asgi:application",
            log_level="warning",
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,
            ws_ping_interval=300.0,  # heartbeats find out who is gone
            timeout_graceful_shutdown=2,
        )
    )
    for stop in (signal.SIGINT, signal.SIGTERM):
        # While it serves, the server takes them itself, and then raises them anew: for us, who have
        # yet to drain. One that comes before that must not be lost.
        signal.signal(stop, lambda *_: setattr(server, "should_exit", True))
    address = f"http://{HOST}:{listener.getsockname()[1]}/"
    print(f"\n  The shop is open: {address}   (ctrl-c closes it)\n", flush=True)
    if not options.no_browser:
        threading.Thread(target=_open, args=(server, address), daemon=True).start()
    server.run(sockets=[listener])
    print("Finishing what is on the line …", flush=True)
    clean = worker.stop(within_s=5.0)
    print("Closed. What was not finished goes on next time.", flush=True)
    if not clean:
        # A task that did not listen still holds a thread that Python would wait for.
        sys.stdout.flush()
        os._exit(0)
    return 0


def _prepare_environment(options: argparse.Namespace) -> None:
    """The settings module reads the environment; so does whoever runs a part of it apart."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "flowengine.demo.settings"
    os.environ["FLOWENGINE_BROKER_URL"] = options.broker
    for name, value in (
        ("DATABASE_URL", options.database),
        ("REDIS_URL", options.redis),
        ("FLOWENGINE_DEMO_DIR", options.data),
    ):
        if value:
            os.environ[name] = value
        elif name != "FLOWENGINE_DEMO_DIR":
            os.environ.pop(name, None)


def _seed(*, fresh: bool) -> None:
    """Tables, definitions and something on the shelves."""
    from django.conf import settings
    from django.core.management import call_command

    from flowengine import project
    from flowengine.demo.models import Product
    from flowengine.orchestration.sync import sync_project
    from flowengine.store.clock import DatabaseClock

    path = settings.DATABASES["default"]["NAME"]
    if fresh and isinstance(path, Path):
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    call_command("migrate", verbosity=0)
    sync_project(now=DatabaseClock().now())
    for name, price_cents in PRODUCTS:
        Product.objects.get_or_create(
            name=name, defaults={"price_cents": price_cents, "in_stock": IN_STOCK}
        )
    Product.objects.filter(in_stock__lt=IN_STOCK // 10).update(in_stock=IN_STOCK)
    assert project.catalog().workflows


def _listen(wanted: int) -> socket.socket:
    """A socket that takes connections from now on: the address may be printed before it is served."""
    for port in range(wanted, min(wanted + TRIES, PORT_MAX + 1)):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen()
        except OSError:
            listener.close()
            continue
        return listener
    raise SystemExit(f"no free port from {wanted} to {wanted + TRIES - 1}; choose one with --port")


def _open(server: uvicorn.Server, address: str) -> None:
    while not server.started:
        time.sleep(0.05)
    webbrowser.open(address)


def _say(what: str, detail: str, began: float) -> None:
    print(f"  {what:<42} {detail:<48} {time.monotonic() - began:4.1f} s", flush=True)


def _database_in_words() -> str:
    from django.conf import settings

    return str(settings.DATABASES["default"]["NAME"])


if __name__ == "__main__":
    raise SystemExit(main())
