"""The Django admin over flowengine's rows: to look, never to change.

Events with what each workflow answered, runs with their steps and history, dead letters, workers and
workflows. Data, inputs, outputs and error texts need the permission ``flowengine.view_payload``.
Django imports this package where ``django.contrib.admin`` is installed.
"""

from flowengine.admin import dead_letters, events, runs, workers, workflows

__all__ = ["dead_letters", "events", "runs", "workers", "workflows"]
