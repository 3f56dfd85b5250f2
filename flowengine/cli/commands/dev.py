"""Serve this project with a worker in the same process, and start again on changes.

The web server is uvicorn, with the live socket beside the project's own pages. With BROKER_URL
inproc:// and SQLite nothing else is needed. Not for production: use `flow worker` and a server.
"""

from __future__ import annotations

import signal
import socket
import threading
from argparse import ArgumentParser, Namespace
from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from flowengine.broker.connect import without_password
from flowengine.cli import reloading
from flowengine.cli.arguments import PLACES_MAX, PORT_MAX, whole
from flowengine.cli.embedded import Embedded, log_to_stderr
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.problems import show
from flowengine.cli.terminal import Style, Terminal, styled
from flowengine.conf import settings
from flowengine.errors import DefinitionError
from flowengine.live.application import Application, application
from flowengine.orchestration.sync import sync_project
from flowengine.store.clock import DatabaseClock
from flowengine.worker.program import WorkerOptions

try:
    import uvicorn
except ImportError:  # the extra ``server`` is not installed; said when it is needed
    uvicorn = None  # type: ignore[assignment,unused-ignore]

FRAME_MAX_BYTES = 64 * 1024
"""The largest frame that the socket takes; more is a mistake or an attack."""


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``dev``."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=whole(1, PORT_MAX), default=8000, metavar="N")
    parser.add_argument(
        "--concurrency",
        type=whole(1, PLACES_MAX),
        default=4,
        metavar="N",
        help="steps at the same time",
    )
    parser.add_argument("--no-reload", action="store_true", help="do not start again on changes")
    parser.add_argument("--no-worker", action="store_true", help="pages only")


def run(options: Namespace, terminal: Terminal) -> int:
    """Serve until ctrl-c."""
    if uvicorn is None:
        raise Stopped(
            "flow dev needs a web server, and uvicorn is not installed",
            hint="pip install 'django-flowengine[server]'",
            exit_code=Exit.USAGE,
        )
    if not reloading.is_child():
        _check_tables()
        _check_port(options.host, options.port)
    log_to_stderr()
    if options.no_reload:
        _serve(options, terminal)
        return Exit.OK
    return reloading.serve(lambda: _serve(options, terminal))


def project_application() -> Application:
    """The project's ASGI application, with the live socket beside it.

    ``ASGI_APPLICATION`` where the project names one, else Django's own over ``ROOT_URLCONF``. Static
    files are served as ``runserver`` serves them.
    """
    named = getattr(django_settings, "ASGI_APPLICATION", None)
    own: Any = import_string(named) if named else get_asgi_application()
    pages = own
    if django_settings.DEBUG and apps.is_installed("django.contrib.staticfiles"):
        pages = ASGIStaticFilesHandler(own)
    return application(pages, websocket=own if named else None)


def _serve(options: Namespace, terminal: Terminal) -> None:
    _synchronise(terminal)
    worker = None
    if not options.no_worker:
        worker = Embedded(WorkerOptions(concurrency=options.concurrency), name="flowengine dev")
    what = "pages" if worker is None else f"pages and {options.concurrency} places of work"
    address = f"http://{options.host}:{options.port}/"
    terminal.say(
        f"{styled(address, Style.BOLD)}  {what}, broker {without_password(settings().BROKER_URL)}"
        "  (ctrl-c ends it)"
    )
    config = uvicorn.Config(
        project_application(),
        host=options.host,
        port=options.port,
        log_level="info",
        ws_max_size=FRAME_MAX_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=300.0,  # heartbeats find out who is gone
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    if threading.current_thread() is threading.main_thread():
        for stop in (signal.SIGINT, signal.SIGTERM):
            # While it serves, the server takes them itself, and then raises them anew: for us, who
            # have yet to drain. Under a reloader they are the main thread's business.
            signal.signal(stop, lambda *_: setattr(server, "should_exit", True))
    try:
        server.run()
    finally:
        if worker is not None:
            worker.stop()


def _synchronise(terminal: Terminal) -> None:
    """Bring the files into force; with an error in one of them, the last good versions stay."""
    try:
        done = sync_project(now=DatabaseClock().now())
    except DefinitionError as error:
        show(error.problems, terminal)
        terminal.say("the workflows stay as they were synchronised last; mend the file")
        return
    count = len(done.added) + len(done.changed) + len(done.unchanged)
    text = "1 workflow" if count == 1 else f"{count} workflows"
    for what, names in (("new", done.added), ("changed", done.changed), ("gone", done.removed)):
        text += f"; {what}: {', '.join(names)}" if names else ""
    terminal.say(text)


def _check_tables() -> None:
    connection = connections[settings().DATABASE]
    executor = MigrationExecutor(connection)
    if executor.migration_plan(
        [node for node in executor.loader.graph.leaf_nodes() if node[0] == "flowengine"]
    ):
        raise Stopped(
            "the database has no tables of flowengine, or old ones", hint="manage.py migrate"
        )


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Stopped(
                f"{host}:{port} is not free: {error.strerror}",
                hint=f"another one: --port {port + 1 if port < PORT_MAX else 8000}",
                exit_code=Exit.USAGE,
            ) from error
