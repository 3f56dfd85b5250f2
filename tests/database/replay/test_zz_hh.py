from __future__ import annotations
import pytest
from django.contrib.auth.models import Permission, User
from flowengine.models import *
from flowengine.orchestration import replay
from tests.builders.stored import define, now
from tests.database.replay.scenes import *
pytestmark = pytest.mark.django_db

EDIT=[{"op":"add","path":"/note","value":1}]

@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("workflow", ["", "*"])
def test_chain(ends, workflow):
    [run] = failed_orders()
    [l1] = letters_of([run])
    event = RunRecord.objects.get(pk=run).event_id
    first = started("event",[l1],edit=EDIT); beat()
    copy = RunRecord.objects.exclude(pk=run).get()
    fail(copy.id); seen(first)
    print(states(first), DeadLetterRecord.objects.values_list("run_id","state"))
    [l2] = DeadLetterRecord.objects.filter(run_id=copy.id)
    second = started("event",[l2.id],edit=EDIT); beat()
    copy2 = RunRecord.objects.exclude(pk__in=[run,copy.id]).get()
    if ends:
        pay(copy2.id); seen(second)
    print(states(second))
    third = started("event",[event],kind="event",workflow=workflow); beat()
    fourth = started("restart",[run],kind="run"); beat()
    print(states(third), details(third), states(fourth), details(fourth))
    assert RunRecord.objects.count()==3
