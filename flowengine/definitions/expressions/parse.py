"""Text -> expression; JSON with ``${{ }}`` in its strings -> template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flowengine.definitions.expressions.grammar import INTO_A_TASK, tree
from flowengine.definitions.expressions.tokens import not_closed, tokens
from flowengine.definitions.expressions.tree import (
    Constant,
    Expression,
    Json,
    ListTemplate,
    MapTemplate,
    Path,
    Template,
    TemplateNode,
    Text,
    Whole,
)
from flowengine.errors import ExpressionError

LENGTH_MAX = 2_000
"""Characters of one expression."""
WORDS_MAX = 15_000
"""Names, values and signs in all expressions of a file together, those of aliases each time."""
Refuse = Callable[[Path, ExpressionError], None]
"""Is told a problem, with the path of its string."""


class Exhausted(Exception):
    """There are more words than :data:`WORDS_MAX`."""


@dataclass(slots=True)
class Allowance:
    """What the expressions of a file may still hold: reading them is bounded as a whole."""

    words: int = WORDS_MAX

    def take(self, words: int) -> None:
        """Count *words*; Exhausted where there are not so many left."""
        self.words -= words
        if self.words < 0:
            raise Exhausted


def parse_expression(text: str, *, allowance: Allowance | None = None) -> Expression:
    """The expression that *text* is, within the *allowance* of its file.

    Raises:
        ExpressionError: FE201, FE209, with the offset of the problem in *text*.
        Exhausted: the allowance does not suffice.
    """
    _check_length(text, 0)
    found = tokens(text)
    (allowance or Allowance()).take(len(found))
    return Expression(source=text.strip(), root=tree(found))


def parse_template(
    value: Json, *, refuse: Refuse | None = None, allowance: Allowance | None = None
) -> Template:
    """The template that a JSON value with ``${{ }}`` in its strings is.

    Args:
        value: the value as the file has it.
        refuse: is told each problem with the path of its string; then nothing is raised, and the
            strings concerned stand in the template as null.
        allowance: what the expressions of the file may still hold.

    Raises:
        ExpressionError: FE201, FE205, FE209, with the offset of the problem in its string.
        Exhausted: the allowance does not suffice.
    """
    return Template(source=value, root=_template(value, (), refuse, allowance or Allowance()))


def parse_text(text: str, allowance: Allowance) -> TemplateNode:
    """A string of a value key: constant text, one whole expression, or text with expressions."""
    if "${{" not in text:
        return Constant(text)
    parts: list[str | Expression] = []
    literal = ""
    place = 0
    while (at := text.find("${{", place)) >= 0:
        if at > place and text[at - 1] == "$":
            literal += text[place : at - 1] + "${{"
            place = at + 3
            continue
        literal += text[place:at]
        if literal:
            parts.append(literal)
            literal = ""
        expression, place = _embedded(text, at + 3, allowance)
        parts.append(expression)
    literal += text[place:]
    if literal:
        parts.append(literal)
    match parts:
        case [str() as only]:
            return Constant(only)
        case [Expression() as only]:
            return Whole(only)
        case _:
            return Text(tuple(parts))


def _embedded(text: str, start: int, allowance: Allowance) -> tuple[Expression, int]:
    if text.find("}}", start) < 0:
        raise not_closed(start)
    found = tokens(text, start, embedded=True)
    allowance.take(len(found))
    end = found[-1]
    source = text[start : end.start].strip()
    _check_length(source, start)
    return Expression(source=source, root=tree(found)), end.end


def _template(value: Json, path: Path, refuse: Refuse | None, allowance: Allowance) -> TemplateNode:
    match value:
        case str():
            return _text(value, path, refuse, allowance)
        case list():
            items = tuple(
                _template(item, (*path, n), refuse, allowance)
                if _may_hold(item)
                else Constant(item)
                for n, item in enumerate(value)
            )
            if all(isinstance(item, Constant) for item in items):
                return Constant([item.value for item in items if isinstance(item, Constant)])
            return ListTemplate(items)
        case dict():
            entries = {
                k: _template(item, (*path, k), refuse, allowance) for k, item in value.items()
            }
            if all(isinstance(entry, Constant) for entry in entries.values()):
                return Constant(
                    {k: entry.value for k, entry in entries.items() if isinstance(entry, Constant)}
                )
            return MapTemplate(tuple(entries.items()))
        case _:
            return Constant(value)


def _may_hold(value: Json) -> bool:
    """There may be an expression in it: of most items of long lists that is soon answered."""
    return "${{" in value if isinstance(value, str) else isinstance(value, list | dict)


def _text(text: str, path: Path, refuse: Refuse | None, allowance: Allowance) -> TemplateNode:
    try:
        return parse_text(text, allowance)
    except ExpressionError as error:
        if refuse is None:
            raise
        refuse(path, error)
        return Constant(None)


def _check_length(text: str, offset: int) -> None:
    if len(text) > LENGTH_MAX:
        message = f"the expression is longer than {LENGTH_MAX} characters"
        raise ExpressionError(message, code="FE209", offset=offset, hint=INTO_A_TASK)
