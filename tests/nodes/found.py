"""Services that already listen on the default ports, used only where tests get a place of their own.

Each function gives a URL, or raises NodeError with the reason why this one is not for us.
"""

from __future__ import annotations

import base64
import os
import re
import socket
import urllib.error
import urllib.request

from tests.nodes.process import NodeError

PLACE = "flowengine_test"
"""The virtual host and the database that tests get in a found service."""


def listens(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=2.0).close()
    except OSError:
        return False
    return True


def rabbitmq() -> str:
    """RabbitMQ at 5672, with a virtual host made by its management API."""
    _must_listen(5672)
    for path, body in (
        (f"vhosts/{PLACE}", b"{}"),
        (f"permissions/{PLACE}/guest", b'{"configure": ".*", "write": ".*", "read": ".*"}'),
    ):
        _management("PUT", path, body)
    return f"amqp://guest:guest@127.0.0.1:5672/{PLACE}"


def postgres() -> str:
    """PostgreSQL at 5432, with a database made by the first login that works."""
    _must_listen(5432)
    try:
        import psycopg
    except ImportError as error:
        raise NodeError("it listens, but psycopg is not installed to try a login") from error
    logins = (
        (os.environ.get("PGUSER", "postgres"), os.environ.get("PGPASSWORD", "postgres")),
        ("flowengine", "flowengine"),
    )
    refusals = []
    for user, password in logins:
        server = f"postgresql://{user}:{password}@127.0.0.1:5432"
        try:
            with psycopg.connect(
                f"{server}/postgres", connect_timeout=5, autocommit=True
            ) as connection:
                known = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(known, [PLACE]).fetchone() is None:
                    connection.execute(f"CREATE DATABASE {PLACE}")
        except psycopg.Error as error:
            refusals.append(f"{user}: {str(error).strip().splitlines()[-1]}")
            continue
        return f"{server}/{PLACE}"
    raise NodeError("it listens, but refuses " + "; ".join(refusals))


def redis() -> str:
    """Redis at 6379, in the last of its databases that is empty."""
    _must_listen(6379)
    with socket.create_connection(("127.0.0.1", 6379), timeout=2.0) as connection:
        for number in range(15, 0, -1):
            connection.sendall(f"SELECT {number}\r\nDBSIZE\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                part = connection.recv(200)
                if not part:
                    break
                answer += part
            if answer.startswith(b"-NOAUTH"):
                raise NodeError("it listens, but wants a password")
            if re.fullmatch(rb"\+OK\r\n:0\r\n", answer):
                return f"redis://127.0.0.1:6379/{number}"
    raise NodeError("it listens, but none of its databases 1 to 15 is empty")


def _must_listen(port: int) -> None:
    if not listens("127.0.0.1", port):
        raise NodeError(f"nobody listens on port {port}")


def _management(method: str, path: str, body: bytes) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:15672/api/{path}", data=body, method=method)
    request.add_header("content-type", "application/json")
    request.add_header("authorization", "Basic " + base64.b64encode(b"guest:guest").decode())
    try:
        urllib.request.urlopen(request, timeout=5).close()
    except (urllib.error.URLError, OSError) as error:
        raise NodeError(
            f"it listens, but its management API makes no virtual host for guest: {error}"
        ) from error
