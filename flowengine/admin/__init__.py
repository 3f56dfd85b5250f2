"""The Django admin over flowengine's rows: to look; what it does, it does by the engine's own acts.

Events with what each workflow answered, runs with their steps, waits and history, what keeps runs from
starting, dead letters and their causes, replays, the audit, workers, and workflows with their schedules.
Data, inputs, outputs and error texts need the permission ``flowengine.view_payload``. No row is changed
here by hand: dead letters are replayed and discarded with a reason, causes acknowledged, replays steered.
Django imports this package where ``django.contrib.admin`` is installed.
"""

from flowengine.admin import (
    admission,
    causes,
    dead_letters,
    events,
    replays,
    runs,
    workers,
    workflows,
)

__all__ = [
    "admission",
    "causes",
    "dead_letters",
    "events",
    "replays",
    "runs",
    "workers",
    "workflows",
]
