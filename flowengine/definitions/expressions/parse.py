"""Text -> expression; JSON with ``${{ }}`` in its strings -> template."""

from __future__ import annotations

from collections.abc import Callable

from flowengine.definitions.expressions.grammar import tree
from flowengine.definitions.expressions.tokens import tokens
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


def parse_expression(text: str) -> Expression:
    """The expression that *text* is.

    Raises:
        ExpressionError: FE201, FE209, with the offset of the problem in *text*.
    """
    _check_length(text, 0)
    return Expression(source=text.strip(), root=tree(tokens(text)))


def parse_template(
    value: Json, *, refuse: Callable[[Path, ExpressionError], None] | None = None
) -> Template:
    """The template that a JSON value with ``${{ }}`` in its strings is.

    Args:
        value: the value as the file has it.
        refuse: is told each problem with the path of its string; then nothing is raised, and the
            strings concerned stand in the template as null.

    Raises:
        ExpressionError: FE201, FE205, FE209, with the offset of the problem in its string.
    """
    return Template(source=value, root=_template(value, (), refuse))


def parse_text(text: str) -> TemplateNode:
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
        expression, place = _embedded(text, at + 3)
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


def _embedded(text: str, start: int) -> tuple[Expression, int]:
    if text.find("}}", start) < 0:
        raise ExpressionError("${{ is not closed by }}", code="FE205", offset=start - 3)
    found = tokens(text, start, embedded=True)
    end = found[-1]
    source = text[start : end.start].strip()
    _check_length(source, start)
    return Expression(source=source, root=tree(found)), end.end


def _template(
    value: Json, path: Path, refuse: Callable[[Path, ExpressionError], None] | None
) -> TemplateNode:
    match value:
        case str():
            return _text(value, path, refuse)
        case list():
            items = tuple(_template(item, (*path, n), refuse) for n, item in enumerate(value))
            if all(isinstance(item, Constant) for item in items):
                return Constant([item.value for item in items if isinstance(item, Constant)])
            return ListTemplate(items)
        case dict():
            entries = {k: _template(item, (*path, k), refuse) for k, item in value.items()}
            if all(isinstance(entry, Constant) for entry in entries.values()):
                return Constant(
                    {k: entry.value for k, entry in entries.items() if isinstance(entry, Constant)}
                )
            return MapTemplate(tuple(entries.items()))
        case _:
            return Constant(value)


def _text(
    text: str, path: Path, refuse: Callable[[Path, ExpressionError], None] | None
) -> TemplateNode:
    try:
        return parse_text(text)
    except ExpressionError as error:
        if refuse is None:
            raise
        refuse(path, error)
        return Constant(None)


def _check_length(text: str, offset: int) -> None:
    if len(text) > LENGTH_MAX:
        raise ExpressionError(
            f"the expression is longer than {LENGTH_MAX} characters", code="FE209", offset=offset
        )
