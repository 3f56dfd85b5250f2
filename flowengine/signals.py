"""The Django signals an application may listen to. All are sent after the commit, never inside it.

=============== ==============================================================================
signal          arguments
=============== ==============================================================================
run_changed     ``heads``: list of ``(run id as UUID, head as int)``, the runs one commit touched;
                0 = no run of this id will come
event_emitted   ``event_id``: UUID, ``type``: str
inbox_changed   ``heads``: list of ``(user key as str, head as int)``, the inboxes that one commit
                changed
dead_lettered   ``ids``: list of UUID of the new dead letters
replay_changed  ``ids``: list of UUID of the replays that have moved
station_changed ``station``: its name, ``door``: open, paused, parked, probing or draining
=============== ==============================================================================
"""

from django.dispatch import Signal

run_changed = Signal()
event_emitted = Signal()
inbox_changed = Signal()
dead_lettered = Signal()
replay_changed = Signal()
station_changed = Signal()
