"""The page of the dashboard: for whom, and what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from flowengine import emit
from flowengine.web import api
from flowengine.web.dashboard import LOOKING, PLACES
from tests.builders.line import begin

pytestmark = pytest.mark.django_db

PLACED = {
    place: re.sub(r"<uuid:\w+>", "01a20000-0000-7000-8000-000000000001", place).replace(
        "<str:type>", "order.placed"
    )
    for place in PLACES
}


@pytest.fixture
def ann(client: Client) -> User:
    """The user who is logged in; she may see runs."""
    user = User.objects.create_user("ann")
    permit(user, "view_run")
    client.force_login(user)
    return user


def permit(user: User, *names: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))


def said(html: str) -> dict[str, Any]:
    """What the page tells its script."""
    found = re.search(r'<script id="flow-page" type="application/json">(.*?)</script>', html)
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


@pytest.mark.parametrize("place", PLACED.values())
def test_every_screen_has_an_address_of_its_own(client: Client, ann: User, place: str) -> None:
    response = client.get(f"/flow/{place.replace('<str:name>', 'order')}")

    assert response.status_code == 200
    assert said(response.content.decode())["user"]["name"] == ann.username


def test_who_opens_it_need_not_wait_for_what_answers_its_script(
    client: Client, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(api, "import_ahead", lambda: begun.append("it"))

    client.get("/flow/my/approvals/")
    assert begun == []
    client.get("/flow/")
    assert begun == ["it"]


def test_who_is_not_logged_in_is_sent_to_log_in_and_comes_back(client: Client) -> None:
    response = client.get("/flow/runs?q=state:failed")

    assert response.status_code == 302
    assert response["Location"].endswith("?next=/flow/runs%3Fq%3Dstate%3Afailed")


def test_who_may_see_nothing_is_told_what_is_needed(client: Client) -> None:
    client.force_login(User.objects.create_user("bob"))

    response = client.get("/flow/")

    html = response.content.decode()
    assert response.status_code == 403
    assert "flow-page" not in html
    assert all(f"flowengine.{name}" in html for name in LOOKING)


@pytest.mark.parametrize("name", LOOKING)
def test_any_permission_to_look_opens_the_dashboard(client: Client, name: str) -> None:
    user = User.objects.create_user("eve")
    permit(user, name)
    client.force_login(user)

    response = client.get("/flow/")

    assert said(response.content.decode())["user"]["permissions"] == [name]


def test_page_says_where_things_are(client: Client, ann: User) -> None:
    told = said(client.get("/flow/").content.decode())

    assert (told["base"], told["api"], told["socket"]) == ("/flow/", "/flow/api/v1", "/flow/ws/")
    assert told["zone"] == "UTC"
    assert told["demo"] is False


def test_page_says_nothing_of_what_runs(client: Client, ann: User) -> None:
    [run] = begin("line")
    emit("hello.said", {"secret": "melon"})

    html = client.get(f"/flow/runs/{run}").content.decode()

    assert "melon" not in html
    assert str(run) not in re.sub(r'"/flow/[^"]*"', "", html)


def test_page_has_no_code_in_it(client: Client, ann: User) -> None:
    html = client.get("/flow/").content.decode()

    assert not re.findall(r"\son\w+=|\sstyle=|<style|javascript:", html)
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL)
    assert [text for attributes, text in scripts if "application/json" not in attributes] == [""]


def test_page_comes_with_a_policy_that_lets_nothing_inline_through(
    client: Client, ann: User, settings: Settings
) -> None:
    own = client.get("/flow/")["Content-Security-Policy"]
    settings.STATIC_URL = "https://files.example.org/static/"
    apart = client.get("/flow/")["Content-Security-Policy"]

    assert "default-src 'none'" in own
    assert "script-src 'self';" in own
    assert "unsafe" not in own + apart
    assert "script-src 'self' https://files.example.org;" in apart


def test_regions_for_screen_readers_are_there_and_empty(client: Client, ann: User) -> None:
    html = client.get("/flow/").content.decode()

    assert re.search(r'<div id="flow-polite"[^>]*aria-live="polite"></div>', html)
    assert re.search(r'<div id="flow-urgent"[^>]*aria-live="assertive"></div>', html)


def test_theme_that_was_chosen_is_there_with_the_first_paint(client: Client, ann: User) -> None:
    client.cookies["flow_theme"] = "dark"
    client.cookies["flow_contrast"] = '"><script>'

    html = client.get("/flow/").content.decode()

    assert 'data-theme="dark" data-contrast="system"' in html


def test_nothing_is_changed_by_opening_it(client: Client, ann: User) -> None:
    assert client.post("/flow/").status_code == 405


def test_scripts_are_found_under_their_hashed_names_and_run_once(
    client: Client, ann: User, settings: Settings, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)

    html = client.get("/flow/runs").content.decode()

    places = re.findall(r'(?:href|src)="/static/([^"]+)"', html)
    assert all((tmp_path / place).is_file() for place in places)
    names = [re.sub(r"\.[0-9a-f]{12}\.", ".", Path(place).name) for place in places]
    assert names[0] == "dashboard.css"
    assert names[-1] == "dashboard.js"
    assert [re.sub(r"-[\w-]{8}\.js", "", name) for name in names[1:-1]] == [
        "dashboard-shell",
        "dashboard-runs",
    ]
    # What is imported is there too; and nothing imports the entry, which has another name in the page.
    for script in (tmp_path / "flowengine").glob("dashboard*.js"):
        imported = re.findall(r"[\"'`]\./(dashboard[\w.-]*\.js)[\"'`]", script.read_text())
        assert all((tmp_path / "flowengine" / name).is_file() for name in imported)
        assert "dashboard.js" not in imported
