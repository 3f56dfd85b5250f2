"""A drawing as SVG: a simple layered layout, readable in light and dark.

Everything takes its colour from ``currentColor``, so a picture in a page has the page's; one that
stands alone follows the reader's scheme. A page may set ``--flow-ink``, ``--flow-box`` and
``--flow-accent``.

The layout is made from the inside out. A :class:`_Piece` is drawn at its own origin and moved by
whoever holds it; lines enter and leave it on its *axis*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from flowengine.definitions.drawing import Box, Drawing, Lane

_LINE = 17
_PAD = 12
_GAP = 30
"""Between two boxes of a line: room for an arrow."""
_ASIDE = 26
"""Between lanes."""
_LETTER = 6.9
_BOLD_LETTER = 8.1
_LETTERS_MAX = 44
_WIDTH_MIN = 96

_STYLE = """\
svg.flow { color: var(--flow-ink, currentColor); font: 13px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg.flow:root { color: #e8ebf0; } }
.flow text { fill: currentColor; }
.flow .note { font-size: 12px; opacity: .72; }
.flow .name { font-weight: 600; }
.flow .box { fill: var(--flow-box, none); stroke: currentColor; }
.flow .frame { fill: currentColor; fill-opacity: .04; stroke: currentColor; stroke-opacity: .45; }
.flow .rescue { stroke-dasharray: 5 4; }
.flow .way { fill: none; stroke: var(--flow-accent, currentColor); stroke-width: 1.4; }
.flow .head { fill: var(--flow-accent, currentColor); }"""

_ROUND = {"wait_for": 16, "sleep": 16, "emit": 3, "fail": 0}
"""The radius of a box's corners tells its kind; 7 for the others."""


def svg(drawing: Drawing) -> str:
    """A document of its own; without its first line it can stand inside a page. Ends with a line break."""
    whole = _aside([_flow(drawing), *(_framed(hook) for hook in drawing.hooks)])
    width, height = whole.width + 2 * _PAD, whole.height + 2 * _PAD
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    said = escape(drawing.description or f"The line of the workflow {drawing.name}")
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<svg xmlns="http://www.w3.org/2000/svg" class="flow" role="img" {size}>',
            f"<title>{escape(drawing.name)}</title>",
            f"<desc>{said}</desc>",
            f"<style>\n{_STYLE}\n</style>",
            _at(_PAD, _PAD, whole),
            "</svg>\n",
        ]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A part of the picture, drawn from (0, 0) on."""

    width: float
    height: float
    axis: float
    """Where from the left lines enter at the top and leave at the bottom."""
    stem: float
    """How far down the line leaves; a rescue at its side may reach further."""
    text: str


def _flow(drawing: Drawing) -> _Piece:
    """What starts a run, and the line."""
    starts = [_rect([start], radius=16, name=False) for start in drawing.starts]
    line = _line(drawing.line.boxes)
    if len(starts) == 1:
        return _stacked([starts[0], line])
    row = _aside(starts)
    top = row.height + _GAP
    axis = max(row.axis, line.axis)
    lines = [_at(axis - row.axis, 0, row), _at(axis - line.axis, top, line)]
    left = axis - row.axis
    for start in starts:
        lines.append(_way(left + start.axis, start.height, axis, top))
        left += start.width + _ASIDE
    return _Piece(
        width=axis + max(row.width - row.axis, line.width - line.axis),
        height=top + line.height,
        axis=axis,
        stem=top + line.stem,
        text="\n".join(lines),
    )


def _line(boxes: Sequence[Box]) -> _Piece:
    """Boxes one below the other."""
    if not boxes:
        return _rect(["nothing"], radius=3, name=False)
    return _stacked([_box(box) for box in boxes])


def _box(box: Box) -> _Piece:
    """A step, with its rescues to the right of it. A page that shows a run finds it by its id."""
    texts = [box.title, *box.notes]
    own = _block(box, texts) if box.lanes else _rect(texts, radius=_ROUND.get(box.kind, 7))
    own = replace(own, text=f'<g class="step" data-step="{escape(box.id)}">\n{own.text}\n</g>')
    if not box.rescues:
        return own
    rescues = [_framed(rescue, dashed=True) for rescue in box.rescues]
    left, top = own.width + _ASIDE + 10, 0.0
    middle = min(own.height / 2, 24.0)
    lines = [own.text]
    for rescue in rescues:
        lines.append(_at(left, top, rescue))
        lines.append(_sideways(own.width, middle, left, top + 16))
        top += rescue.height + 12
    return _Piece(
        width=left + max(rescue.width for rescue in rescues),
        height=max(own.height, top - 12),
        axis=own.axis,
        stem=own.height,
        text="\n".join(lines),
    )


def _block(box: Box, texts: Sequence[str]) -> _Piece:
    match box.kind:
        case "parallel":
            inside = _ranked(box.lanes)
        case "switch":
            inside = _aside([_framed(lane) for lane in box.lanes])
        case _:
            inside = _line(box.lanes[0].boxes)
    return _frame(texts, inside)


_Slot = int | tuple[int, int, int]
"""A branch; or the way of a line past a row: from which branch, to which, in which row."""


def _ranked(lanes: Sequence[Lane]) -> _Piece:
    """Branches in rows, below all those that they need; lines past a row have a place in it."""
    rows, above = _rows(lanes)
    pieces = {at: _line(lane.boxes) for at, lane in enumerate(lanes)}
    axes: dict[_Slot, float] = {}
    """From the left of the middle of the rows, at first."""
    bands: dict[_Slot, tuple[float, float]] = {}
    """The top and the bottom of each slot's row."""
    top = 0.0
    for row in rows:
        row.sort(key=lambda slot: _middle([axes[each] for each in above[slot]]))
        widths = [pieces[slot].width if isinstance(slot, int) else 0.0 for slot in row]
        height = max(pieces[slot].height for slot in row if isinstance(slot, int))
        left = -(sum(widths) + _ASIDE * (len(row) - 1)) / 2
        for slot, width in zip(row, widths, strict=True):
            axes[slot] = left + (pieces[slot].axis if isinstance(slot, int) else 0.0)
            bands[slot] = (top, top + height)
            left += width + _ASIDE
        top += height + _GAP + 8
    half = max(
        max(piece.axis - axes[at], axes[at] + piece.width - piece.axis)
        for at, piece in pieces.items()
    )
    half = max(half, *map(abs, axes.values()))
    axes = {slot: half + axis for slot, axis in axes.items()}
    lines = [*_ways(above, pieces, axes, bands)]
    lines += [_at(axes[at] - piece.axis, bands[at][0], piece) for at, piece in pieces.items()]
    height = top - _GAP - 8
    return _Piece(width=2 * half, height=height, axis=half, stem=height, text="\n".join(lines))


def _ways(
    above: Mapping[_Slot, Sequence[_Slot]],
    pieces: Mapping[int, _Piece],
    axes: Mapping[_Slot, float],
    bands: Mapping[_Slot, tuple[float, float]],
) -> Iterator[str]:
    """The lines between rows; inside of a row a line goes straight down, past whatever is beside it."""
    for slot, needs in above.items():
        is_branch = isinstance(slot, int)
        for needed in needs:
            yield _way(axes[needed], bands[needed][1], axes[slot], bands[slot][0], arrow=is_branch)
    for slot in dict.fromkeys(needed for needs in above.values() for needed in needs):
        top, bottom = bands[slot]
        stem = pieces[slot].stem if isinstance(slot, int) else 0.0
        if top + stem < bottom:
            yield f'<path class="way" d="M{axes[slot]:g} {top + stem:g}V{bottom:g}"/>'


def _rows(lanes: Sequence[Lane]) -> tuple[list[list[_Slot]], dict[_Slot, list[_Slot]]]:
    """The slots of each row, and those in the row above that each hangs from."""
    ranks: list[int] = []
    for _ in lanes:  # a chain of n branches settles in n rounds
        known = ranks or [0] * len(lanes)
        ranks = [max((known[at] + 1 for at in lane.after), default=0) for lane in lanes]
    rows: list[list[_Slot]] = [[] for _ in range(max(ranks) + 1)]
    above: dict[_Slot, list[_Slot]] = {}
    for at, lane in enumerate(lanes):
        rows[ranks[at]].append(at)
        above[at] = []
        for needed in lane.after:
            last: _Slot = needed
            for rank in range(ranks[needed] + 1, ranks[at]):
                past = (needed, at, rank)
                rows[rank].append(past)
                above[past] = [last]
                last = past
            above[at].append(last)
    return rows, above


def _middle(axes: Sequence[float]) -> float:
    return sum(axes) / len(axes) if axes else 0.0


def _stacked(pieces: Sequence[_Piece]) -> _Piece:
    """One below the other on one axis, with an arrow between."""
    axis = max(piece.axis for piece in pieces)
    lines: list[str] = []
    top = stem = 0.0
    for at, piece in enumerate(pieces):
        if at:
            lines.append(_way(axis, stem, axis, top))
        lines.append(_at(axis - piece.axis, top, piece))
        stem = top + piece.stem
        top += piece.height + _GAP
    return _Piece(
        width=axis + max(piece.width - piece.axis for piece in pieces),
        height=top - _GAP,
        axis=axis,
        stem=stem,
        text="\n".join(lines),
    )


def _aside(pieces: Sequence[_Piece]) -> _Piece:
    """Side by side, tops level."""
    lines: list[str] = []
    left = 0.0
    for piece in pieces:
        lines.append(_at(left, 0, piece))
        left += piece.width + _ASIDE
    width = left - _ASIDE
    height = max(piece.height for piece in pieces)
    return _Piece(
        width=width,
        height=height,
        axis=pieces[0].axis if len(pieces) == 1 else width / 2,
        stem=height,
        text="\n".join(lines),
    )


def _framed(lane: Lane, *, dashed: bool = False) -> _Piece:
    return _frame([lane.label], _line(lane.boxes), dashed=dashed)


def _frame(texts: Sequence[str], inside: _Piece, *, dashed: bool = False) -> _Piece:
    """A piece inside a frame with text above it."""
    labels = [text for text in texts if text]
    head = _LINE * len(labels) + _PAD
    width = max(inside.width, _widest(labels)) + 2 * _PAD
    height = inside.height + head + 2 * _PAD
    left = (width - inside.width) / 2
    style = "frame rescue" if dashed else "frame"
    return _Piece(
        width=width,
        height=height,
        axis=left + inside.axis,
        stem=height,
        text="\n".join(
            [
                f'<rect class="{style}" width="{width:g}" height="{height:g}" rx="9"/>',
                *_labels(labels, _PAD, "start"),
                _at(left, head + _PAD / 2, inside),
            ]
        ),
    )


def _rect(texts: Sequence[str], *, radius: int, name: bool = True) -> _Piece:
    """A box with its lines of text in the middle."""
    labels = [text for text in texts if text]
    width = max(_WIDTH_MIN, _widest(labels, name=name)) + 2 * _PAD
    height = _LINE * len(labels) + 1.4 * _PAD
    rect = f'<rect class="box" width="{width:g}" height="{height:g}" rx="{radius}"/>'
    lines = [rect, *_labels(labels, width / 2, "middle", name=name)]
    text = "\n".join(lines)
    return _Piece(width=width, height=height, axis=width / 2, stem=height, text=text)


def _labels(texts: Sequence[str], x: float, anchor: str, *, name: bool = True) -> Iterator[str]:
    for at, text in enumerate(texts):
        style = "name" if name and not at else "note"
        y = _LINE * (at + 1) + 3
        shown = _cut(text)
        hover = f"<title>{escape(text)}</title>" if shown != text else ""
        yield (
            f'<text class="{style}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">'
            f"{hover}{escape(shown)}</text>"
        )


def _cut(text: str) -> str:
    one_line = " ".join(text.split())
    return (
        one_line if len(one_line) <= _LETTERS_MAX else f"{one_line[: _LETTERS_MAX - 1].rstrip()}…"
    )


def _widest(texts: Sequence[str], *, name: bool = True) -> float:
    """What room the lines of text take up; the first is bold where it is a *name*."""
    letters = [_LETTER if at or not name else _BOLD_LETTER for at in range(len(texts))]
    sizes = [len(_cut(text)) * letter for text, letter in zip(texts, letters, strict=True)]
    return round(max(sizes, default=0), 1)


def _at(x: float, y: float, piece: _Piece) -> str:
    return f'<g transform="translate({x:g} {y:g})">\n{piece.text}\n</g>'


def _way(x: float, y: float, to_x: float, to_y: float, *, arrow: bool = True) -> str:
    """From the bottom of one piece to the top of another."""
    bend, end = (to_y - y) / 2, to_y - 5 if arrow else to_y
    path = f"M{x:g} {y:g}C{x:g} {y + bend:g} {to_x:g} {to_y - bend:g} {to_x:g} {end:g}"
    head = f'<path class="head" d="M{to_x:g} {to_y:g}l-4 -8h8z"/>' if arrow else ""
    return f'<path class="way" d="{path}"/>{head}'


def _sideways(x: float, y: float, to_x: float, to_y: float) -> str:
    """From the right of a step to the left of its rescue."""
    middle = (x + to_x) / 2
    path = f"M{x:g} {y:g}C{middle:g} {y:g} {middle:g} {to_y:g} {to_x - 5:g} {to_y:g}"
    head = f"M{to_x:g} {to_y:g}l-8 -4v8z"
    return f'<path class="way rescue" d="{path}"/><path class="head" d="{head}"/>'
