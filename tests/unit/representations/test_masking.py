"""What is hidden from all who look, by the names under which it stands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.conf import MASKED_NAMES
from flowengine.representations.masking import MASK, Mask, has_mask

SECRET = "4111-hunter2"
MINE = Mask(["password", "api_key", "customer.email", "card"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "name",
    [
        *("password", "Password", "PASSWORD", "userPassword", "password2", "x-password-old"),
        *("passwords", "api_key", "apiKey", "APIKey", "X-Api-Key", "apikey", "api keys"),
        *("/customer/email", "event.data.customer.email", "$.customers[0].email"),
    ],
)
def test_name_is_known_however_it_is_written(name: str) -> None:
    assert MINE.hides(name)


@pytest.mark.parametrize(
    "name", ["passwordless", "dashboard", "discard", "api", "key", "email", "monkey", "", "/"]
)
def test_names_that_only_look_alike_are_shown(name: str) -> None:
    assert not MINE.hides(name)


def test_values_are_hidden_at_any_depth_whatever_they_are() -> None:
    value: Any = {"orders": [{"card": {"number": SECRET}, "total": 7}, {"Password": 1234}]}

    shown = MINE.value(value)

    assert shown == {"orders": [{"card": MASK, "total": 7}, {"Password": MASK}]}
    assert value["orders"][0]["card"] == {"number": SECRET}, "what is stored stays whole"


def test_name_of_two_words_is_met_across_levels() -> None:
    shown = MINE.value({"customer": {"email": SECRET, "name": "Ann"}, "email": "shop@example.com"})

    assert shown == {"customer": {"email": MASK, "name": "Ann"}, "email": "shop@example.com"}


def test_nothing_and_yes_and_no_are_no_secrets() -> None:
    value = {"password": None, "has_card": True, "card": ""}

    assert MINE.value(value) == {"password": None, "has_card": True, "card": MASK}


@pytest.mark.parametrize("beside", ["path", "clause", "field", "name", "key"])
def test_value_is_hidden_by_the_name_beside_it(beside: str) -> None:
    hidden, shown = {beside: "card", "value": SECRET}, {beside: "total", "value": 7}

    assert MINE.value([hidden, shown]) == [{beside: "card", "value": MASK}, shown]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no such password", "no such password"),
        (f"password={SECRET}", f"password={MASK}"),
        (f"user ann, password: {SECRET}, retry", f"user ann, password: {MASK}, retry"),
        (f"ValueError: password='{SECRET} x' is short", f"ValueError: password='{MASK}' is short"),
        (f'card == "{SECRET}\\" x"', f'card == "{MASK}"'),
        (f'said {{"card": "{SECRET} x", "n": 1}}', f'said {{"card": "{MASK}", "n": 1}}'),
        (f'\\"card\\": \\"{SECRET} x\\", n', f'\\"card\\": \\"{MASK}\\", n'),
        (f"password: Bearer {SECRET}", f"password: {MASK}"),
        (f"https://x/?a=1&api_key={SECRET}&b=2", f"https://x/?a=1&api_key={MASK}&b=2"),
        (f'cut off: "password": "{SECRET} and', f'cut off: "password": "{MASK}"'),
        (f"\u0130 user.password={SECRET}", f"\u0130 user.password={MASK}"),
        (
            f"old-password={SECRET} new-password={SECRET}",
            f"old-password={MASK} new-password={MASK}",
        ),
        ("password:\nmust be given", "password:\nmust be given"),
    ],
)
def test_text_loses_the_values_that_it_quotes(text: str, shown: str) -> None:
    assert MINE.text(text) == shown


def test_json_within_a_text_is_looked_through_as_json() -> None:
    inner = json.dumps({"card": {"number": SECRET}, "n": 1})

    assert json.loads(MINE.value({"body": inner})["body"]) == {"card": MASK, "n": 1}
    assert MINE.value({"body": '{"n":  1, "of": "card"}'}) == {"body": '{"n":  1, "of": "card"}'}


def test_bytes_without_a_secret_stay_as_they_are() -> None:
    body = b'\xff\xfe card of {"total" :1}'

    assert MINE.raw(body) == body
    assert SECRET.encode() not in MINE.raw(b'\xff{"card": "' + SECRET.encode() + b'"}')


def test_what_is_deeper_than_any_payload_is_hidden() -> None:
    value: Any = SECRET
    for _ in range(300):
        value = [value]

    assert SECRET not in str(MINE.value(value))


def test_no_names_hide_nothing() -> None:
    nothing = Mask(["", "--"])

    assert nothing.value({"password": SECRET}) == {"password": SECRET}
    assert nothing.text(f"password={SECRET}") == f"password={SECRET}"


@given(JSON, st.sampled_from(sorted(MASKED_NAMES)))
def test_masking_again_changes_nothing_and_nothing_hidden_is_left(value: Any, name: str) -> None:
    mask = Mask(MASKED_NAMES)

    shown = mask.value({"around": [value, {name: SECRET}, f"{name}={SECRET}"]})

    assert SECRET not in json.dumps(shown)
    assert mask.value(shown) == shown


def test_mask_is_found_wherever_it_stands() -> None:
    assert has_mask({"a": [1, {"b": f"x{MASK}"}]})
    assert not has_mask({"a": [1, {"b": "…"}], MASK: None})
