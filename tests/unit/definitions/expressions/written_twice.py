"""Expressions of each type, written for both: as ours, and as CEL has it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from hypothesis import strategies as st


@dataclass(frozen=True, slots=True)
class Written:
    """One expression, twice."""

    ours: str
    theirs: str
    operands: tuple[str, ...] = ()
    """What stands beside ``&&`` and ``||``, and in ``all`` and ``exists``, for CEL: there CEL takes
    an error back when the rest decides, and ours does not."""


Expressions = st.SearchStrategy[Written]


def same(text: str) -> Written:
    return Written(text, text)


def joined(form: str, *parts: Written) -> Written:
    """*form* with a part for each of its ``{}``; braces of its own are doubled."""
    return Written(
        form.format(*(part.ours for part in parts)),
        form.format(*(part.theirs for part in parts)),
        tuple(operand for part in parts for operand in part.operands),
    )


def of(form: str, *parts: Expressions) -> Expressions:
    return st.tuples(*parts).map(lambda found: joined(form, *found))


def signs(between: tuple[str, ...], left: Expressions, right: Expressions) -> Expressions:
    return st.tuples(left, st.sampled_from(between), right).map(
        lambda found: joined(f"({{}} {found[1]} {{}})", found[0], found[2])
    )


def choice(found: tuple[Written, Written, Written]) -> Written:
    """The ternary of CEL is a function here."""
    test, yes, no = found
    return Written(
        f"if({test.ours}, {yes.ours}, {no.ours})",
        f"({test.theirs} ? {yes.theirs} : {no.theirs})",
        (*test.operands, *yes.operands, *no.operands),
    )


def choices(level: int, branches: Expressions) -> Expressions:
    return st.tuples(bools(level), branches, branches).map(choice)


def junction(found: tuple[Written, str, Written]) -> Written:
    left, sign, right = found
    both = joined(f"({{}} {sign} {{}})", left, right)
    return Written(both.ours, both.theirs, (*both.operands, left.theirs, right.theirs))


def loop(name: str, items: Expressions, body: Expressions) -> Expressions:
    def made(found: tuple[Written, Written]) -> Written:
        target, each = found
        both = joined(f"{{}}.{name}(v, {{}})", target, each)
        inside = (*each.operands, each.theirs) if name in ("all", "exists") else each.operands
        # map takes no error back: it fails where the operand fails for one of the items
        operands = (f"{target.theirs}.map(v, {operand})" for operand in inside)
        return Written(both.ours, both.theirs, (*target.operands, *operands))

    return st.tuples(items, body).map(made)


def quoted(text: str) -> Written:
    text = text.replace("\\", "\\\\").replace("'", "\\'")
    return same(f"'{text}'")


INTS = st.one_of(
    st.integers(0, 9).map(str), st.sampled_from(["-3", "x.n", "x.m", "9223372036854775807"])
).map(same)
FLOATS = st.one_of(
    st.floats(-99, 99, allow_nan=False, width=16).map(lambda number: f"{number:.4f}"),
    st.just("x.d"),
).map(same)
TEXTS = st.one_of(st.text("abB .ä€😀'\\", max_size=4).map(quoted), st.just(same("x.s")))
ITEM = st.sampled_from(["v", "(v * 2)", "(v - 1)", "(6 / v)", "x.n"]).map(same)
BODY = st.one_of(
    signs(("<", "<=", "==", "!=", ">"), ITEM, INTS),
    st.tuples(
        signs(("<", ">="), ITEM, INTS), st.sampled_from(["&&", "||"]), signs(("!=",), ITEM, INTS)
    ).map(junction),
)


@cache
def ints(level: int) -> Expressions:
    if level == 0:
        return INTS
    below = ints(level - 1)
    return st.one_of(
        below,
        signs(("+", "-", "*", "/", "%"), below, below),
        of("size({})", texts(level - 1)),
        of("size({})", lists(level - 1)),
        of("({})[{}]", lists(level - 1), INTS),
        of("({}).b", maps(level - 1)),
        choices(level - 1, below),
    )


@cache
def floats(level: int) -> Expressions:
    """No division by what may be 0: ours is an error, theirs is without end."""
    if level == 0:
        return FLOATS
    below = floats(level - 1)
    return st.one_of(
        FLOATS,
        signs(("+", "-", "*"), below, below),
        signs(("/",), below, st.sampled_from(["0.5", "-3.0"]).map(same)),
        of("double({})", ints(level - 1)),
        choices(level - 1, below),
    )


@cache
def texts(level: int) -> Expressions:
    if level == 0:
        return TEXTS
    below = texts(level - 1)
    return st.one_of(
        TEXTS,
        of("({} + {})", below, below),
        of("string({})", ints(level - 1)),
        choices(level - 1, below),
    )


@cache
def lists(level: int) -> Expressions:
    """Lists of ints."""
    item = INTS if level == 0 else ints(level - 1)
    plain = st.one_of(st.just(same("x.xs")), of("[{}, {}]", item, item), st.just(same("[]")))
    if level == 0:
        return plain
    below = lists(level - 1)
    return st.one_of(
        plain,
        of("({} + {})", below, below),
        loop("map", below, ITEM),
        loop("map", below, BODY),
        loop("filter", below, BODY),
    )


@cache
def maps(level: int) -> Expressions:
    item = INTS if level == 0 else ints(level - 1)
    return st.one_of(st.just(same("x.sub")), of("{{'a': {}, 'b': {}}}", item, item))


@cache
def bools(level: int) -> Expressions:
    """What gives a bool."""
    order = ("<", "<=", ">", ">=", "==", "!=")
    flat = st.one_of(
        st.sampled_from(
            ["true", "x.t", "has(x.n)", "has(x.gone)", "has(x.sub.a)", "has(x.sub.z)"]
        ).map(same),
        signs(order, ints(level), ints(level)),
        signs(order, ints(level), floats(level)),
        signs(order, floats(level), floats(level)),
        signs(order, texts(level), texts(level)),
        *(
            of(f"({{}}).{name}({{}})", texts(level), texts(level))
            for name in ("contains", "startsWith", "endsWith")
        ),
        signs(("==", "!="), lists(level), lists(level)),
        signs(("==", "!="), maps(level), maps(level)),
        signs(("in",), ints(level), lists(level)),
        signs(("in",), texts(level), of("[{}, {}]", texts(level), texts(level))),
        signs(("in",), texts(level), maps(level)),
        loop("all", lists(level), BODY),
        loop("exists", lists(level), BODY),
    )
    if level == 0:
        return flat
    below = bools(level - 1)
    return st.one_of(
        flat,
        st.tuples(below, st.sampled_from(["&&", "||"]), below).map(junction),
        of("!({})", below),
        choices(level - 1, below),
    )
