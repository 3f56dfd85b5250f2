"""Files that are meant to hurt: bombs, floods, depths, and what is hardly text. All within 256 KiB.

By name: the code that each is refused for, and what makes it. Large ones are made when they are asked
for.
"""

from __future__ import annotations

from collections.abc import Callable

HEAD = "workflow: x\non: a\n"
WHOLE = HEAD + "steps: [shop.a]\n"
Made = Callable[[], str | bytes]


def expression(text: str) -> str:
    """A file with this expression."""
    return WHOLE + f"output: '${{{{ {text} }}}}'"


def task(n: int, more: str) -> str:
    return f"  - {{id: a{n}, task: a.b, {more}}}\n"


def laughs() -> str:
    """Each line stands for nine of the line above."""
    lines = [
        f"{each}: &{each} [{','.join(['*' + above] * 9)}]\n"
        for above, each in zip("abcdef", "bcdefg", strict=True)
    ]
    return HEAD + "x: &a [1,2,3,4,5,6,7,8,9]\n" + "".join(lines)


def laughing_steps() -> str:
    head = "steps:\n  - &a {task: shop.a}\n  - &b {steps: [*a, *a, *a, *a]}\n"
    return HEAD + head + "  - {steps: [*b, *b, *b, *b, *b]}\n" * 18


def branches() -> str:
    lines = [f"      a{n}: {{needs: [a{n + 1}], sleep: 1s}}\n" for n in range(2_500)]
    return HEAD + "steps:\n  - parallel:\n" + "".join(lines)


def needs() -> str:
    many = ",".join(f"b{n}" for n in range(100))
    lines = [f"      a{n}: {{needs: [{many}], sleep: 1s}}\n" for n in range(150)]
    return HEAD + "steps:\n  - parallel:\n" + "".join(lines)


def everybody_waits() -> str:
    """Fifty branches, each needs all the others."""
    lines = []
    for n in range(50):
        others = ", ".join(f"a{other}" for other in range(50) if other != n)
        lines.append(f"      a{n}: {{task: a.b, needs: [{others}]}}\n")
    return HEAD + "steps:\n  - parallel:\n" + "".join(lines)


def names_alike() -> str:
    """Each step names one that is nearly each of those above."""
    long = "a" * 50
    lines = [
        f"  - {{id: {long}{n}, task: a.b, if: 'steps.{long[:-1]}b{n}.output'}}\n"
        for n in range(199)
    ]
    return HEAD + "steps:\n" + "".join(lines)


def sums() -> str:
    long = ",".join(["1+1"] * 120)
    return (
        HEAD
        + "steps:\n"
        + "".join(task(n, f"with: {{x: '${{{{ [{long}] }}}}'}}") for n in range(190))
    )


def conditions() -> str:
    long = " && ".join(["event.data.a == 1"] * 60)
    return HEAD + "steps:\n" + "".join(task(n, f"if: '{long}'") for n in range(190))


def references() -> str:
    long = "+".join(f"steps.b{n}.output" for n in range(30))
    return HEAD + "steps:\n" + "".join(task(n, f"if: {long}") for n in range(190))


def patterns() -> str:
    each = "{{pattern: '(((a|b){{99}}){{99}}){{99}}'}}".replace("{{", "{").replace("}}", "}")
    return WHOLE + "inputs: {" + ",".join(f"a{n}: {each}" for n in range(60)) + "}"


BOMBS: dict[str, tuple[str, Made]] = {
    "laughs": ("FE107", laughs),
    "laughing steps": ("FE129", laughing_steps),
    "aliases": ("FE107", lambda: HEAD + "x: &a 1\nsteps: [" + "*a," * 50_000 + "]"),
    "alias of itself": ("FE101", lambda: HEAD + "steps: &a [*a]\n"),
    "aliases of a map": (
        "FE110",
        lambda: (
            WHOLE
            + "x: &a {"
            + ",".join(f"k{n}: 1" for n in range(190))
            + "}\ny: ["
            + "*a," * 99
            + "]"
        ),
    ),
    "aliases of a long text": (
        "FE110",
        lambda: WHOLE + "x: &a " + "z" * 200_000 + "\ny: [" + "*a," * 99 + "]",
    ),
    "aliases of expressions": (
        "FE209",
        lambda: (
            WHOLE + "output:\n - &a [" + "'${{ a + b }}'," * 190 + "]\n - [" + "*a," * 99 + "]\n"
        ),
    ),
    "aliases of a deep expression": (
        "FE209",
        lambda: WHOLE + "output:\n - &a ['${{ " + "(" * 900 + " }}']\n - [" + "*a," * 99 + "]\n",
    ),
    "long anchor": ("FE101", lambda: HEAD + "steps: [*" + "a" * 200_000 + "]"),
}
DEPTHS: dict[str, tuple[str, Made]] = {
    "brackets": ("FE107", lambda: "[" * 60_000),
    "brackets under a key": ("FE107", lambda: HEAD + "steps: " + "[" * 60_000),
    "braces": ("FE101", lambda: "{" * 60_000),
    "maps in a line": ("FE107", lambda: HEAD + "x: " + "{a: " * 60_000),
    "dashes": ("FE107", lambda: "- " * 60_000),
    "questions": ("FE101", lambda: "? " * 60_000),
    "indentation": ("FE107", lambda: "a:\n" + "".join(" " * n + "b:\n" for n in range(1, 600))),
    "outdentation": (
        "FE101",
        lambda: "a:\n" + "".join(" " * (600 - n) + "b:\n" for n in range(1, 600)),
    ),
    "groups": ("FE129", lambda: HEAD + "steps: " + "[{steps: " * 12 + "[shop.a]" + "}]" * 12),
    "many groups": ("FE107", lambda: HEAD + "steps: " + "[{steps: " * 5_000),
    "schema": (
        "FE112",
        lambda: WHOLE + "inputs: {a: " + "{items: " * 60 + "string" + "}" * 60 + "}",
    ),
    "expression in brackets": ("FE209", lambda: expression("(" * 1_900)),
    "expression of lists": ("FE209", lambda: expression("[" * 1_900)),
    "expression of negations": ("FE209", lambda: expression("!" * 1_900 + "true")),
    "expression of signs": ("FE209", lambda: expression("-" * 1_900 + "1")),
    "expression of calls": ("FE209", lambda: expression("if(true," * 240)),
}
FLOODS: dict[str, tuple[str, Made]] = {
    "steps": ("FE120", lambda: HEAD + "steps: [" + "shop.a," * 19_000 + "]"),
    "wrong steps": ("FE120", lambda: HEAD + "steps: [" + "X," * 19_000 + "]"),
    "kinds": (
        "FE110",
        lambda: HEAD + "steps: [{" + ", ".join(f"kind{n}: 1" for n in range(9_000)) + "}]",
    ),
    "keys": ("FE110", lambda: WHOLE + "".join(f"key{n}: 1\n" for n in range(9_000))),
    "labels": (
        "FE112",
        lambda: WHOLE + "labels:\n" + "".join(f"  k{n}:\n" for n in range(9_000)),
    ),
    "triggers": ("FE112", lambda: "workflow: x\non: [" + "a," * 19_000 + "]\nsteps: [a.b]"),
    "filters": (
        "FE112",
        lambda: "workflow: x\non: [" + "{event: a, if: evnt}," * 4_000 + "]\nsteps: [a.b]",
    ),
    "users": ("FE112", lambda: WHOLE + "notify: {users: [" + "1," * 19_000 + "]}"),
    "items": ("FE112", lambda: HEAD + "steps: [{for_each: [" + "1," * 12_000 + "], task: a.b}]"),
    "clauses": (
        "FE112",
        lambda: HEAD + "steps: [{switch: [" + "{if: 'true', steps: [a.b]}," * 2_500 + "]}]",
    ),
    "rescues": (
        "FE112",
        lambda: HEAD + "steps: [{task: a.b, rescue: [" + "{steps: [a.c]}," * 4_000 + "]}]",
    ),
    "error codes": (
        "FE112",
        lambda: HEAD + "steps: [{task: a.b, retry: {errors: [" + "x," * 15_000 + "]}}]",
    ),
    "branches": ("FE112", branches),
    "needs": ("FE112", needs),
    "everybody waits": ("FE124", everybody_waits),
    "same keys": ("FE102", lambda: WHOLE + "title: x\n" * 20_000),
    "same keys in a line": ("FE102", lambda: WHOLE + "labels: {" + "a: 1," * 9_900 + "}"),
    "merge keys": ("FE106", lambda: WHOLE + "<<: x\n" * 9_000),
    "tags": ("FE104", lambda: HEAD + "steps: [" + "!t x," * 19_000 + "]"),
    "numbers": ("FE108", lambda: WHOLE + "labels: {a: [" + "012," * 19_000 + "]}"),
    "large numbers": ("FE108", lambda: WHOLE + "labels: {a: [" + ("9" * 30 + ",") * 8_000 + "]}"),
    "keywords": (
        "FE112",
        lambda: WHOLE + "inputs:\n  a:\n" + "".join(f"    mininum{n}: 1\n" for n in range(9_000)),
    ),
    "properties": (
        "FE112",
        lambda: (
            WHOLE
            + "inputs: {a: {properties: {"
            + ",".join(f"a{n}: {{typ: 1}}" for n in range(6_000))
            + "}}}"
        ),
    ),
    "patterns": ("FE112", patterns),
    "documents": ("FE101", lambda: "---\n" * 50_000),
    "directives": ("FE101", lambda: "%A b\n" * 40_000 + "---\n"),
    "expressions": (
        "FE209",
        lambda: (
            HEAD
            + "steps:\n  - task: a.b\n    with:\n      a: ["
            + "'${{ stps.a + evnt.b }}'," * 6_000
            + "]"
        ),
    ),
    "right expressions": (
        "FE209",
        lambda: WHOLE + "output: [" + "'${{ size(1) }}'," * 14_000 + "]",
    ),
    "expressions in a text": (
        "FE209",
        lambda: WHOLE + "output: '" + "${{ event.data.a }}" * 13_000 + "'",
    ),
    "expressions in lines": ("FE209", lambda: WHOLE + "output: |\n" + "  ${{ a }}\n" * 15_000),
    "expressions in folded lines": (
        "FE209",
        lambda: WHOLE + "output: >\n" + "  ${{ a }}\n" * 15_000,
    ),
    "expressions among escapes": (
        "FE202",
        lambda: WHOLE + 'output: "' + "\\u0041 ${{ a }}\\\n " * 7_000 + '"',
    ),
    "long expressions": ("FE209", sums),
    "long conditions": ("FE209", conditions),
    "long references": ("FE121", references),
    "names alike": ("FE121", names_alike),
}
LENGTHS: dict[str, tuple[str, Made]] = {
    "file": ("FE107", lambda: "a" * (256 * 1024 + 1)),
    "file of two-byte letters": ("FE107", lambda: "ä" * (128 * 1024 + 1)),
    "number": ("FE108", lambda: WHOLE + "labels: {a: " + "9" * 200_000 + "}"),
    "key": ("FE101", lambda: WHOLE + "k" * 100_000 + ": 1\n"),
    "key in quotes": ("FE101", lambda: WHOLE + "'" + "k" * 100_000 + "': 1\n"),
    "key with a mark": ("FE110", lambda: WHOLE + "? " + "k" * 100_000 + "\n: 1\n"),
    "keys": ("FE110", lambda: WHOLE + "".join("k" * 1_000 + f"{n}: 1\n" for n in range(240))),
    "title": ("FE112", lambda: WHOLE + "title: " + "x" * 250_000),
    "lines of text": ("FE112", lambda: WHOLE + "title: '" + "a\n\n" * 60_000 + "'"),
    "name": ("FE112", lambda: "workflow: " + "x" * 200_000 + "\non: a\nsteps: [shop.a]\n"),
    "task": ("FE112", lambda: HEAD + "steps: [a." + "x" * 200_000 + "]\n"),
    "event": ("FE112", lambda: "workflow: x\non: " + "a." * 100_000 + "a\nsteps: [shop.a]\n"),
    "duration": ("FE112", lambda: WHOLE + "timeout: " + "1h" * 100_000),
    "digits": ("FE112", lambda: WHOLE + "timeout: " + "1" * 200_000 + "h"),
    "cron": (
        "FE112",
        lambda: (
            "workflow: x\non: {schedule: '" + "1," * 100_000 + "1 * * * *'}\n" + "steps: [shop.a]\n"
        ),
    ),
    "time zone": (
        "FE112",
        lambda: (
            "workflow: x\non: {schedule: '* * * * *', timezone: '"
            + "../" * 80_000
            + "'}\nsteps: [shop.a]\n"
        ),
    ),
    "tag": ("FE104", lambda: HEAD + "steps: [!" + "t" * 100_000 + " x]"),
    "expression": ("FE209", lambda: expression("a" * 200_000)),
    "condition": (
        "FE209",
        lambda: "workflow: x\non: {event: a, if: '" + "a" * 200_000 + "'}\nsteps: [a.b]\n",
    ),
    "number in an expression": ("FE201", lambda: expression("9" * 1_900)),
    "openings": ("FE205", lambda: WHOLE + "output: '" + "${{" * 80_000 + "'"),
    "openings and strings": ("FE205", lambda: WHOLE + "output: '" + '${{ "" ' * 30_000 + "'"),
    "tabs": ("FE101", lambda: "\t" * 200_000),
    "blanks": ("FE103", lambda: " " * 200_000),
    "comment": ("FE103", lambda: "#" * 200_000),
}
HARDLY_TEXT: dict[str, tuple[str, Made]] = {
    "nul": ("FE101", lambda: WHOLE + "title: a\x00b"),
    "bell": ("FE101", lambda: "workflow: x\x07\n"),
    "escape": ("FE101", lambda: "workflow: \x1b[31mx\n"),
    "delete": ("FE101", lambda: "workflow: x\x7f\n"),
    "csi": ("FE101", lambda: "workflow: x\x9b\n"),
    "no character": ("FE101", lambda: "workflow: \uffff\n"),
    "lone surrogate": ("FE101", lambda: WHOLE + "title: a\ud800b"),
    "lone surrogate, escaped": ("FE101", lambda: WHOLE + 'title: "a\\ud800b"'),
    "utf-16": ("FE101", lambda: WHOLE.encode("utf-16")),
    "latin": ("FE101", lambda: b"workflow: x\xe9\n"),
    "random bytes": ("FE101", lambda: bytes(range(256)) * 100),
    "tab before a key": ("FE101", lambda: "workflow: x\n\ton: a\n"),
    "half a file": ("FE101", lambda: WHOLE + "title: 'Half"),
    "half a key": ("FE101", lambda: WHOLE + "tit"),
    "python object": ("FE104", lambda: HEAD + "steps: [!!python/object/apply:os.system [ls]]"),
    "binary": ("FE104", lambda: HEAD + "steps: [!!binary aGVsbG8=]"),
    "timestamp tag": ("FE104", lambda: WHOLE + "title: !!timestamp 2026-01-01"),
    "not a number": ("FE108", lambda: WHOLE + "labels: {a: .nan, b: .inf, c: -.inf}"),
    "octal": ("FE108", lambda: WHOLE + "labels: {a: 012, b: 0o12, c: 0x1F, d: 1_000}"),
    "another version of yaml": ("FE101", lambda: "%YAML 9.9\n---\n" + WHOLE),
    "list as key": ("FE101", lambda: HEAD + "? [a]\n: b\n"),
    "alias as key": ("FE101", lambda: "workflow: &a x\non: a\n*a : b\n"),
    "no key": ("FE101", lambda: HEAD + ": b\n"),
    "empty": ("FE103", lambda: ""),
}
HOSTILE: dict[str, tuple[str, Made]] = {
    f"{kind}: {name}": case
    for kind, cases in {
        "bomb": BOMBS,
        "depth": DEPTHS,
        "flood": FLOODS,
        "length": LENGTHS,
        "no text": HARDLY_TEXT,
    }.items()
    for name, case in cases.items()
}

UNUSUAL: dict[str, str] = {
    "byte order mark": "\ufeff" + WHOLE,
    "carriage returns": WHOLE.replace("\n", "\r\n"),
    "carriage returns alone": WHOLE.replace("\n", "\r"),
    "next lines": WHOLE.replace("\n", "\x85"),
    "line separators": WHOLE.replace("\n", "\u2028"),
    "tabs between": "workflow:\tx\non:\ta\nsteps:\t[shop.a]\n",
    "no line feed at the end": WHOLE.rstrip(),
    "document marks": "---\n" + WHOLE + "...\n",
    "json": '{"workflow": "x", "on": "a", "steps": ["shop.a"]}',
    "long comment": WHOLE + "# " + "x" * 200_000,
    "long anchor": WHOLE.replace("[shop.a]", "[&" + "a" * 200_000 + " shop.a]"),
}
"""Files that only look odd: all of them are one workflow."""
