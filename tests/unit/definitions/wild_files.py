"""Files of the whole language as nobody would write them: right, nearly right, and wrong in every way."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from flowengine.definitions.keys.maps import written
from flowengine.definitions.keys.steps import KINDS, STEP_KEYS
from flowengine.definitions.keys.workflow import TRIGGER_KEYS, WorkflowKeys

Wild = st.SearchStrategy[Any]
WILD = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A file of many steps takes its time to make."""

_EXPRESSIONS = st.sampled_from(
    [
        *(["event.data.x == 1", "config.y", "event.type != 'x'", "true"] * 8),
        *("event.data.x", "steps.a.output", "steps.b.status == 'x'", "item", "index", "inputs.a"),
        *("incoming.data.x", "error.code", "output.x", "run.status", "1 / 2", "has("),
        *("[1].exists(y, y > 0)", "zz", "", "size('a') > 0"),
    ]
)
_WHOLE = _EXPRESSIONS.map(lambda text: f"${{{{ {text} }}}}")
_VALUES = st.one_of(
    _EXPRESSIONS,
    _WHOLE,
    st.sampled_from(
        ["a", "shop.a", "order.*", "Timeout", "5m", "item", "high", "5%", "$${{", "${{"]
    ),
    st.sampled_from([0, 1, -1, 1.5, True, False, None, 10**15]),
)
_NAMES = st.sampled_from([f"n{number}" for number in range(40)])
_TASKS = st.sampled_from([f"shop.t{number}" for number in range(60)])
_TIMES = st.sampled_from(["1s", "5m", "1h30m"])
_KEYS = st.sampled_from([*STEP_KEYS, *TRIGGER_KEYS, *written(WorkflowKeys), "errors", "ask", "x"])


def _some(known: dict[str, Wild]) -> Wild:
    """A map with some of these keys."""
    return st.fixed_dictionaries({}, optional=known)


_ANYTHING = st.recursive(
    _VALUES,
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(_KEYS, below, max_size=4)),
    max_leaves=8,
)
"""Keys of the language in any place."""
_WITH = st.dictionaries(_NAMES, st.one_of(_VALUES, st.lists(_VALUES, max_size=2)), max_size=2)
_ERRORS = st.lists(st.sampled_from(["Timeout", "Gone"]), min_size=1, max_size=2)
_RETRY = _some({"attempts": st.integers(1, 100), "delay": _TIMES, "except": _ERRORS})
_UNDO = st.one_of(
    st.just("shop.undo"),
    st.fixed_dictionaries({"task": st.just("shop.undo")}, optional={"with": _WITH}),
)
_AWAITED = st.fixed_dictionaries(
    {
        "event": st.sampled_from(["order.sent", ["order.*", "b"]]),
        "match": st.dictionaries(_NAMES, st.one_of(_WHOLE, st.just(1)), min_size=1, max_size=3),
    },
    optional={"if": _EXPRESSIONS},
)
_APPROVAL = st.fixed_dictionaries(
    {"ask": st.one_of(st.just("Really?"), _WHOLE)},
    optional={
        "groups": st.just(["staff"]),
        "users": st.one_of(st.just([1]), _WHOLE),
        "form": st.just({"x": "string"}),
    },
)


def _kinds(line: Wild) -> dict[str, Wild]:
    """What stands under the key of each kind, with *line* for the steps inside."""
    return {
        "task": _TASKS,
        "workflow": st.sampled_from(["other", "x", "big-one", "one-more"]),
        "emit": st.just("order.sent"),
        "wait_for": _AWAITED,
        "sleep": st.one_of(_TIMES, st.fixed_dictionaries({"until": _WHOLE})),
        "approval": _APPROVAL,
        "parallel": st.dictionaries(
            _NAMES, st.one_of(line, line.map(lambda steps: steps[0])), min_size=1, max_size=3
        ),
        "switch": st.lists(
            st.fixed_dictionaries({"if": _EXPRESSIONS, "steps": line}),
            min_size=1,
            max_size=3,
        ),
        "steps": line,
        "fail": st.just({"error": "Wrong", "message": "no"}),
    }


def _modifiers(line: Wild) -> dict[str, Wild]:
    """What stands under the other keys of steps."""
    return {
        "id": _NAMES,
        "title": st.one_of(st.just("A title"), _WHOLE),
        "if": _EXPRESSIONS,
        "needs": st.lists(_NAMES, min_size=1, max_size=2),
        "weight": st.sampled_from([1, 0.5]),
        "for_each": st.one_of(st.just([1, None]), _WHOLE),
        "as": _NAMES,
        "max_parallel": st.integers(1, 5),
        "max_failures": st.sampled_from([0, 2, "5%"]),
        "with": _WITH,
        "retry": _RETRY,
        "timeout": _TIMES,
        "station": st.just("gpu"),
        "transaction": st.booleans(),
        "compensate": _UNDO,
        "rescue": st.lists(
            st.fixed_dictionaries({"errors": _ERRORS, "steps": line}),
            min_size=1,
            max_size=2,
        ),
        "detach": st.booleans(),
        "subject": st.just("x"),
        "fail_fast": st.booleans(),
    }


_OWED = {"emit": ("with",), "wait_for": ("timeout",), "approval": ("timeout",)}
"""The modifiers that these kinds must have."""


@st.composite
def _step(draw: st.DrawFn, line: Wild) -> Any:
    """A step that fits the keys, but for every tenth."""
    if draw(st.integers(0, 29)) == 0:
        return draw(_ANYTHING)
    kind = draw(st.sampled_from([*KINDS]))
    known = written(KINDS[kind])
    values = _modifiers(line)
    chosen = draw(st.sets(st.sampled_from(sorted(values)), max_size=4))
    if draw(st.integers(0, 19)) > 0:
        chosen = {key for key in chosen if key in known and key not in ("id", "needs")}
    if "for_each" not in chosen:
        chosen -= {"as", "max_failures", "max_parallel"}
    chosen |= set(_OWED.get(kind, ()))
    return {kind: draw(_kinds(line)[kind]), **{key: draw(values[key]) for key in sorted(chosen)}}


_LINE: Wild = st.recursive(
    st.lists(_TASKS, min_size=1, max_size=2),
    lambda below: st.lists(_step(below), min_size=1, max_size=3),
    max_leaves=6,
)
_TRIGGERS = st.sampled_from(
    [
        "order.paid",
        ["order.paid", {"schedule": "0 6 * * *", "timezone": "Europe/Berlin"}],
        {"event": "order.*", "if": "event.data.x == 1", "with": {"a": "${{ event.data.x }}"}},
        [{"manual": True}, {"call": True}],
    ]
)
_FILE = st.fixed_dictionaries(
    {
        "workflow": st.just("x"),
        "on": _TRIGGERS,
        "inputs": st.just({"a": "string", "b": {"type": "integer", "default": 1}}),
        "steps": _LINE,
    },
    optional={
        "title": st.one_of(st.just("A title"), _WHOLE),
        "labels": st.dictionaries(_NAMES, st.one_of(_WHOLE, st.just(1)), max_size=2),
        "notify": _some({"users": st.one_of(_WHOLE, st.just([1])), "groups": st.just(["g"])}),
        "idempotency": st.fixed_dictionaries({"key": _EXPRESSIONS}),
        "debounce": st.fixed_dictionaries({"period": _TIMES}, optional={"key": _EXPRESSIONS}),
        "throttle": st.just({"limit": 5, "per": "1s"}),
        "concurrency": _some({"key": _EXPRESSIONS, "on_conflict": st.just("skip")}),
        "priority": st.one_of(st.just("low"), _WHOLE),
        "cancel_on": st.lists(_AWAITED, min_size=1, max_size=2),
        "defaults": _some({"retry": _RETRY, "station": st.just("gpu")}),
        "output": _VALUES,
        "on_failure": st.lists(_TASKS, min_size=1, max_size=2),
        "finally": st.just([{"switch": [{"if": "run.status == 'x'", "steps": ["shop.z"]}]}]),
    },
)


@st.composite
def files(draw: st.DrawFn) -> str:
    """A file: one in five has something of any kind under some key."""
    file = draw(_FILE)
    if draw(st.integers(0, 4)) == 0:
        file[draw(_KEYS)] = draw(_ANYTHING)
    return json.dumps(file, indent=draw(st.sampled_from([None, 1])))
