"""Why a run waits, in one sentence for each reason, with what helps.

:mod:`~flowengine.orchestration.why.facts` is what is known, ``look`` reads it, ``work`` says what holds
up steps that want a worker, ``sleep`` those that wait for something else, and ``sentences`` all of it.
"""

from flowengine.orchestration.why.facts import Act, Reason
from flowengine.orchestration.why.look import look
from flowengine.orchestration.why.sentences import reasons

__all__ = ["Act", "Reason", "look", "reasons"]
