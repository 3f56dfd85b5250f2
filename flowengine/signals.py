"""The Django signals an application may listen to. All are sent after the commit, never inside it.

============== ==============================================================================
signal         arguments
============== ==============================================================================
run_changed    ``heads``: list of ``(run id as UUID, head as int)``, the runs one commit touched;
               0 = no run of this id will come
event_emitted  ``event_id``: UUID, ``type``: str
dead_lettered  ``ids``: list of UUID of the new dead letters
============== ==============================================================================
"""

from django.dispatch import Signal

run_changed = Signal()
event_emitted = Signal()
dead_lettered = Signal()
