"""Which pages may open the socket."""

from __future__ import annotations

import pytest

from flowengine.live.origin import is_allowed

HOSTS = ["shop.example.com", ".staff.example.com", "localhost", "[::1]"]
TRUSTED = ["https://www.example.org", "https://*.partner.example", "http://dev.example:5173"]


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://shop.example.com", "shop.example.com"),
        ("http://shop.example.com", "shop.example.com"),
        ("https://shop.example.com:443", "shop.example.com"),
        ("https://shop.example.com:8443", "shop.example.com:8443"),
        ("http://SHOP.example.com", "shop.EXAMPLE.com"),
        ("https://a.staff.example.com", "a.staff.example.com"),
        ("http://localhost:8000", "localhost:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://www.example.org", "shop.example.com"),
        ("https://one.partner.example", "shop.example.com"),
        ("https://a.b.partner.example", "shop.example.com"),
        ("http://dev.example:5173", "shop.example.com"),
    ],
)
def test_own_and_trusted_pages_are_let_in(origin: str, host: str) -> None:
    assert is_allowed(origin, host, allowed_hosts=HOSTS, trusted=TRUSTED)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("", "shop.example.com"),
        ("null", "shop.example.com"),
        ("shop.example.com", "shop.example.com"),
        ("//shop.example.com", "shop.example.com"),
        ("file://", "shop.example.com"),
        ("https://", "shop.example.com"),
        ("chrome-extension://abcdefgh", "shop.example.com"),
        ("ws://shop.example.com", "shop.example.com"),
        ("https://evil.example", "shop.example.com"),
        ("https://shop.example.com.evil.example", "shop.example.com"),
        ("https://evilshop.example.com", "shop.example.com"),
        ("https://shop.example.com:444", "shop.example.com"),
        ("http://localhost:8001", "localhost:8000"),
        ("https://shop.example.com/", "shop.example.com"),
        ("https://shop.example.com/x", "shop.example.com"),
        ("https://shop.example.com?x", "shop.example.com"),
        ("https://shop.example.com#x", "shop.example.com"),
        ("https://user@shop.example.com", "shop.example.com"),
        ("https://shop.example.com@evil.example", "shop.example.com"),
        ("https://shop.example.com evil.example", "shop.example.com"),
        ("https://[::1", "shop.example.com"),
        ("https://shop.example.com.", "shop.example.com:1"),
        ("https://xn--shp-8na.example.com", "shop.example.com"),
        ("https://a.staff.example.com", "b.staff.example.com"),
        ("https://rebound.example", "rebound.example"),
        ("https://shop.example.com", ""),
        ("http://www.example.org", "shop.example.com"),
        ("https://www.example.org:8443", "shop.example.com"),
        ("https://partner.example", "shop.example.com"),
        ("https://evilpartner.example", "shop.example.com"),
        ("http://one.partner.example", "shop.example.com"),
        ("http://dev.example", "shop.example.com"),
        ("https://shop.example.com\x00.evil.example", "shop.example.com"),
        ("https://shop\u3002example\u3002com", "shop.example.com"),
        ("https://shop.example.com:abc", "shop.example.com"),
        ("https://shop.example.com, https://evil.example", "shop.example.com"),
        ("https:shop.example.com", "shop.example.com"),
        ("https:///shop.example.com", "shop.example.com"),
        ("blob:https://shop.example.com/x", "shop.example.com"),
        ("javascript://shop.example.com", "shop.example.com"),
        ("https://shop.example.com%2eevil.example", "shop.example.com"),
        ("https://127.0.0.1", "localhost"),
    ],
)
def test_foreign_pages_are_refused(origin: str, host: str) -> None:
    assert not is_allowed(origin, host, allowed_hosts=HOSTS, trusted=TRUSTED)


def test_allowing_every_host_lets_no_foreign_page_in() -> None:
    assert is_allowed("http://a.example", "a.example", allowed_hosts=["*"], trusted=[])
    assert not is_allowed("http://b.example", "a.example", allowed_hosts=["*"], trusted=[])
