"""Keys of the language in places where they do nothing, and words of other languages.

A key that the language knows is refused with the reason (FE113, FE114); one that it does not know, with
the word it has for the same (FE110).
"""

from __future__ import annotations

from flowengine.definitions.keys.maps import Keys, written
from flowengine.definitions.keys.steps import KINDS, STEP_KEYS, WITH_FOR_EACH, StepKeys
from flowengine.definitions.keys.workflow import TRIGGERS, WorkflowKeys

Refusal = tuple[str, str, str]
"""Code, message and hint."""
_REASONS = {
    ("rescue", "fail"): "put the step into a `steps` group and let that rescue",
    ("for_each", "wait_for"): "put the step into a `steps` group and loop over that",
    ("for_each", "approval"): "put the step into a `steps` group and loop over that",
    ("for_each", "sleep"): "put the step into a `steps` group and loop over that",
    ("for_each", "parallel"): "put the block into a `steps` group and loop over that",
    ("for_each", "switch"): "put the block into a `steps` group and loop over that",
    ("for_each", "fail"): "a step can fail only once",
    ("timeout", "sleep"): "a sleep ends by itself",
    ("timeout", "switch"): "put the block into a `steps` group with a `timeout`",
    ("timeout", "emit"): "an event is published at once",
    ("timeout", "fail"): "it fails at once",
    ("compensate", "emit"): "an event that is out cannot be taken back; emit another",
}
"""By key and kind of step, where more can be said than where the key belongs."""
_IN_FILE = {
    "name": "did you mean 'workflow'?",
    "jobs": "did you mean 'steps'? what runs at the same time is a `parallel` step",
    "triggers": "did you mean 'on'?",
    "env": "tasks read the environment and secrets from the settings",
    "secrets": "tasks read secrets from the settings; a workflow passes a name",
    "vars": "a step's output is the variable",
    "outputs": "did you mean 'output'?",
    "on_success": "the end of the line is on success",
    "permissions": "who may see and start is said by 'notify' and 'on'",
    "retry": "did you mean 'defaults'? write `defaults: {retry: …}`",
    "station": "did you mean 'defaults'? write `defaults: {station: …}`",
}
_IN_STEP = {
    "name": "write 'title'; the name that others use is 'id'",
    "uses": "did you mean 'task'? a task is a function of the project",
    "run": "did you mean 'task'? code belongs into tasks",
    "call": "did you mean 'task' or 'workflow'?",
    "jobs": "did you mean 'steps'? what runs at the same time is a `parallel` step",
    "env": "write 'with'; tasks read secrets from the settings",
    "secrets": "tasks read secrets from the settings; a workflow passes a name",
    "outputs": "did you mean 'output'? what a task returns is its output",
    "timeout-minutes": "did you mean 'timeout'? write `timeout: 10m`",
    "continue-on-error": "did you mean 'rescue'? write `rescue: [{steps: []}]`",
    "strategy": "did you mean 'for_each'?",
    "matrix": "did you mean 'for_each'?",
    "loop": "did you mean 'for_each'?",
    "depends_on": "did you mean 'needs'? in a line each step follows the one above",
    "when": "did you mean 'if'?",
    "unless": "write 'if' with '!'",
    "else": "write a `switch`; its last clause has no 'if'",
    "catch": "did you mean 'rescue'?",
    "retries": "did you mean 'retry'? write `retry: {attempts: 3}`",
    "on_success": "the end of the line is on success",
    "while": "a task that raises an error, with `retry`, asks again",
    "until": "a task that raises an error, with `retry`, asks again",
    "set": "a step's output is the variable",
    "vars": "a step's output is the variable",
}
"""What other languages call it, and what is written here."""


def misplaced(key: str, model: type[Keys]) -> Refusal | None:
    """Why a key that the language knows may not stand in a map of that kind; None: it is unknown."""
    if issubclass(model, StepKeys):
        return _in_step(key, model)
    if model in TRIGGERS.values():
        return _in_trigger(key)
    if model is WorkflowKeys and key in STEP_KEYS and key not in _IN_FILE:
        return _here(key, "it is a step's: put it into `steps`")
    return None


def _in_step(key: str, model: type[StepKeys]) -> Refusal | None:
    kind = next(name for name, each in KINDS.items() if each is model)
    if key in KINDS:
        return (
            "FE113",
            f"a step does one thing; this one has '{kind}' and '{key}'",
            "write two steps",
        )
    if key not in STEP_KEYS:
        return None
    reason = _REASONS.get((key, kind))
    if reason is None and key in WITH_FOR_EACH:
        way = _REASONS.get(("for_each", kind))
        which = f", which `{kind}` does not take: {way}" if way else ""
        reason = f"it goes with `for_each`{which}"
    if reason is None:
        kinds = [name for name, each in KINDS.items() if key in written(each)]
        reason = f"it goes with: {', '.join(kinds)}"
    return _here(key, reason)


def _in_trigger(key: str) -> Refusal | None:
    if key in TRIGGERS:
        return _here(key, "a trigger is one thing; write two in a list")
    owners = [name for name, each in TRIGGERS.items() if key in written(each)]
    if not owners:
        return None
    if key == "with":
        who = "who starts it gives `inputs` itself"
        return _here(key, who)
    return _here(key, f"it goes with: {', '.join(owners)}")


def _here(key: str, reason: str) -> Refusal:
    return "FE114", f"'{key}' cannot be used here", reason


def written_elsewhere(key: str, model: type[Keys]) -> str:
    """The hint for a word of another language; empty where there is none."""
    if issubclass(model, StepKeys):
        return _IN_STEP.get(key, "")
    return _IN_FILE.get(key, "") if model is WorkflowKeys else ""
