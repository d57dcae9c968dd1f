"""Recorded content is redacted and limited in size, and recording it breaks no call."""

import json
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass import ConfigurationError, redact, tool
from fleetglass._content import at, capture_of
from fleetglass._settings import Settings
from fleetglass.durations import seconds
from fleetglass.testing import recording


def captured(value: Any, **settings: Any) -> str:
    capture = capture_of(Settings.of({}, **settings))
    assert capture
    return capture(value)


@tool
def look_up(order_id: str, password: str = "") -> str:
    return f"found {order_id}"


@pytest.mark.parametrize(
    ("content", "arguments", "result"),
    [
        ("full", '{"order_id": "o-1"}', "found o-1"),
        ("preview", '{"order_id": "o-1"}', "found o-1"),
        ("none", None, None),
    ],
)
def test_the_content_setting_decides_what_is_recorded(
    content: Literal["full", "preview", "none"], arguments: str | None, result: str | None
) -> None:
    with recording(content=content) as fleet:
        look_up("o-1")

    (span,) = fleet.spans()
    assert span.attributes.get("gen_ai.tool.call.arguments") == arguments
    assert span.attributes.get("gen_ai.tool.call.result") == result


@pytest.mark.parametrize(
    ("variable", "value", "content"),
    [
        ("FLEETGLASS_CONTENT", "hash", "hash"),
        ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "NO_CONTENT", "none"),
        ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_ONLY", "full"),
        ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "false", "none"),
    ],
)
def test_the_environment_can_set_the_content_setting(
    variable: str, value: str, content: str
) -> None:
    assert Settings.of({variable: value}).content == content
    assert Settings.of({variable: value}, content="preview").content == "preview"


def test_hashes_show_only_whether_values_are_equal() -> None:
    one, same, other = (captured(value, content="hash", key="k") for value in ("a", "a", "b"))

    assert one == same != other
    assert one != captured("a", content="hash", key="another")
    # The collector takes a text with digits for an id that changes with each call.
    assert not any(character.isdigit() for character in one)


def test_ignored_arguments_are_not_recorded() -> None:
    @tool(ignore_arguments=["token"])
    def f(token: str, x: int) -> None: ...

    with recording() as fleet:
        f("t", 1)

    assert fleet.spans()[0].attributes["gen_ai.tool.call.arguments"] == '{"x": 1}'


@dataclass
class Order:
    id: str
    lines: list[int]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ({"a": [1, 2.5, None, True]}, '{"a": [1, 2.5, null, true]}'),
        (Order(id="o", lines=[1]), '{"id": "o", "lines": [1]}'),
        ({1: {2}}, '{"1": [2]}'),
        ("é", "é"),
        ("\ud800", "?"),
        (object(), '"<object>"'),
    ],
)
def test_values_become_text(value: Any, text: str) -> None:
    assert captured(value) == text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


@given(VALUES, st.sampled_from(["full", "preview", "hash"]), st.integers(1, 300))
def test_any_value_becomes_text_of_limited_size(value: Any, content: str, limit: int) -> None:
    text = captured(value, content=content, max_content=limit)

    assert text.encode() or value == ""
    assert len(text) <= max(limit + 1, 37)


def test_a_huge_value_is_cut() -> None:
    assert len(captured([{"x": "y" * 50}] * 10**6)) <= 16_385
    assert len(captured("z" * 10**8)) <= 16_385


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijklmnop1234",
        "ghp_abcdefghijklmnopqrstuvwxyz",
        "AKIAABCDEFGHIJKLMNOP",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "xoxb-123456789012-abcdef",
    ],
)
def test_secrets_are_recognised_by_their_form(secret: str) -> None:
    assert secret not in redact.secrets(f"use {secret} for it")


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "hunter22", "x": 1}',
        "api_key=hunter22&x=1",
        "Authorization: Bearer hunter22",
        "postgres://bob:hunter22@db/x",
        '{"client_secret":"hunter22"}',
    ],
)
def test_secrets_are_recognised_by_their_names(text: str) -> None:
    assert "hunter22" not in redact.secrets(text)


@pytest.mark.parametrize("text", ["max_tokens: 4096 and more", "a token of love", "12 cookies"])
def test_other_text_is_not_redacted(text: str) -> None:
    assert redact.secrets(text) == text


def test_emails_and_valid_card_numbers_are_redacted() -> None:
    assert redact.emails("to ann@example.com now") == "to [redacted] now"
    assert redact.cards("pay 4111 1111 1111 1111 today") == "pay [redacted] today"
    assert redact.cards("order 4111111111111112") == "order 4111111111111112"


@given(st.text(max_size=2000))
def test_redactors_accept_any_text(text: str) -> None:
    for redactor in (redact.secrets, redact.emails, redact.cards):
        assert redactor(f"before {text}").startswith("before ")


@given(st.lists(st.sampled_from([*"=:\"' \nx,ß", "Token", "secret_key", "API-key", "passwords"])))
def test_both_ways_to_find_secret_names_agree(parts: list[str]) -> None:
    text = "".join(parts)
    # The lower case of this letter is two characters, so the search by positions cannot be used.
    by_pattern = redact.secrets(f"{text}\n\nİ")
    assert by_pattern == redact.secrets(f"{text}\n\n.").removesuffix(".") + "İ"


@pytest.mark.parametrize(
    "text",
    ["a" * 60_000, "password" * 8_000, "1 " * 30_000, "x@" * 30_000, "password=" + "a" * 60_000],
)
def test_redactors_are_fast_on_hostile_texts(text: str) -> None:
    for redactor in (redact.secrets, redact.emails, redact.cards):
        redactor(text)


def test_content_is_not_recorded_when_a_redactor_fails() -> None:
    def broken(text: str) -> str:
        raise RuntimeError("no")

    assert captured("secret", redact=(broken,)) == "<unreadable>"


@pytest.mark.parametrize(
    ("path", "amount"),
    [
        ("$.amount", 12.5),
        ("amount", 12.5),
        ("$.deep.x", 3.0),
        ("$.no.such", None),
        ("$.text", None),
    ],
)
def test_an_amount_is_found_by_its_path(path: str, amount: float | None) -> None:
    assert (
        at(path, {"amount": 12.5, "deep": Order(id="", lines=[]) and {"x": 3}, "text": "t"})
        == amount
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [("30s", 30), ("500ms", 0.5), ("5m", 300), (7, 7), ("1h", 3600), ("7d", 604_800)],
)
def test_durations_are_read_as_seconds(text: str | float, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    "settings", [{"content": "some"}, {"endpoint": "x"}, {"max_queue": 0}, {"colour": 1}]
)
def test_invalid_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Settings.of({}, **settings)


def test_a_short_value_is_valid_json() -> None:
    value = {"a": {"b": [1, {"c": None}]}}

    assert json.loads(captured(value)) == value
