"""``amqps://``: certificates are checked, in both directions."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from flowengine.broker.connect import connect
from tests.conformance.broker_under_test import Place
from tests.conformance.witness import LIMIT_S, Inbox, Outcomes, eventually
from tests.nodes.node import node_directory
from tests.nodes.rabbitmq import PASSWORD, USER, VHOST, RabbitMQNode

pytestmark = pytest.mark.faults


class TLSNode(RabbitMQNode):
    """A broker that listens with TLS too, and wants a certificate from its clients."""

    ports: ClassVar[tuple[str, ...]] = (*RabbitMQNode.ports, "tls")

    def prepare(self) -> None:
        super().prepare()
        for name in ("ca", "server", "client"):
            certify(self.directory, name)
        with (self.directory / "rabbitmq.conf").open("a", encoding="ascii") as settings:
            settings.write(
                f"listeners.ssl.1 = 127.0.0.1:{self.port_of['tls']}\n"
                f"ssl_options.cacertfile = {self.directory}/ca.pem\n"
                f"ssl_options.certfile = {self.directory}/server.pem\n"
                f"ssl_options.keyfile = {self.directory}/server.key\n"
                "ssl_options.verify = verify_peer\n"
                "ssl_options.fail_if_no_peer_cert = true\n"
            )

    def tls_url(self, host: str, **options: str) -> str:
        query = "&".join(f"{key}={value}" for key, value in options.items())
        return f"amqps://{USER}:{PASSWORD}@{host}:{self.port_of['tls']}/{VHOST}?{query}"


def certify(directory: Path, name: str) -> None:
    """``name.key`` and ``name.pem``, signed by ``ca``, which signs itself."""
    signer = "" if name == "ca" else "-CA ca.pem -CAkey ca.key"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout {name}.key -out {name}.pem"
        f" -subj /CN={name} -addext subjectAltName=DNS:localhost {signer}".split(),
        cwd=directory,
        check=True,
        capture_output=True,
        timeout=30,
    )
    for key in directory.glob("*.key"):
        key.chmod(0o644)


@pytest.fixture(scope="module")
def node() -> Iterator[TLSNode]:
    node = TLSNode(node_directory("tls"))
    try:
        node.start()
        yield node
    finally:
        node.close()


def test_verified_connection_with_a_client_certificate_works(node: TLSNode) -> None:
    here = node.directory
    files = {
        "cafile": f"{here}/ca.pem",
        "certfile": f"{here}/client.pem",
        "keyfile": f"{here}/client.key",
    }
    place, inbox, outcomes = Place.fresh(), Inbox(), Outcomes()
    broker = connect(node.tls_url("localhost", **files))
    broker.declare(place.topology())
    broker.start()
    assert broker.wait_open(LIMIT_S), broker.trouble

    broker.consume(place.queue, prefetch=10, sink=inbox)
    broker.publish([place.envelope(b"x" * 300_000), *place.envelopes(500)], outcomes)

    assert set(outcomes.wait(501).values()) == {"confirmed"}
    assert len(inbox.wait(10)[0].body) == 300_000
    broker.close()


@pytest.mark.parametrize(
    ("host", "options", "problem"),
    [
        ("localhost", {}, "CERTIFICATE_VERIFY_FAILED"),
        ("127.0.0.1", {"cafile": "ca.pem"}, "CERTIFICATE_VERIFY_FAILED"),
    ],
    ids=["unknown authority", "other host name"],
)
def test_server_that_is_not_who_it_should_be_is_refused_and_the_reason_told(
    node: TLSNode, host: str, options: dict[str, str], problem: str
) -> None:
    files = {key: f"{node.directory}/{name}" for key, name in options.items()}
    broker = connect(node.tls_url(host, **files))
    broker.start()

    eventually(lambda: problem in broker.trouble, "the reason is told")

    assert not broker.is_open
    broker.close()


def test_client_without_a_certificate_is_refused(node: TLSNode) -> None:
    broker = connect(node.tls_url("localhost", verify="no"))
    broker.start()

    eventually(lambda: broker.trouble not in ("connecting", "not started"), "the refusal is told")

    assert not broker.is_open
    broker.close()
