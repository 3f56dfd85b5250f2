"""Tasks: the Python functions that steps call, by name.

``@task`` registers one; a parameter named ``ctx`` receives the :class:`Attempt`; :func:`current`
gives the same one anywhere below the task.
"""

from flowengine.tasks.attempt import Attempt, current
from flowengine.tasks.registry import task

__all__ = ["Attempt", "current", "task"]
