"""System checks: each unsafe or wrong thing has its id, and a good project has none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.contrib import admin
from django.core.checks import Tags, run_checks
from django.db import connections
from django.db.models.signals import post_delete, post_save
from django.urls import path, set_script_prefix
from pytest_django import Settings

from flowengine.checks import TAG
from flowengine.conf import parse
from flowengine.orchestration import sources
from tests.builders.files import HELLO, declare
from tests.project.models import Order

HUB = {"SECRETS": ["hush"], "SIGNATURE_HEADER": "X-S"}


def found(*, deploy: bool = False) -> list[tuple[str, str]]:
    messages = run_checks(tags=[TAG], include_deployment_checks=deploy)
    return [(str(message.id).removeprefix("flowengine."), message.msg) for message in messages]


def ids(*, deploy: bool = False) -> list[str]:
    return [each for each, _ in found(deploy=deploy)]


def test_test_project_has_nothing_to_say() -> None:
    assert found(deploy=True) == []


def test_setting_of_an_unknown_name_is_told_once(settings: Settings) -> None:
    settings.FLOWENGINE = {"BROKER": "amqp://"}

    assert found() == [
        ("E001", "FLOWENGINE has no setting 'BROKER'; did you mean 'BROKER_URL'?"),
    ]


def test_problem_is_told_once_however_often_the_apps_are_loaded(settings: Settings) -> None:
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS]
    settings.FLOWENGINE = {"UNKNOWN_EVENTS": "drop"}

    assert ids() == ["E001"]


@pytest.mark.parametrize("name", ["UNKNOWN_EVENTS", "KEEP_LOGS"])
def test_setting_of_two_words_has_no_third(name: str, settings: Settings) -> None:
    settings.FLOWENGINE = {name: "drop"}

    assert ids() == ["E001"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("hush", "is a str; it must be a Mapping[str, Webhook]"),
        ({"hub": "hush"}, "['hub'] must be a name, and a mapping of settings"),
        ({7: {"SECRETS": ["hush"]}}, "[7] must be a name, and a mapping of settings"),
        ({"hub": {"SECRET": "hush"}}, "has no setting 'SECRET'; did you mean 'SECRETS'?"),
        ({"hub": {"SECRETS": "hush"}}, "['SECRETS'] is a str; it must be a tuple[str, ...]"),
        ({"hub": {"SIGNATURE_HEADER": "X-S"}}, "['hub'] needs SECRETS"),
        ({"hub": {"SECRETS": [], "SIGNATURE_HEADER": "X-S"}}, "['hub'] needs SECRETS"),
        ({"hub": {"SECRETS": ["hush", ""], "SIGNATURE_HEADER": "X-S"}}, "['hub'] needs SECRETS"),
        ({"hub": {"SECRETS": [b"hush"], "SIGNATURE_HEADER": "X-S"}}, "['hub'] needs SECRETS"),
        ({"hub": {"SECRETS": ["hush"]}}, "['hub'] needs SIGNATURE_HEADER"),
        ({"hub": HUB | {"KEY_HEADER": 1}}, "['KEY_HEADER'] is 1; it must be a str | None"),
        ({"hub": HUB | {"KEY_HEADER": "X-K", "KEY_FIELD": "id"}}, "both KEY_HEADER and KEY_FIELD"),
        ({"a/b": HUB}, "names 'a/b', which cannot be part of an event type"),
    ],
)
def test_webhook_that_will_not_do_is_told_without_its_secret(
    settings: Settings, given: Any, said: str
) -> None:
    settings.FLOWENGINE = {"WEBHOOKS": given}

    [(check, text)] = found()

    assert check == "E001"
    assert said in text
    assert "hush" not in text


def test_settings_do_not_show_the_secrets_of_webhooks() -> None:
    given = parse({"WEBHOOKS": {"shop.eu": HUB}})

    assert given.WEBHOOKS["shop.eu"].SECRETS == ("hush",)
    assert "hush" not in repr(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"till": True}, "FLOWENGINE['STATIONS']['till'] must be a name, and a mapping"),
        ({7: {}}, "FLOWENGINE['STATIONS'][7] must be a name, and a mapping"),
        ({"till": {"HAND_TO_HAND": 1}}, "['till']['HAND_TO_HAND'] is 1; it must be a bool"),
        ({"till": {"HAND_ON": True}}, "has no setting 'HAND_ON'"),
    ],
)
def test_station_that_will_not_do_is_told_with_its_name(
    settings: Settings, given: Any, said: str
) -> None:
    settings.FLOWENGINE = {"STATIONS": given}

    [(check, text)] = found()

    assert check == "E001"
    assert said in text


def test_each_problem_of_a_workflow_file_is_an_error_with_its_place(
    settings: Settings, tmp_path: Path
) -> None:
    declare(settings, tmp_path, HELLO.replace("line.nothing", "line.nothng"))

    [(check, text)] = found()

    assert check == "E002"
    assert text.endswith("0.yaml:5:5: FE115 no task 'line.nothng' is registered")


def test_warning_of_a_workflow_file_is_a_warning(settings: Settings, tmp_path: Path) -> None:
    slow = "{id: a, task: line.count, transaction: true, timeout: 5m}"
    declare(settings, tmp_path, HELLO.replace("line.nothing", slow))

    assert ids() == ["W003"]


def test_file_with_the_other_ending_is_pointed_at(settings: Settings, tmp_path: Path) -> None:
    declare(settings, tmp_path)
    (tmp_path / "hello.yml").write_text(HELLO)

    assert ids() == ["W007"]


def test_named_folder_must_be_there(settings: Settings, tmp_path: Path) -> None:
    settings.FLOWENGINE = {"WORKFLOW_DIRS": [str(tmp_path / "nowhere")]}

    assert ids() == ["E008"]


def test_database_alias_must_be_known(settings: Settings) -> None:
    settings.FLOWENGINE = {"DATABASE": "elsewhere"}

    assert found() == [
        ("E004", "FLOWENGINE['DATABASE'] is 'elsewhere', which is not in DATABASES"),
    ]


def test_sqlite_without_immediate_transactions_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connections["default"]
    monkeypatch.setattr(connection, "vendor", "sqlite")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})

    assert ids() == ["W005"]


def test_other_databases_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["default"], "vendor", "mysql")

    assert ids() == ["E004"]


@pytest.fixture
def order_source() -> Iterator[None]:
    sources.emits("shop.order.created", model=Order, on=("created",), fields=["state"])
    yield
    sources._sources.clear()
    sources._by_model.clear()
    post_save.disconnect(sources._on_save, sender=Order)
    post_delete.disconnect(sources._on_delete, sender=Order)


class Elsewhere:
    """A router that writes everything to another database."""

    def db_for_write(self, model: Any, **_hints: Any) -> str:
        return "orders"


@pytest.mark.usefixtures("order_source")
def test_model_of_another_database_cannot_share_a_transaction_with_its_events(
    settings: Settings,
) -> None:
    assert ids() == []
    settings.DATABASE_ROUTERS = [Elsewhere()]

    [(check, text)] = found()

    assert check == "E006"
    assert "Order is written to 'orders', events to 'default'" in text


def test_broker_is_named_by_a_url(settings: Settings) -> None:
    settings.FLOWENGINE = {"BROKER_URL": "rabbitmq.example"}

    assert ids() == ["E009"]


def test_any_host_is_warned_of(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]

    assert ids() == ["W010"]


@pytest.mark.parametrize(
    ("url", "count"),
    [
        ("inproc://", 0),
        ("amqp://shop:secret@localhost/shop", 0),
        ("amqps://shop:secret@rabbit.example/shop", 0),
        ("amqp://127.0.0.1/shop", 1),
        ("amqp://shop:secret@rabbit.example/shop", 1),
        ("amqp://guest:guest@rabbit.example/", 2),
        ("redis://cache.example/0", 1),
        ("rediss://cache.example/0", 0),
    ],
)
def test_unsafe_broker_is_warned_of_before_a_deployment(
    url: str, count: int, settings: Settings
) -> None:
    settings.FLOWENGINE = {"BROKER_URL": url}

    assert ids() == []
    assert ids(deploy=True) == ["W011"] * count


def test_project_without_time_zones_is_refused(settings: Settings) -> None:
    settings.USE_TZ = False

    assert ids() == ["E012"]


class _NoFlow:
    """URLs without flowengine's."""

    urlpatterns: ClassVar = [path("admin/", admin.site.urls)]


def said_of_urls() -> list[str]:
    messages = run_checks(tags=[Tags.urls])
    return [str(each.id) for each in messages if str(each.id).startswith("flowengine.")]


@pytest.mark.parametrize("url", ["/accounts/login/", "login", "/flowing", "/flow/nothing/"])
def test_login_url_that_leads_nowhere_is_a_warning(settings: Settings, url: str) -> None:
    settings.LOGIN_URL = url

    assert said_of_urls() == ["flowengine.W013"]


@pytest.mark.parametrize(
    "url", ["admin:login", "/admin/login/", "/flow/my/approvals", "https://id.example.com/in"]
)
def test_login_url_that_leads_somewhere_is_right(settings: Settings, url: str) -> None:
    settings.LOGIN_URL = url

    assert said_of_urls() == []


def test_login_url_below_the_script_prefix_is_right(settings: Settings) -> None:
    settings.LOGIN_URL = "/shop/admin/login/"
    set_script_prefix("/shop/")

    try:
        assert said_of_urls() == []
    finally:
        set_script_prefix("/")


def test_login_url_is_nobodys_business_without_our_pages(settings: Settings) -> None:
    settings.LOGIN_URL = "/nowhere/"
    settings.ROOT_URLCONF = _NoFlow

    assert said_of_urls() == []


def test_demo_has_a_way_to_log_in(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--fail-level", "WARNING", "--tag", "urls"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "flowengine.demo.settings",
            "FLOWENGINE_DEMO_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
