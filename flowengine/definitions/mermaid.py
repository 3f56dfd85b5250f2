"""A drawing as Mermaid text: blocks are nested subgraphs, rescues dotted ways.

Ways lead from box to box and from subgraph to subgraph, never into one: Mermaid gives up the
direction of a subgraph that something outside is joined to the inside of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flowengine.definitions.drawing import Box, Drawing, Lane

_SHAPES = {
    "emit": (">", "]"),
    "wait_for": ("([", "])"),
    "sleep": ("([", "])"),
    "approval": ("[/", "/]"),
    "workflow": ("[[", "]]"),
    "fail": ("{{", "}}"),
}
_TEXT_MAX = 80
_CODES = str.maketrans({"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;"})


def mermaid(drawing: Drawing) -> str:
    """The text of a ``flowchart``; ends with a line break."""
    return "\n".join(["flowchart TB", *_Writer().lines(drawing)]) + "\n"


@dataclass(slots=True)
class _Writer:
    count: int = 0
    ways: list[str] = field(default_factory=list)
    """All of them at the end: Mermaid places a box by its first mention."""

    def lines(self, drawing: Drawing) -> Iterator[str]:
        for at, text in enumerate(drawing.starts):
            yield f'  start{at}(["{_escaped(text)}"])'
        first, body = self.lane(drawing.line, "  ")
        yield from body
        self.ways = [f"start{at} --> {first}" for at in range(len(drawing.starts))] + self.ways
        for at, hook in enumerate(drawing.hooks):
            yield from self.subgraph(f"hook{at}", _escaped(hook.label), (hook,), "  ")
        for way in self.ways:
            yield f"  {way}"

    def lane(self, lane: Lane, indent: str) -> tuple[str, list[str]]:
        """The name of its first box, and its lines."""
        lines: list[str] = []
        first = ""
        before: list[str] = []
        for box in lane.boxes:
            name, own, ends = self.box(box, indent)
            lines += own
            self.ways += [f"{end} --> {name}" for end in before]
            before = ends
            first = first or name
        if not lane.boxes:
            first = self.name()
            lines.append(f'{indent}{first}["nothing"]')
        return first, lines

    def box(self, box: Box, indent: str) -> tuple[str, list[str], list[str]]:
        """Its name, its lines, and where the way goes on from."""
        name = self.name()
        label = "<br/>".join(_escaped(text) for text in (box.title, *box.notes) if text)
        if box.lanes:
            lines = list(self.block(name, label, box, indent))
        else:
            left, right = _SHAPES.get(box.kind, ("[", "]"))
            lines = [f'{indent}{name}{left}"{label}"{right}']
        ends = [name]
        for at, rescue in enumerate(box.rescues):
            below = f"{name}r{at}"
            lines += self.subgraph(below, _escaped(rescue.label), (rescue,), indent)
            self.ways.append(f"{name} -.-> {below}")
            ends.append(below)
        return name, lines, ends

    def block(self, name: str, label: str, box: Box, indent: str) -> Iterator[str]:
        if box.kind != "switch":
            yield from self.subgraph(name, label, box.lanes, indent)
            return
        yield f'{indent}subgraph {name}["{label}"]'
        yield f"{indent}  direction TB"
        for at, lane in enumerate(box.lanes):
            yield from self.subgraph(f"{name}c{at}", _escaped(lane.label), (lane,), f"{indent}  ")
        yield f"{indent}end"

    def subgraph(
        self, name: str, label: str, lanes: tuple[Lane, ...], indent: str
    ) -> Iterator[str]:
        """These lanes in a frame of their own; *label* is escaped already."""
        yield f'{indent}subgraph {name}["{label}"]'
        yield f"{indent}  direction TB"
        firsts: list[str] = []
        for lane in lanes:
            first, lines = self.lane(lane, f"{indent}  ")
            firsts.append(first)
            yield from lines
        for lane, first in zip(lanes, firsts, strict=True):
            self.ways += [f"{firsts[needed]} --> {first}" for needed in lane.after]
        yield f"{indent}end"

    def name(self) -> str:
        self.count += 1
        return f"s{self.count}"


def _escaped(text: str) -> str:
    one_line = " ".join(text.split())
    cut = one_line if len(one_line) <= _TEXT_MAX else f"{one_line[: _TEXT_MAX - 1].rstrip()}…"
    return cut.translate(_CODES)
