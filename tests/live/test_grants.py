"""Grants: a page vouches for its readers, for a while, for what it names, and for nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import signing

from flowengine.live import grants, hub
from flowengine.live.hints import announce
from flowengine.live.protocol import SUBPROTOCOL, Close
from flowengine.store.clock import system_now
from tests.live.browser import Browser, Open, a_line, a_user, cookie_of, steps_told, worked


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> Iterator[None]:
    """In so many seconds."""
    with monkeypatch.context() as patch:
        patch.setattr(grants, "system_now", lambda: system_now() + timedelta(seconds=seconds))
        yield


async def guest(*tokens: str) -> tuple[Browser, int | None]:
    """A browser in which nobody is logged in, and the code with which it was refused."""
    browser = Browser(subprotocols=[SUBPROTOCOL, *tokens])
    return browser, await browser.open()


async def granted_run() -> tuple[UUID, str]:
    run = await a_line(await a_user("ann"))
    return run, grants.mint([f"run:{run}"])


@pytest.mark.parametrize("user", [None, "7"])
def test_grant_says_what_was_granted(user: str | None) -> None:
    found = grants.read(grants.mint(["run:x", "runs:subject:y"], user), user)

    assert found is not None
    assert (found.topics, found.user) == (("run:x", "runs:subject:y"), user)
    assert 899 < found.ends_at - system_now().timestamp() <= 900


def test_token_may_stand_among_subprotocols() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_.=-]+", grants.mint(["runs:subject:Zoë's / order, 17"]))


@pytest.mark.parametrize(
    ("own", "shown_by"), [("7", None), ("7", "8"), ("7", "")], ids=["nobody", "another", "empty"]
)
def test_grant_of_one_user_holds_for_no_other(own: str, shown_by: str | None) -> None:
    assert grants.read(grants.mint(["run:x"], own), shown_by) is None


@pytest.mark.parametrize("seconds", [899.0, 901.0])
def test_grant_holds_for_a_quarter_of_an_hour(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = grants.mint(["run:x"])

    with later(monkeypatch, seconds):
        assert (grants.read(token, None) is not None) is (seconds < 900)


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: "",
        lambda token: "x",
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: "A" + token,
        lambda token: token.replace(".", ":"),
        lambda token: token * 100,
        lambda token: signing.dumps({"t": ["run:x"], "u": None, "x": 9e12, "b": 9e12}),
        lambda token: signing.dumps(
            {"t": ["run:x"], "u": None, "x": 9e12, "b": 9e12}, salt="flowengine.grant"
        ),
        lambda token: "\x00é\ud800",
    ],
)
def test_forged_token_is_no_grant(forge: Any) -> None:
    assert grants.read(forge(grants.mint(["run:x"])), None) is None


@pytest.mark.parametrize("number", [0, 51])
def test_grant_is_for_a_few_topics(number: int) -> None:
    with pytest.raises(ValueError, match="1 to 50 topics"):
        grants.mint([f"run:{n}" for n in range(number)])


def test_grant_is_renewed_for_half_a_day_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    grant = grants.read(grants.mint(["a", "b"]), None)
    assert grant is not None
    age = 0.0
    while (newer := grants.renewed(grant, "a")) is not None:
        grant, token = newer
        age += 12 * 60
        monkeypatch.setattr(
            grants, "system_now", lambda age=age: system_now() + timedelta(seconds=age)
        )
        assert (grants.read(token, None) or grant).topics == ("a",)

    assert 12 * 3600 <= age <= 12 * 3600 + 720


async def test_page_with_a_grant_watches_without_login(transactional_db: None) -> None:
    run, token = await granted_run()
    browser, refused = await guest(token)

    await browser.watch(run)
    snap = await browser.frame()
    announce(await worked(run, "one"))
    pub = await browser.frame()
    beat = await browser.ping()
    await browser.close()

    assert (refused, browser.subprotocol) == (None, SUBPROTOCOL)
    assert (snap["t"], steps_told(pub)["one"]) == ("snap", "succeeded")
    assert beat["h"] == {f"run:{run}": [pub["e"], pub["o"]]}


@pytest.mark.parametrize("tokens", [[], ["forged"], [""]])
async def test_without_a_grant_that_holds_nobody_is_let_in(
    transactional_db: None, tokens: list[str]
) -> None:
    browser, refused = await guest(*tokens)
    await browser.close()

    assert refused == Close.SIGNED_OUT


async def test_what_the_grant_does_not_name_is_forbidden_whether_it_is_there_or_not(
    transactional_db: None,
) -> None:
    _run, token = await granted_run()
    other = await a_line(await a_user("bob"))
    browser, _ = await guest(token)
    names = [f"run:{other}", f"run:{uuid4()}", "runs:mine", "runs:workflow:line", "inbox"]

    await browser.send(t="subs", m=dict.fromkeys(names))
    answers = [await browser.frame() for _ in names]
    beat = await browser.ping()
    await browser.close()

    assert answers == [{"t": "err", "c": name, "code": "forbidden"} for name in names]
    assert beat["h"] == {}


async def test_later_grants_come_with_what_they_are_for(transactional_db: None) -> None:
    run, token = await granted_run()
    other = await a_line(await a_user("bob"))
    browser, _ = await guest(token)

    await browser.send(t="sub", c=f"run:{other}", g=grants.mint([f"run:{other}"]))
    one = await browser.frame()
    await browser.send(
        t="subs", m={f"run:{run}": None}, g=["forged", grants.mint(["run:x"]), token]
    )
    two = await browser.frame()
    await browser.close()

    assert [(each["t"], each["c"]) for each in (one, two)] == [
        ("snap", f"run:{other}"),
        ("snap", f"run:{run}"),
    ]


async def test_nobody_is_granted_an_inbox_or_the_runs_of_a_user(transactional_db: None) -> None:
    browser, _ = await guest(grants.mint(["inbox", "runs:mine"]))

    await browser.send(t="subs", m={"inbox": None, "runs:mine": None})
    answers = [await browser.frame(), await browser.frame()]
    await browser.close()

    assert {each["code"] for each in answers} == {"forbidden"}


async def test_list_may_be_granted_and_has_all_of_its_runs(transactional_db: None) -> None:
    run, _ = await granted_run()
    browser, _ = await guest(grants.mint(["runs:workflow:line"]))

    await browser.send(t="sub", c="runs:workflow:line")
    frame = await browser.frame()
    await browser.close()

    assert [line["id"] for line in frame["s"]["runs"]] == [str(run)]


async def test_grant_opens_a_foreign_run_to_who_is_logged_in_too(browse: Open) -> None:
    run, token = await granted_run()
    browser = await browse(await a_user("bob"))

    await browser.send(t="sub", c=f"run:{run}", g="forged")
    without = await browser.frame()
    await browser.send(t="sub", c=f"run:{run}", g=token)
    with_it = await browser.frame()

    assert (without["t"], with_it["t"]) == ("pending", "snap")


async def test_grant_that_is_nearly_over_is_renewed_on_the_socket(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.05)
    run, token = await granted_run()
    browser, _ = await guest(token)
    await browser.watch(run)
    assert (await browser.frame())["t"] == "snap"

    with later(monkeypatch, 12 * 60 + 1):
        renewal = await browser.frame_of("grant")
    with later(monkeypatch, 26 * 60):
        later_on = grants.read(renewal["g"], None)
    await browser.close()

    assert renewal["c"] == f"run:{run}"
    assert later_on is not None


async def test_grant_that_is_too_old_is_not_renewed_and_the_socket_ends(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "RENEW_S", 0.05)
    monkeypatch.setattr(grants, "AGE_MAX_S", 0)
    run, token = await granted_run()
    browser, _ = await guest(token)
    await browser.watch(run)
    assert (await browser.frame())["t"] == "snap"

    with later(monkeypatch, 15 * 60 + 1):
        code = await browser.closed()
    await browser.close()

    assert code == Close.FORBIDDEN


async def test_one_page_has_no_more_sockets_than_one_user(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "PEERS_PER_USER_MAX", 1)
    run, token = await granted_run()
    other = grants.mint([f"run:{run}"], None)
    first, _ = await guest(token)

    second, refused = await guest(token)
    third, let_in = await guest(grants.mint([f"run:{run}", "run:x"]))
    for browser in (first, second, third):
        await browser.close()

    assert (refused, let_in) == (Close.TOO_MANY, None)
    assert other


async def test_session_goes_before_a_grant(browse: Open, transactional_db: None) -> None:
    user = await a_user("ann")
    run = await a_line(user)
    browser = Browser(await cookie_of(user), subprotocols=[SUBPROTOCOL, "forged"])

    refused = await browser.open()
    await browser.watch(run)
    frame = await browser.frame()
    await browser.close()

    assert (refused, frame["t"]) == (None, "snap")
