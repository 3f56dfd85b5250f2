"""A run in a page, true at first paint."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.functional import lazy
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, override
from pytest_django import Settings

from flowengine import emit
from flowengine.engine.messages import Failed, Succeeded
from flowengine.engine.run import Failure
from flowengine.models import RunRecord
from flowengine.orchestration.route import route
from flowengine.orchestration.sync import sync_project
from flowengine.store.clock import system_now
from flowengine.web.shown import local_time
from flowengine.web.words import WORDS
from tests.builders.files import synchronise
from tests.builders.line import begin, claim, now, tell

pytestmark = pytest.mark.django_db

XSS = "</script><img src=x onerror=alert(1)>{{ 7 }}'\""


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


def a_run_of(user: User) -> UUID:
    [run] = begin("line")
    RunRecord.objects.filter(pk=run).update(watchers=f'["{user.pk}"]')
    return run


def page(run: Any, user: Any, tag: str = "{% flow_progress run %}") -> str:
    request = RequestFactory().get("/")
    request.user = user
    context = Context({"run": run, "request": request})
    return Template("{% load flowengine %}" + tag).render(context)


def frame_in(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    frame: dict[str, Any] = json.loads(found[1])
    return frame


def test_run_is_shown_as_it_stands_with_its_position(ann: User) -> None:
    run = a_run_of(ann)
    claim([run], "one")
    tell(run, Succeeded(step="one", attempt=1, output=None))

    html = page(run, ann)

    assert f'<flow-progress run-id="{run}" data-state="running"' in html
    assert '<progress class="flow-bar" max="100" value="20"' in html
    assert html.count("<li data-step=") == 5
    assert '<li data-step="two" data-state="ready" data-kind="task" aria-current="step">' in html
    assert "Step 2 of 5" in html
    assert (frame_in(html)["t"], frame_in(html)["s"]["percent"]) == ("snap", 20)


def test_socket_is_where_the_urls_are_included(ann: User) -> None:
    run = a_run_of(ann)

    html = page(run, ann)

    assert 'socket="/flow/ws/"' in html


def test_run_is_named_by_id_text_record_or_what_emit_gave(ann: User) -> None:
    run = a_run_of(ann)
    record = RunRecord.objects.get(pk=run)

    pages = [page(each, ann) for each in (run, str(run), record)]

    assert all(f'run-id="{run}"' in html for html in pages)


def test_finished_run_says_so_without_a_script(ann: User) -> None:
    run = a_run_of(ann)
    for step in ("one", "two", "three", "four", "five"):
        claim([run], step)
        tell(run, Succeeded(step=step, attempt=1, output=None))

    html = page(run, ann)

    assert "All done." in html
    assert "100 %" in html
    assert "aria-current" not in html


def test_failure_is_told_without_its_cause(ann: User) -> None:
    run = a_run_of(ann)
    claim([run], "one")
    failure = Failure(code="CardDeclined", message="card 4111", permanent=True)
    tell(run, Failed(step="one", attempt=1, failure=failure))

    html = page(run, ann)

    assert "Something went wrong in «One»." in html
    assert "4111" not in html


def test_run_that_is_not_there_yet_is_expected(ann: User) -> None:
    emitted = emit("line.begun", {}, actor=str(ann.pk))

    html = page(emitted.run_ids.get("line", uuid4()), ann)

    assert 'data-state="pending"' in html
    assert frame_in(html)["t"] == "pending"
    assert '<ol class="flow-line" hidden>' in html


def test_event_that_started_no_run_is_shown_as_ended(ann: User) -> None:
    sync_project(now=now())
    emitted = emit("troubled.x", {"order_id": 1, "ignored": True}, actor=str(ann.pk))
    route([emitted.event_id], now=now())

    html = page(emitted.run_ids["troubled"], ann)

    assert "There was nothing to do." in html


@pytest.mark.parametrize("nothing", ["", None, "missing"])
def test_name_without_a_value_shows_nothing(ann: User, nothing: Any) -> None:
    tag = (
        "{% flow_progress nowhere.at.all %}" if nothing == "missing" else "{% flow_progress run %}"
    )

    assert page(nothing, ann, tag).strip() == ""


def test_foreign_run_is_shown_like_one_that_is_not_there(ann: User) -> None:
    eve = User.objects.create_user("eve")
    foreign, missing = a_run_of(ann), uuid4()

    def shown(run: UUID) -> str:
        return re.sub(r'[Aa]s of [0-9:]+|as-of="[^"]*"', "", page(run, eve)).replace(str(run), "")

    assert frame_in(page(foreign, eve))["t"] == "pending"
    assert shown(foreign) == shown(missing)


def test_stranger_is_shown_nothing(ann: User) -> None:
    run = a_run_of(ann)

    assert page(run, AnonymousUser()).strip() == ""
    assert page(uuid4(), AnonymousUser()).strip() == ""


def test_label_stands_in_for_the_title(ann: User) -> None:
    html = page(a_run_of(ann), ann, "{% flow_progress run label='Your order' %}")

    assert 'label="Your order"' in html
    assert '<p class="flow-title">Your order</p>' in html


def test_small_one_for_lists_is_marked_so(ann: User) -> None:
    html = page(a_run_of(ann), ann, "{% flow_progress run compact=True %}")

    assert 'data-state="running" compact' in html


def test_text_from_data_is_never_markup(ann: User) -> None:
    run = a_run_of(ann)
    RunRecord.objects.filter(pk=run).update(title=XSS)

    html = page(run, ann)

    assert "<img" not in html
    assert html.count("</script>") == 1
    assert frame_in(html)["s"]["title"] == XSS


def test_no_style_and_no_script_is_inline(ann: User) -> None:
    html = page(a_run_of(ann), ann)

    assert " style=" not in html
    assert re.findall(r"<script(?! type=\"application/json\">)", html) == []


def test_assets_carry_the_nonce_of_the_page() -> None:
    request = RequestFactory().get("/")
    request.csp_nonce = "r4nd0m"  # type: ignore[attr-defined]

    html = Template("{% load flowengine %}{% flow_assets %}").render(Context({"request": request}))

    assert '<script type="module" src="/static/flowengine/flowengine.js" nonce="r4nd0m">' in html
    assert '<link rel="stylesheet" href="/static/flowengine/flowengine.css" nonce="r4nd0m">' in html


def test_assets_without_a_nonce_carry_none() -> None:
    html = Template("{% load flowengine %}{% flow_assets %}").render(Context())

    assert "nonce" not in html


TREE = """
workflow: tree
on: tree.begun
steps:
  - id: both
    parallel:
      pack: {for_each: [a, b, c], task: line.nothing, title: "Packing ${{ item }}"}
      papers: [line.nothing, {id: more, task: line.nothing}]
  - id: last
    task: line.nothing
"""


def a_tree(settings: Settings, folder: Path, user: User) -> UUID:
    synchronise(settings, folder, TREE)
    emitted = emit("tree.begun", {}, actor=user)
    route([emitted.event_id], now=now())
    return emitted.run_ids["tree"]


def test_blocks_are_written_with_what_is_inside_them(
    settings: Settings, tmp_path: Path, ann: User
) -> None:
    html = page(a_tree(settings, tmp_path, ann), ann)

    assert '<ol class="flow-line" data-long data-tree>' in html
    assert html.count('<ol class="flow-inside" data-line="branch">') == 1
    assert '<ol class="flow-inside" data-line="body 0">' in html
    assert re.findall(r'<li data-step="(\w+)" data-state="\w+" data-kind', html) == [
        *("both", "pack", "papers", "nothing", "more", "last"),
    ]
    assert "0 of 3" in html
    assert "Packing b" in html
    assert '<progress class="flow-part" max="1" value="0.0000"' in html
    assert " style=" not in html


def test_page_speaks_the_language_of_the_request(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    german: Any = lazy(lambda: "Fertig." if get_language() == "de" else "All done.", str)
    monkeypatch.setitem(WORDS, "say.succeeded", german())
    run = a_run_of(ann)
    RunRecord.objects.filter(pk=run).update(state="succeeded")
    assets = Template("{% load flowengine %}{% flow_assets %}")

    with override("de"):
        html, head = page(run, ann), assets.render(Context())
    plain = assets.render(Context())

    assert "Fertig." in html
    assert '<script id="flow-words" type="application/json">' in head
    assert '"say.succeeded": "Fertig."' in head
    assert '"say.succeeded": "All done."' in plain


def test_time_is_told_with_its_day_where_that_is_not_today() -> None:
    today, later = system_now(), system_now() + timedelta(days=3)

    assert re.fullmatch(r"\d\d:\d\d:\d\d", local_time(today.isoformat()))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", local_time(later.isoformat()))


def test_who_is_signed_out_meanwhile_is_led_to_where_one_logs_in(
    settings: Settings, ann: User
) -> None:
    settings.LOGIN_URL = "admin:login"
    leading = page(uuid4(), ann)
    settings.LOGIN_URL = "nowhere"
    silent = page(uuid4(), ann)

    assert ' login="/admin/login/"' in leading
    assert " login=" not in silent


def test_label_turns_no_text_round_and_stays_safe_where_it_is(ann: User) -> None:
    tag = Template("{% load flowengine %}{% flow_progress run label=label %}")
    request = RequestFactory().get("/")
    request.user = ann
    labels = ("\u202e71", mark_safe("Brot &amp; Brötchen"))

    turned, safe = (
        tag.render(Context({"run": uuid4(), "label": label, "request": request}))
        for label in labels
    )

    assert ' label="71"' in turned
    assert ' label="Brot &amp; Brötchen"' in safe
