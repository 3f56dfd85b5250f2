"""``flow sync``: files become definitions; what is gone starts nothing and stays readable."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine import project
from flowengine.definitions.steps import TaskStep
from flowengine.definitions.task_signature import TaskSignature
from flowengine.errors import DefinitionError
from flowengine.models import DefinitionRecord, WorkflowRecord
from flowengine.orchestration.sync import sync, sync_project
from flowengine.store import definitions
from tests.builders.events import NOON
from tests.builders.files import HELLO, declare, synchronise

pytestmark = pytest.mark.django_db

LONGER = HELLO + "  - {id: again, task: line.nothing}\n"


def active() -> str:
    return WorkflowRecord.objects.get(name="hello").digest


def test_new_file_is_added_with_its_text_and_its_tasks_signatures(
    settings: Settings, tmp_path: Path
) -> None:
    report = synchronise(settings, tmp_path, HELLO)

    record = DefinitionRecord.objects.get(workflow="hello")
    assert "hello" in report.added
    assert record.digest == active() == project.catalog().workflows["hello"].digest
    assert record.source == HELLO
    assert record.path.endswith("0.yaml")
    assert '"line.nothing"' in record.signatures


def test_second_sync_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    first = synchronise(settings, tmp_path, HELLO)

    second = sync_project(now=NOON)

    assert (second.added, second.changed, second.removed) == ((), (), ())
    assert second.unchanged == first.added


def test_changed_file_takes_new_runs_and_its_former_version_stays(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO)
    former = active()

    report = synchronise(settings, tmp_path, LONGER)

    assert report.changed == ("hello",)
    assert active() != former
    assert set(definitions.load([former, active()])) == {former, active()}


def test_moved_lines_and_comments_are_no_change(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, HELLO)

    report = synchronise(settings, tmp_path, "# greeting\n" + HELLO)

    assert "hello" in report.unchanged
    assert DefinitionRecord.objects.get(workflow="hello").source.startswith("# greeting")


def test_former_version_that_comes_back_is_active_again(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, HELLO)
    former = active()
    synchronise(settings, tmp_path, LONGER)

    synchronise(settings, tmp_path, HELLO)

    assert active() == former
    assert DefinitionRecord.objects.filter(workflow="hello").count() == 2


def test_removed_file_starts_no_run_and_its_definition_stays(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO)

    report = synchronise(settings, tmp_path)

    assert report.removed == ("hello",)
    assert "hello" not in definitions.active()
    assert DefinitionRecord.objects.filter(workflow="hello").exists()


def test_workflow_that_somebody_disabled_stays_disabled(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, HELLO)
    WorkflowRecord.objects.filter(name="hello").update(is_enabled=False)

    synchronise(settings, tmp_path, LONGER)

    assert "hello" not in definitions.active()


def test_one_bad_file_keeps_all_as_they_were(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, HELLO)
    former = active()

    with pytest.raises(DefinitionError, match=r"no task 'line\.nothng' is registered"):
        synchronise(settings, tmp_path, LONGER, HELLO.replace("hello", "bad").replace("ing", "ng"))

    assert active() == former
    assert not WorkflowRecord.objects.filter(name="bad").exists()


def test_kept_names_are_not_removed(settings: Settings, tmp_path: Path) -> None:
    synchronise(settings, tmp_path, HELLO)
    declare(settings, tmp_path)

    report = sync(project.catalog(), now=NOON, keep={"hello"})

    assert report.removed == ()
    assert "hello" in definitions.active()


def test_stored_signatures_are_what_a_definition_is_bound_to(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO)
    digest = active()
    DefinitionRecord.objects.filter(digest=digest).update(
        signatures='{"line.nothing": {"required": ["order_id"], "station": "mail"}}'
    )
    definitions._cached.clear()

    [step] = definitions.load([digest])[digest].steps

    assert isinstance(step, TaskStep)
    assert step.signature == TaskSignature(required=("order_id",), station="mail")
    assert step.station == "mail"


def test_unknown_digest_is_left_out() -> None:
    assert definitions.load(["0" * 64]) == {}


@pytest.mark.django_db(transaction=True)
def test_processes_that_synchronise_at_once_agree(settings: Settings, tmp_path: Path) -> None:
    declare(settings, tmp_path, HELLO)
    catalog = project.catalog()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(3):
                sync(catalog, now=NOON)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failures == []
    assert definitions.active() == {
        name: workflow.digest for name, workflow in catalog.workflows.items()
    }


def test_definitions_cached_by_this_process_are_not_asked_for_again(
    settings: Settings, tmp_path: Path
) -> None:
    synchronise(settings, tmp_path, HELLO)
    definitions.load([active()])
    digest = active()

    with CaptureQueriesContext(connection) as statements:
        definitions.load([digest])

    assert len(statements) == 0
