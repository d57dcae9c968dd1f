"""What is kept of contents is redacted, bounded, and never the reason why something fails."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass import ConfigurationError, redact, tool
from fleetglass._content import at, capture_of
from fleetglass._settings import Settings
from fleetglass.durations import seconds
from fleetglass.testing import recording


def kept(value: Any, **settings: Any) -> str:
    capture = capture_of(Settings.of({}, **settings))
    assert capture
    return capture(value)


@tool
def look(order_id: str, password: str = "") -> str:
    return f"found {order_id}"


@pytest.mark.parametrize(
    ("content", "arguments", "result"),
    [
        ("full", '{"order_id": "o-1"}', "found o-1"),
        ("preview", '{"order_id": "o-1"}', "found o-1"),
        ("none", None, None),
    ],
)
def test_one_switch_says_what_is_kept(
    content: str, arguments: str | None, result: str | None
) -> None:
    with recording(content=content) as fleet:
        look("o-1")

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
def test_the_environment_may_say_so_too(variable: str, value: str, content: str) -> None:
    assert Settings.of({variable: value}).content == content
    assert Settings.of({variable: value}, content="preview").content == "preview"


def test_a_hash_tells_equal_from_different_and_nothing_else() -> None:
    one, same, other = (kept(value, content="hash", key="k") for value in ("a", "a", "b"))

    assert one == same != other
    assert one != kept("a", content="hash", key="another")
    # What the collector takes for an id that changes with each call has digits.
    assert not any(character.isdigit() for character in one)


def test_arguments_that_are_ignored_are_not_kept() -> None:
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
def test_values_as_text(value: Any, text: str) -> None:
    assert kept(value) == text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


@given(VALUES, st.sampled_from(["full", "preview", "hash"]), st.integers(1, 300))
def test_any_value_becomes_text_of_bounded_size(value: Any, content: str, limit: int) -> None:
    text = kept(value, content=content, max_content=limit)

    assert text.encode() or value == ""
    assert len(text) <= max(limit + 1, 37)


def test_a_value_without_end_is_cut_and_not_read_to_its_end() -> None:
    assert len(kept([{"x": "y" * 50}] * 10**6)) <= 16_385
    assert len(kept("z" * 10**8)) <= 16_385


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
def test_secrets_are_known_by_their_looks(secret: str) -> None:
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
def test_secrets_are_known_by_their_names(text: str) -> None:
    assert "hunter22" not in redact.secrets(text)


@pytest.mark.parametrize("text", ["max_tokens: 4096 and more", "a token of love", "12 cookies"])
def test_other_words_stay(text: str) -> None:
    assert redact.secrets(text) == text


def test_addresses_and_cards() -> None:
    assert redact.emails("to ann@example.com now") == "to [redacted] now"
    assert redact.cards("pay 4111 1111 1111 1111 today") == "pay [redacted] today"
    assert redact.cards("order 4111111111111112") == "order 4111111111111112"


@given(st.text(max_size=2000))
def test_redactors_take_any_text(text: str) -> None:
    for redactor in (redact.secrets, redact.emails, redact.cards):
        assert redactor(f"before {text}").startswith("before ")


@given(st.lists(st.sampled_from([*"=:\"' \nx,ß", "Token", "secret_key", "API-key", "passwords"])))
def test_looking_for_the_names_first_finds_the_same(parts: list[str]) -> None:
    text = "".join(parts)
    # One letter whose small one is two makes the look-up by places impossible.
    by_pattern = redact.secrets(f"{text}\n\nİ")
    assert by_pattern == redact.secrets(f"{text}\n\n.").removesuffix(".") + "İ"


@pytest.mark.parametrize(
    "text",
    ["a" * 60_000, "password" * 8_000, "1 " * 30_000, "x@" * 30_000, "password=" + "a" * 60_000],
)
def test_texts_built_to_stall_do_not(text: str) -> None:
    for redactor in (redact.secrets, redact.emails, redact.cards):
        redactor(text)


def test_a_redactor_that_fails_keeps_the_content_back() -> None:
    def broken(text: str) -> str:
        raise RuntimeError("no")

    assert kept("secret", redact=(broken,)) == "<unreadable>"


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
    ("text", "value"), [("30s", 30), ("500ms", 0.5), ("5m", 300), (7, 7), ("1h", 3600)]
)
def test_durations(text: str | float, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(
    "given", [{"content": "some"}, {"endpoint": "x"}, {"max_queue": 0}, {"colour": 1}]
)
def test_settings_that_make_no_sense_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Settings.of({}, **given)


def test_json_stays_json_when_it_is_short() -> None:
    value = {"a": {"b": [1, {"c": None}]}}

    assert json.loads(kept(value)) == value
