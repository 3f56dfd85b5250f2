"""System checks: each unsafe or wrong thing has its id, and a good project has none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connections
from django.db.models.signals import post_delete, post_save
from pytest_django import Settings

from flowengine.checks import TAG
from flowengine.orchestration import sources
from tests.builders.files import HELLO, declare
from tests.project.models import Order


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


def test_unknown_events_has_two_values(settings: Settings) -> None:
    settings.FLOWENGINE = {"UNKNOWN_EVENTS": "drop"}

    assert ids() == ["E001"]


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
