"""Text -> tree: precedence, places, and what is no expression."""

from __future__ import annotations

import pytest

from flowengine.definitions.expressions.parse import parse_expression, parse_template
from flowengine.definitions.expressions.tree import (
    Binary,
    Constant,
    Expression,
    Junction,
    Literal,
    Loop,
    Text,
    Whole,
)
from flowengine.errors import ExpressionError


def refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    return caught.value


def test_multiplication_binds_tighter_than_addition_and_comparison() -> None:
    root = parse_expression("a + b * 2 > 3").root

    assert isinstance(root, Binary)
    assert root.operator == ">"
    assert isinstance(root.left, Binary)
    assert root.left.operator == "+"


def test_and_binds_tighter_than_or_and_chains_are_flat() -> None:
    root = parse_expression("a || b && c && d || e").root

    assert isinstance(root, Junction)
    assert [type(operand).__name__ for operand in root.operands] == ["Name", "Junction", "Name"]


def test_a_hundred_conditions_in_a_row_are_no_hundred_levels() -> None:
    root = parse_expression(" && ".join(["a"] * 100)).root

    assert isinstance(root, Junction)
    assert len(root.operands) == 100


def test_loop_binds_its_variable() -> None:
    root = parse_expression("xs.map(x, x + 1)").root

    assert isinstance(root, Loop)
    assert root.variable == "x"


def test_levels_are_counted_inside_of_loops_too() -> None:
    deep = "xs.map(x, " * 20 + "y" + ")" * 20
    wide = "[" + "xs.map(x, y)," * 30 + "]"

    assert refusal(f"[{deep}" + " + 1" * 20 + "]").code == "FE209"
    assert parse_expression(wide) == parse_expression(wide)


def test_equal_texts_are_equal_expressions() -> None:
    assert parse_expression(" a + 1 ") == parse_expression("a + 1")
    assert len({parse_expression("a"), parse_expression("a")}) == 1


@pytest.mark.parametrize(
    ("text", "code", "offset", "message"),
    [
        ("", "FE201", 0, "the expression is empty"),
        ("   ", "FE201", 3, "the expression is empty"),
        ("a = 1", "FE201", 2, "'=' compares nothing; write =="),
        ("a & b", "FE201", 2, "write && for 'and'"),
        ("a | lower", "FE201", 2, "write || for 'or'; there are no filters with |"),
        ("a ? b : c", "FE201", 2, "there is no '? :'; write if(test, a, b)"),
        ("$a", "FE201", 0, "no $ is needed inside an expression"),
        ("a # b", "FE201", 2, "there are no comments inside an expression"),
        ("a ; b", "FE201", 2, "';' has no place in an expression"),
        ("${{ a }}", "FE201", 0, "${{ stands inside an expression"),
        ("'abc", "FE201", 0, "the string is not closed by '"),
        ('x + "abc', "FE201", 4, 'the string is not closed by "'),
        ("'a\nb'", "FE201", 0, "the string is not closed by '"),
        (r"'\ud800'", "FE201", 1, r"\ud800 is half a character; write the character itself"),
        (r"'ab\q'", "FE201", 3, r"\q means nothing in a string"),
        ("a < b < c", "FE201", 6, "comparisons do not chain"),
        ("a and b", "FE201", 2, "write && for 'and'"),
        ("a or b", "FE201", 2, "write || for 'or'"),
        ("not a", "FE201", 0, "write ! for 'not'"),
        ("in a", "FE201", 0, "'in' has no left side"),
        ("a b", "FE201", 2, "'b' has no place here"),
        ("a &&", "FE201", 4, "expected a value, found the end"),
        ("&& a", "FE201", 0, "expected a value, found '&&'"),
        ("a)", "FE201", 1, "')' has no place here"),
        ("a.1", "FE201", 2, "expected a name after '.', found '1'"),
        ("a.", "FE201", 2, "expected a name after '.', found the end"),
        ("a[1", "FE201", 3, "expected ']' to close '[', found the end"),
        ("f(1", "FE201", 3, "expected ')' to close '(', found the end"),
        ("f(1 2)", "FE201", 4, "expected ')' to close '(', found '2'"),
        ("(1", "FE201", 2, "expected ')' to close '(', found the end"),
        ("[1", "FE201", 2, "expected ']' to close '[', found the end"),
        ("{'a'}", "FE201", 4, "expected ':' after the key of a map, found '}'"),
        ("{'a': 1", "FE201", 7, "expected '}' to close '{', found the end"),
        ("1e5", "FE201", 0, "'1e5' is no number"),
        ("9223372036854775808", "FE201", 0, "the number does not fit into 64 bits"),
        ("123456789012345678901234567890", "FE201", 0, "the number does not fit into 64 bits"),
        ("1.0e999", "FE201", 0, "the number is too large"),
        ("[1].map(1, 2)", "FE201", 8, "the first argument of map() is a name for the item"),
        ("'" + "a" * 2_000 + "'", "FE209", 0, "the expression is longer than 2000 characters"),
        ("[" + "1," * 600 + "]", "FE209", None, "the expression is larger than 500 nodes"),
        ("(" * 40 + "1" + ")" * 40, "FE209", 33, "the expression is deeper than 32 levels"),
        ("-" * 40 + "a", "FE209", 33, "the expression is deeper than 32 levels"),
        ("a" + "[a" * 40, "FE209", None, "the expression is deeper than 32 levels"),
        ("a" + ".b" * 40, "FE209", None, "the expression is deeper than 32 levels"),
        ("1" + " + 1" * 40, "FE209", None, "the expression is deeper than 32 levels"),
        ("f(" * 40, "FE209", None, "the expression is deeper than 32 levels"),
    ],
)
def test_text_is_refused_at_its_place(
    text: str, code: str, offset: int | None, message: str
) -> None:
    error = refusal(text)

    assert (error.code, error.message) == (code, message)
    assert offset is None or error.offset == offset


def test_string_without_expression_is_constant() -> None:
    template = parse_template({"a": ["x", 1, None], "b": "$${{ y }}"})

    assert template.is_constant
    assert template.root == Constant({"a": ["x", 1, None], "b": "${{ y }}"})


def test_string_that_is_one_expression_is_whole() -> None:
    assert parse_template("${{ a }}").root == Whole(parse_expression("a"))


def test_string_around_an_expression_is_text() -> None:
    root = parse_template("${{ a }}, $${{ and ${{ b }}.").root

    a, b = parse_expression("a"), parse_expression("b")
    assert root == Text((a, ", ${{ and ", b, "."))


def test_braces_of_maps_and_in_strings_do_not_close_an_expression() -> None:
    root = parse_template("${{ {'a': {'b': '}}'}} }}!").root

    assert isinstance(root, Text)
    assert root.parts[1] == "!"


def test_places_inside_text_count_from_the_start_of_the_string() -> None:
    root = parse_template("ab ${{ 1 }} ${{  2 }}").root

    assert isinstance(root, Text)
    literals = [part.root for part in root.parts if isinstance(part, Expression)]
    assert [literal.offset for literal in literals if isinstance(literal, Literal)] == [7, 17]


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("Order ${{ a", "FE205", 6),
        ("Order ${{ a } x }}", "FE205", 6),
        ("${{ 'a }}", "FE201", 4),
        ("${{ a + 'x' }", "FE205", 0),
        ("${{ {'a': 1 }}", "FE205", 0),
        ("${{ [ }}", "FE201", 6),
        ("${{ }}", "FE201", 4),
        ("${{ {'}}': 1", "FE205", 0),
        ("ab ${{ '" + "x" * 2_000 + "' }}", "FE209", 6),
    ],
)
def test_text_with_a_broken_expression_is_refused(text: str, code: str, offset: int | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_template(["fine", text])

    assert caught.value.code == code
    assert offset is None or caught.value.offset == offset


def test_every_broken_string_of_a_value_is_told_with_its_path() -> None:
    told: list[tuple[object, str]] = []

    template = parse_template(
        {"a": "${{", "b": ["x", "${{ 1 + }}"], "c": "${{ 1 }}"},
        refuse=lambda path, error: told.append((path, error.code)),
    )

    assert told == [(("a",), "FE205"), (("b", 1), "FE201")]
    assert [embedded.path for embedded in template.expressions()] == [("c",)]
