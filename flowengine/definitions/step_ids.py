"""How the ids of steps that nobody wrote are made."""

from __future__ import annotations

UNDO = "undo "
"""What the id of an undo starts with: ``undo charge`` undoes the step ``charge``."""
