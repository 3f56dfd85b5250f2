"""Copies of causes of dead letters: the letters that are copied are spread over them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Min, Q

from flowengine.models import DeadGroupRecord, DeadLetterRecord
from flowengine.store.dead_groups import hour_of

CAUSES = 40
"""So many copies of each cause, of which each has every fortieth letter."""
GROUP_OF_COPY = f"md5((c.n % {CAUSES} + 1) || ':' || t.group_id)"
"""The id of the cause that a copied letter belongs to, as text."""
_COPY = f"""
INSERT INTO flowengine_dead_group
  (id, fingerprint, kind, code, title, error_type, place, step, state, state_at, owner, note, version,
   count, open_count, first_at, last_at, hours, is_moving)
SELECT md5(c.n || ':' || t.id){{uuid}}, t.fingerprint || ':' || c.n, t.kind, t.code,
  t.title || ' · ' || c.n, t.error_type, t.place, t.step, 'new', t.state_at, '', '', t.version,
  0, 0, t.first_at, t.last_at, '{{{{}}}}', {{no}}
FROM seeding_copy c JOIN flowengine_dead_group t ON t.merged_into IS NULL
WHERE c.n <= {CAUSES} AND t.id IN (
  SELECT group_id FROM flowengine_dead_letter WHERE event_id IN (SELECT event FROM seeding_pool))"""
_HOURS_SHOWN = timedelta(hours=24)


def copy(cursor: Any) -> None:
    """Write the causes; their numbers come with :func:`count`."""
    is_postgresql = connection.vendor == "postgresql"
    cast, no = ("::uuid", "FALSE") if is_postgresql else ("", "0")
    cursor.execute(_COPY.format(uuid=cast, no=no))


def count(now: datetime) -> None:
    """Write what each cause has, by its letters."""
    letters = DeadLetterRecord.objects.order_by()
    by_group = {
        row["group_id"]: row
        for row in letters.values("group_id").annotate(
            count=Count("id"),
            open_count=Count("id", filter=Q(state__in=("open", "replaying"))),
            first_at=Min("created_at"),
            last_at=Max("created_at"),
        )
    }
    hours: dict[UUID, Counter[int]] = defaultdict(Counter)
    lately = letters.filter(created_at__gte=now - _HOURS_SHOWN)
    for group_id, at in lately.values_list("group_id", "created_at"):
        hours[group_id][hour_of(at)] += 1
    groups = list(DeadGroupRecord.objects.filter(merged_into=None))
    for group in groups:
        for name, value in by_group.get(group.id, {}).items():
            if name != "group_id":
                setattr(group, name, value)
        group.state_at = group.first_at
        group.hours = json.dumps(hours[group.id])
    written = ["count", "open_count", "first_at", "last_at", "state_at", "hours"]
    DeadGroupRecord.objects.bulk_update(groups, written, batch_size=200)
