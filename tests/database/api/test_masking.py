"""What stands under masked names is told to nobody, and nobody writes the mask back over it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any, get_args

import pytest
from django.test import Client
from pydantic import AfterValidator, BaseModel

from flowengine import emit
from flowengine.cli import main
from flowengine.cli.terminal import Terminal
from flowengine.errors import EditRefused
from flowengine.models import DeadLetterRecord, EventRecord, RunRecord, StepRecord
from flowengine.orchestration import acts, replay
from flowengine.orchestration.audit import By
from flowengine.representations.masking import MASK
from flowengine.testing import Runner
from flowengine.web.api.app import api
from flowengine.web.api.paging import Shape
from tests.database.api import given, test_matrix, test_secrets
from tests.database.api.given import CANARY, a_letter
from tests.database.api.people import a_client, get, post
from tests.database.api.table import PERMISSIONS
from tests.database.api.test_secrets import hidden
from tests.database.replay.scenes import beat

pytestmark = pytest.mark.django_db

__all__ = ["hidden"]
UNMASKED = {"OneRunTold.view", "TypeTold.data_schema"}
"""Members of answers that are any JSON, and hold no payload."""
MASK_ASCII = json.dumps(MASK)[1:-1]
TYPED = {"a search"}
"""What somebody has typed to look for is told as he has typed it, to who may see payloads."""


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each canary that is put anywhere from now on stands in a text that says that it is the ``note``."""
    quoted = f"note={CANARY}"
    for module in (given, test_matrix, test_secrets):
        monkeypatch.setattr(module, "CANARY", quoted)
    monkeypatch.setattr(test_secrets, "QUOTED", json.dumps({"note": quoted}).encode())


@pytest.mark.usefixtures("named")
def test_no_answer_and_no_frame_has_what_stands_under_a_masked_name(
    hidden: Mapping[str, str], settings: Any
) -> None:
    settings.FLOWENGINE = {"MASKED_NAMES": ["note"]}

    told = test_secrets.everything_told(PERMISSIONS, hidden)

    assert {place for place, text in told.items() if CANARY in text} == TYPED
    masked = {place for place, text in told.items() if MASK in text or MASK_ASCII in text}
    assert {"get_run_payload", "get_dead_letter", "list_groups", "list_audit"} <= masked


def test_every_answer_that_has_any_json_is_masked() -> None:
    found = {
        f"{shape.__name__}.{name}"
        for shape in shapes()
        for name, field in shape.model_fields.items()
        if "Any" in str(field.annotation)
        and not any(isinstance(each, AfterValidator) for each in field.metadata)
        and "AfterValidator" not in str(field.annotation)
    }

    assert found == UNMASKED


def shapes() -> Iterator[type[BaseModel]]:
    """What is answered anywhere, with what is in it."""
    views = (view for _, router in api._routers for view in router.path_operations.values())
    operations = [each for view in views for each in view.operations]
    todo: list[Any] = [each for one in operations for each in one.response_models.values()]
    seen: set[Any] = set()
    while todo:
        kind = todo.pop()
        if kind in seen:
            continue
        seen.add(kind)
        todo += get_args(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            todo += [field.annotation for field in kind.model_fields.values()]
            if issubclass(kind, Shape):
                yield kind


def test_letters_body_is_told_without_what_is_masked() -> None:
    body = json.dumps({"password": CANARY, "n": 1}).encode()
    letter = a_letter("unreadable", body=body, headers={"Authorization": f"Bearer {CANARY}"})
    client = a_client("view_dead_letter", "view_payload")

    answer = client.get(f"/flow/api/v1/dead-letters/{letter}/body")

    assert json.loads(answer.content) == {"password": MASK, "n": 1}
    assert get(client, f"dead-letters/{letter}")["headers"] == {"Authorization": MASK}
    row = DeadLetterRecord.objects.get(pk=letter)
    assert bytes(row.body or b"") == body, "what is stored stays whole"


def test_edit_keeps_what_is_masked_and_the_mask_is_never_written(flow_runner: Runner) -> None:
    data = {"order_id": 7, "password": CANARY}
    event = emit("troubled.broken", data)
    flow_runner.run()
    client = a_client("view_eventrecord", "view_payload", "replay", "edit_dead_letter")
    shown = get(client, f"events/{event.event_id}/data")["data"]
    assert shown == {"order_id": 7, "password": MASK}
    chosen = post(client, "selections", {"kind": "event", "q": f"id:{event.event_id}"}).json()["id"]

    def start(edit: list[dict[str, Any]]) -> Any:
        body = {
            "selection_id": chosen,
            "mode": "event",
            "options": {"edit": edit, "even_if_succeeded": True},
            "reason": "why",
        }
        return post(client, "replays", body, **{"Idempotency-Key": "k"})

    refused = start([{"op": "replace", "path": "", "value": {**shown, "order_id": 8}}])
    assert (refused.status_code, refused.json()["code"]) == (422, "FE502")
    begun = start([{"op": "replace", "path": "/order_id", "value": 8}])
    assert begun.status_code == 201, begun.content
    beat()

    copy = EventRecord.objects.exclude(pk=event.event_id).get(type="troubled.broken")
    assert json.loads(bytes(copy.data)) == {"order_id": 8, "password": CANARY}


@pytest.mark.parametrize("op", ["copy", "move"])
def test_edit_takes_nothing_out_of_hiding(op: str) -> None:
    edit = [{"op": op, "from": "/card/number", "path": "/note"}]

    with pytest.raises(EditRefused, match="/card/number is not shown"):
        replay.options_of("event", {"edit": edit})
    replay.options_of("event", {"edit": [{"op": op, "from": "/card", "path": "/old_card"}]})


def test_resuming_with_the_mask_is_refused(flow_runner: Runner) -> None:
    event = emit("troubled.broken", {"order_id": 7})
    flow_runner.run()
    run = RunRecord.objects.get(event_id=event.event_id)

    with pytest.raises(EditRefused, match=MASK):
        acts.resume(run.id, By(who="7", reason="why"), inputs={"order_id": MASK})


def test_admin_shows_nothing_that_is_masked(flow_runner: Runner, admin_client: Client) -> None:
    event = emit("troubled.broken", {"order_id": 7, "password": CANARY})
    flow_runner.run()
    run = RunRecord.objects.get(event_id=event.event_id)
    quoted = json.dumps({"password": CANARY})
    StepRecord.objects.filter(run_id=run.id).update(input=quoted.encode(), output=quoted.encode())
    RunRecord.objects.filter(pk=run.id).update(labels=quoted, output=quoted.encode())
    letter = a_letter("unreadable", message=f"password={CANARY}", body=quoted.encode())

    for place in (
        f"eventrecord/{event.event_id}/change/",
        f"runrecord/{run.id}/change/",
        f"deadletterrecord/{letter}/change/",
        "deadletterrecord/",
    ):
        answer = admin_client.get(f"/admin/flowengine/{place}").content.decode()
        assert MASK in answer, place
        assert CANARY not in answer, place


def test_terminal_shows_nothing_that_is_masked(flow_runner: Runner) -> None:
    event = emit("troubled.broken", {"order_id": 7, "password": CANARY})
    flow_runner.run()
    body = json.dumps({"password": CANARY}).encode()
    letter = a_letter(
        "unreadable", message=f"password={CANARY}", body=body, headers={"token": CANARY}
    )

    for line in (
        ("explain", str(event.event_id)),
        ("dead", "show", str(letter)),
        ("dead", "show", str(letter), "--json"),
        ("dead", "list", "--q", "state:open"),
    ):
        out = StringIO()
        main(line, terminal=Terminal(out, StringIO()))
        assert CANARY not in out.getvalue(), line
        assert MASK in out.getvalue() or MASK_ASCII in out.getvalue(), line
