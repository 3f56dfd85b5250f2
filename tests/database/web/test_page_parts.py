"""The parts of a page beside a run: many runs, the newest of a thing, fragments, assets."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.management import call_command
from django.db import connection
from django.template import TemplateSyntaxError
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine.live import grants
from flowengine.models import EventRecord, RunRecord
from tests.database.web.test_template_tags import a_run_of, frame_in, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


def test_many_runs_are_read_in_as_many_queries_as_one(ann: User) -> None:
    runs = [a_run_of(ann) for _ in range(12)]
    tag = "{% flow_prefetch run %}{% for each in run %}{% flow_progress each %}{% endfor %}"
    page(runs, ann, tag)  # What a process or a user reads once is read.
    counts = []

    for some in (runs[:2], runs):
        with CaptureQueriesContext(connection) as asked:
            html = page(some, ann, tag)
        assert html.count("<flow-progress") == len(some)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_what_was_read_ahead_is_what_each_tag_would_have_read(ann: User) -> None:
    seen, foreign = a_run_of(ann), a_run_of(User.objects.create_user("bob"))
    tag = "{% for each in run %}{% flow_progress each %}{% endfor %}"
    given = [seen, foreign, uuid4(), None]

    apart, ahead = (
        re.sub(r'as-of="[^"]*"|As of [0-9:]*', "", page(given, ann, before + tag))
        for before in ("", "{% flow_prefetch run %}")
    )

    assert apart == ahead
    assert frame_in(apart)["t"] == "snap"


def test_newest_run_about_a_thing_is_shown(ann: User) -> None:
    runs = [a_run_about("order/17", ann) for _ in range(2)]
    hers = a_run_about("order/17", User.objects.create_user("bob"))

    tag = '{% flow_progress subject="order/17" latest=True compact=True %}'
    newest = page(None, ann, tag)
    oldest = page(None, ann, '{% flow_progress subject="order/17" latest=False %}')

    assert f'run-id="{runs[1]}"' in newest
    assert f'run-id="{runs[0]}"' in oldest
    assert str(hers) not in newest
    assert " compact" in newest


def a_run_about(subject: str, user: User) -> UUID:
    run = a_run_of(user)
    EventRecord.objects.filter(pk=RunRecord.objects.get(pk=run).event_id).update(subject=subject)
    return run


def test_row_of_a_model_stands_for_what_its_events_are_about(ann: User) -> None:
    run = a_run_about(f"user/{ann.pk}", ann)

    html = page(ann, ann, "{% flow_progress subject=run latest=True %}")

    assert f'run-id="{run}"' in html


def test_thing_that_has_no_run_yet_is_shown_as_expected(ann: User) -> None:
    html = page(None, ann, '{% flow_progress subject="order/1" %}')

    assert '<flow-progress subject="order/1" data-state="pending"' in html
    assert "run-id" not in html


def test_page_with_a_grant_shows_its_run_to_who_is_not_logged_in(ann: User) -> None:
    run = a_run_of(ann)

    html = page(run, AnonymousUser(), "{% flow_progress run grant=True %}")

    assert frame_in(html)["t"] == "snap"
    token = re.search(r' grant="([^"]+)"', html)
    assert token is not None
    grant = grants.read(token[1], None)
    assert grant is not None
    assert grant.topics == (f"run:{run}",)


def test_run_is_shown_with_what_the_page_wants_at_its_end(ann: User) -> None:
    run = a_run_of(ann)
    tag = (
        "{% flow_progress run on_done='/orders/17/' hide_when_done=True"
        " done='Thank you' failed='Call us' %}"
    )

    html = page(run, ann, tag)
    plain = page(run, ann, "{% flow_progress run %}")

    assert ' on-done-href="/orders/17/" hide-when-done ' in html
    assert '<div slot="done">Thank you</div>' in html
    assert '<div slot="failed">Call us</div>' in html
    assert not re.search("slot=|on-done-href|hide-when-done", plain)


def test_fragment_is_fetched_again_when_a_run_inside_it_ends(ann: User) -> None:
    tag = '{% flow_fragment "/orders/17/row/" %}<b>{{ run }}</b>{% endflow_fragment %}'

    html = page("<17>", ann, tag)

    assert html == (
        '<div class="flow-fragment" hx-get="/orders/17/row/" hx-trigger="flow-done, flow-failed"'
        ' hx-swap="innerHTML"><b>&lt;17&gt;</b></div>'
    )


@pytest.mark.parametrize(
    "tag",
    [
        "{% flow_fragment %}{% endflow_fragment %}",
        "{% flow_fragment '/a' '/b' %}{% endflow_fragment %}",
        "{% flow_fragment '/a' on='load[alert(1)]' %}{% endflow_fragment %}",
    ],
)
def test_fragment_that_is_written_wrongly_is_refused(ann: User, tag: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        page(None, ann, tag)


def test_assets_say_whose_page_it_is_and_nothing_of_who_that_is(ann: User) -> None:
    bob = User.objects.create_user("bob")
    pages = [page(None, user, "{% flow_assets %}") for user in (ann, ann, bob, AnonymousUser())]

    names = [re.search(r'<meta name="flow-user" content="([^"]+)">', html) for html in pages]

    first, again, other, nobody = [found[1] if found else "" for found in names]
    assert first == again != other
    assert nobody == "-"
    assert "flow-csrf" in pages[0]
    assert "flow-csrf" not in pages[3]
    assert len(first) == 16


def test_assets_are_found_under_their_hashed_names(
    ann: User, settings: Settings, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)

    html = page(None, ann, "{% flow_assets %}")

    places = re.findall(r'(?:href|src)="/static/([^"]+)"', html)
    assert [re.sub(r"\.[0-9a-f]{12}\.", ".", place) for place in places] == [
        "flowengine/flowengine.css",
        "flowengine/flowengine.js",
    ]
    assert all((tmp_path / place).is_file() for place in places)
    # What it loads, at once or later, is beside it; and not itself once more under its other name.
    asked, seen = [places[1].removeprefix("flowengine/")], set[str]()
    while asked:
        name = asked.pop()
        seen.add(name)
        script = (tmp_path / "flowengine" / name).read_text()
        asked += set(re.findall(r"[\"'`]\./([\w.-]+\.js)[\"'`]", script)) - seen
    assert len(seen) > 2
    assert "flowengine.js" not in seen


def test_no_tag_writes_code_into_the_page(ann: User) -> None:
    """A strict policy (``script-src 'nonce-…'; style-src 'nonce-…'``) lets all of it through."""
    run = a_run_of(ann)
    tags = (
        "{% flow_assets %}{% flow_progress run %}{% flow_inbox %}{% flow_toasts %}"
        "{% flow_connection %}"
    )

    html = page(run, ann, tags)

    assert not re.findall(r"\son\w+=|\sstyle=|<style|javascript:", html)
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", html, re.DOTALL)
    assert [text for attributes, text in scripts if "application/json" not in attributes] == [""]
