"""From URLs to brokers and their parameters, and what is wrong with URLs."""

from __future__ import annotations

import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from flowengine.broker import connect as connecting
from flowengine.broker.connect import connect, without_password
from flowengine.broker.rabbitmq.adapter import RabbitBroker
from flowengine.broker.rabbitmq.options import HEARTBEAT_S, parameters
from flowengine.errors import BrokerUnavailable, SettingsError


@pytest.mark.parametrize(
    ("url", "place", "user"),
    [
        ("amqp://", ("localhost", 5672, "/"), ("guest", "guest")),
        ("amqp://rabbit/", ("rabbit", 5672, "/"), ("guest", "guest")),
        ("amqp://me:s%40crt@rabbit:1234/shop", ("rabbit", 1234, "shop"), ("me", "s@crt")),
        ("amqp://rabbit/%2Fa%2Fb", ("rabbit", 5672, "/a/b"), ("guest", "guest")),
        ("amqps://[::1]/", ("::1", 5671, "/"), ("guest", "guest")),
    ],
)
def test_url_names_host_virtual_host_and_user(
    url: str, place: tuple[str, int, str], user: tuple[str, str]
) -> None:
    found = parameters(url, name="worker 1")

    assert (found.host, found.port, found.virtual_host) == place
    assert (found.credentials.username, found.credentials.password) == user
    assert found.client_properties["connection_name"] == "worker 1"
    assert found.heartbeat == HEARTBEAT_S
    assert found.tcp_options["TCP_USER_TIMEOUT"] == 20_000


def test_tls_is_verified_unless_the_url_says_otherwise() -> None:
    verified = parameters("amqps://rabbit/", name="x").ssl_options
    unverified = parameters("amqps://rabbit/?verify=no", name="x").ssl_options

    assert verified.context.verify_mode is ssl.CERT_REQUIRED
    assert verified.context.check_hostname
    assert verified.server_hostname == "rabbit"
    assert unverified.context.verify_mode is ssl.CERT_NONE
    assert parameters("amqp://rabbit/", name="x").ssl_options is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "must look like inproc://"),
        ("rabbit", "must look like inproc://"),
        ("://x", "must look like inproc://"),
        ("nosuch://x", "'nosuch' is no broker"),
        ("amqp://rabbit:port/", "malformed"),
        ("amqp://[::1/", "malformed"),
        ("amqp://rabbit/?heartbeats=3", "did you mean 'heartbeat'?"),
        ("amqp://rabbit/?heartbeat=soon", "whole seconds"),
        ("amqp://rabbit/?heartbeat=0", "above 0"),
        ("amqp://rabbit/?cafile=/x", "it needs amqps://"),
        ("amqps://rabbit/?cafile=/no/such/file", "which is no file"),
        ("amqps://rabbit/?verify=perhaps", "must be yes or no"),
    ],
)
def test_wrong_url_is_refused_with_the_way_out(url: str, problem: str) -> None:
    with pytest.raises(SettingsError, match="BROKER_URL") as caught:
        connect(url)

    assert problem in caught.value.message


def test_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    junk = tmp_path / "ca.pem"
    junk.write_text("no certificate")

    with pytest.raises(SettingsError, match="TLS files that do not load"):
        connect(f"amqps://rabbit/?cafile={junk}")


def test_password_is_not_told() -> None:
    with pytest.raises(SettingsError) as caught:
        connect("nosuch://user:hunter2@host/")

    assert "hunter2" not in caught.value.message
    assert without_password("amqp://user:hunter2@host/") == "amqp://user:***@host/"
    assert without_password("redis://host:6379/0") == "redis://host:6379/0"
    assert "hunter2" not in without_password("amqp://user:hunter2@[::1/")


def test_missing_client_package_is_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.delitem(sys.modules, "kombu.transport.SQS", raising=False)

    with pytest.raises(BrokerUnavailable, match="pip install boto3"):
        connect("sqs://")


def test_amqp_is_served_by_pika_and_not_yet_connected() -> None:
    broker = connect("amqps://rabbit/")

    assert isinstance(broker, RabbitBroker)
    assert not broker.is_open
    assert broker.trouble == "not started"


@pytest.mark.parametrize(
    ("url", "foreign"), [("amqp://rabbit/", "kombu"), ("inproc://", "pika"), ("", "kombu, pika")]
)
def test_only_the_client_that_is_needed_is_imported(url: str, foreign: str) -> None:
    program = (
        "import sys; from flowengine.broker.connect import connect\n"
        f"if {url!r}: connect({url!r})\n"
        f"assert not set({foreign!r}.split(', ')) & set(sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(connecting.__file__).parents[2],
    )

    assert done.returncode == 0, done.stderr
