"""The Django admin over flowengine's rows: to look, never to change.

Events with what each workflow answered, runs with their steps, waits and history, what keeps runs from
starting, dead letters, workers, and workflows with their schedules. Data, inputs, outputs and error texts need the permission ``flowengine.view_payload``.
Django imports this package where ``django.contrib.admin`` is installed.
"""

from flowengine.admin import admission, dead_letters, events, runs, workers, workflows

__all__ = ["admission", "dead_letters", "events", "runs", "workers", "workflows"]
